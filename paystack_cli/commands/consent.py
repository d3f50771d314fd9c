"""The question before data is changed for good, and the option that answers it."""

import sys
from typing import Annotated

import typer

from paystack_cli.errors import UsageError

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def confirm(plan: str, command: str) -> None:
    """Ask whether to do what `plan` says; no is an Abort.

    Raises UsageError where nobody can answer; `command` is then what does it without asking.
    """
    if not sys.stdin.isatty():
        raise UsageError(plan, hint=command)
    typer.confirm(f"{plan}; go on?", abort=True, err=True)
