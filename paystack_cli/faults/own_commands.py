"""A fault of a stack that no engine here runs: the user says how to break and heal it."""

import shlex
import subprocess

from paystack_cli.errors import CheckFailed, TimedOut, UsageError

COMMAND_MAX_S = 120.0


class OwnCommands:
    """`breaking` and `healing` are command lines, split as a shell does and run without one."""

    def __init__(self, breaking: str, healing: str) -> None:
        self._breaking = breaking
        self._healing = healing

    @property
    def told(self) -> str:
        return f"after: {self._breaking}"

    @property
    def by_hand(self) -> str:
        return self._healing

    def apply(self) -> None:
        _run(self._breaking)

    def heal(self) -> None:
        _run(self._healing)


def _run(command: str) -> None:
    """Raises UsageError for what is no command, CheckFailed when it fails, TimedOut."""
    try:
        words = shlex.split(command)
    except ValueError as error:  # an open quotation
        raise _no_command(command, error) from error
    if not words:
        raise _no_command(command, "there is nothing to run")
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_MAX_S,
            check=False,
        )
    except OSError as error:
        raise _no_command(command, error) from error
    except subprocess.TimeoutExpired as error:
        raise TimedOut(
            f"{command!r} did not end within {COMMAND_MAX_S:g} s", hint="try it by itself"
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CheckFailed(
            f"{command!r} ended with {done.returncode}: {said[-1] if said else 'no output'}",
            hint="try it by itself",
        )


def _no_command(command: str, why: object) -> UsageError:
    return UsageError(f"cannot run {command!r}: {why}", hint="try it by itself")
