"""How the scripts of this package begin and end: the same errors and exit codes as `paystack`."""

import os
from collections.abc import Callable

import click

from paystack_cli.errors import ExitCode, PaystackError, PreflightError


def run_script(name: str, action: Callable[[], None]) -> ExitCode:
    """Run the action and return its exit code; an error and its next command go to stderr."""
    try:
        action()
    except PaystackError as error:
        tell(f"{name}: {error.message}")
        tell(f"  next: {error.hint}")
        return error.exit_code
    except KeyboardInterrupt:
        tell(f"{name}: interrupted; run the same command again")
        return ExitCode.INTERRUPTED
    return ExitCode.OK


def tell(line: str) -> None:
    """Progress and errors: stdout is for what another program reads."""
    click.echo(line, err=True)


def require_root(purpose: str, hint: str) -> None:
    """Raises PreflightError, with the hint, when this is an ordinary user."""
    if os.geteuid() != 0:
        raise PreflightError(f"{purpose} needs root, and this is an ordinary user", hint=hint)
