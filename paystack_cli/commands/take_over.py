"""Lets another command take the place of this process: its terminal, signals and exit code."""

import os
import signal
import sys
from typing import NoReturn

from paystack_cli.engines.base import CommandLine
from paystack_cli.errors import UsageError

IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores, and other programs do not expect to inherit so."""


def has_terminal() -> bool:
    """Whether a person sits at both ends of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def take_over(line: CommandLine) -> NoReturn:
    """Run the command instead of this process. Raises UsageError when there is no such program."""
    if line.folder is not None:
        os.chdir(line.folder)
    for signum in IGNORED_BY_PYTHON:
        signal.signal(signum, signal.SIG_DFL)
    try:
        os.execvpe(line.argv[0], line.argv, dict(line.environment))  # noqa: S606
    except OSError as error:
        raise UsageError(
            f"cannot run {line.argv[0]}: {error.strerror}", hint="paystack exec SERVICE -- sh"
        ) from error
