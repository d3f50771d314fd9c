"""Misspelt variables of `.env`: a warning beside a success, a likely cause beside a failure."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from paystack_cli.errors import PaystackError
from paystack_cli.stack.misspelt import misspelt
from paystack_cli.stack.settings import Settings


@contextmanager
def misspelt_told(settings: Settings) -> Iterator[None]:
    """Within it an error also says, below its first line, which variables had no effect."""
    try:
        yield
    except PaystackError as error:
        found = [f"perhaps because {one.message}" for one in misspelt(settings)]
        if not found:
            raise
        first, *rest = error.message.split("\n")
        message = "\n  ".join([first, *found, *(line.removeprefix("  ") for line in rest)])
        raise PaystackError(message, hint=error.hint, exit_code=error.exit_code) from error
    for one in misspelt(settings):
        typer.echo(f"warning: {one.message}", err=True)
