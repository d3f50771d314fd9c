"""Options that commands which check have in common."""

from pathlib import Path
from typing import Annotated

import typer

from paystack_cli.checks.place import Place

Junit = Annotated[Path | None, typer.Option(help="Also write JUnit XML to this file.")]
From = Annotated[
    Place | None,
    typer.Option("--from", help="Ask from inside the stack's network, or from this machine."),
]
