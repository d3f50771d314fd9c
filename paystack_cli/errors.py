"""Typed errors: what happened, to what, and the next command to run.

`main()` in `app.py` is the only place that catches them. A command raises, never exits by itself.
"""

from enum import IntEnum
from functools import partial
from typing import Any, ClassVar


class ExitCode(IntEnum):
    """Exit codes of every command; stable, and documented in the README."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    PREFLIGHT = 3
    START_FAILED = 4
    TIMED_OUT = 5
    THRESHOLD = 6
    INTERRUPTED = 130


class PaystackError(Exception):
    """An error that a user can act upon.

    `message` says what happened and to what; `hint` is the next command to run or thing to do.
    """

    default_exit_code: ClassVar[ExitCode] = ExitCode.CHECK_FAILED

    def __init__(self, message: str, *, hint: str, exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = self.default_exit_code if exit_code is None else exit_code

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors also come from other processes."""
        make = partial(type(self), hint=self.hint, exit_code=self.exit_code)
        return make, (self.message,)


class CheckFailed(PaystackError):
    """A check ran and the stack did not pass it."""

    default_exit_code = ExitCode.CHECK_FAILED


class UsageError(PaystackError):
    """The command line asks for something that does not exist or contradicts itself."""

    default_exit_code = ExitCode.USAGE


class PreflightError(PaystackError):
    """Something is missing or in the way before anything was started."""

    default_exit_code = ExitCode.PREFLIGHT


class StartFailed(PaystackError):
    """A service could not be built or started, or crashed while it started."""

    default_exit_code = ExitCode.START_FAILED


class TimedOut(PaystackError):
    """The deadline passed before the condition held."""

    default_exit_code = ExitCode.TIMED_OUT


class ThresholdExceeded(PaystackError):
    """A measured value is beyond the limit that the user set."""

    default_exit_code = ExitCode.THRESHOLD
