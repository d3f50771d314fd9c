"""Runs the machine's tools; one that fails is an error that ends the script."""

from collections.abc import Mapping
from pathlib import Path

from paystack_cli.engines.local.programs.model import FetchError
from paystack_cli.engines.local.programs.tool import run_tool
from paystack_cli.errors import StartFailed

TIMEOUT_S = 30
"""For a command that only asks or sets something."""


def run(command: list[str], environment: Mapping[str, str], *, timeout_s: float = TIMEOUT_S) -> str:
    """Run the command with `environment` and return its output.

    Raises StartFailed with what it said last.
    """
    try:
        return run_tool(command, folder=Path("/"), timeout_s=timeout_s, environment=environment)
    except FetchError as error:
        raise StartFailed(
            str(error), hint="mend what it says, and run the same command again"
        ) from error
