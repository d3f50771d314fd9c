"""A command in a process group of its own: an interrupt ends all of it, and nothing else does."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

from paystack_cli.engines.base import Completed
from paystack_cli.engines.command_log import log_command
from paystack_cli.errors import TimedOut

END_TIMEOUT_S = 10.0
"""After SIGTERM; then the group is killed."""


class Child:
    """A command under way; `tell` gets each line that it writes, from a thread of its own."""

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        tell: Callable[[str], None],
        ended: Callable[[int], None] = lambda _code: None,
    ) -> None:
        self._process = _start(argv, environment, stderr=subprocess.STDOUT)
        self._tell = tell
        self._ended = ended
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self) -> int:
        """Wait for the command's end, and end it when that is interrupted; its exit code."""
        try:
            self._reader.join()
        except BaseException:
            self.end()
            raise
        return self._process.wait()

    def end(self) -> None:
        """End the command with all that it started; nothing happens when it has ended."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if self._reader.is_alive():  # until the last of the group has closed its output
                signal_group(self._process, sent)
                self._reader.join(END_TIMEOUT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        with self._process.stdout as lines:
            for line in lines:
                self._tell(line.rstrip())
        self._ended(self._process.wait())


def run_to_end(
    argv: Sequence[str], environment: Mapping[str, str], *, timeout_s: float | None = None
) -> Completed:
    """Run a command to its end. Raises TimedOut beyond `timeout_s`, after ending it."""
    process = _start(argv, environment, stderr=subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
    except BaseException as error:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            signal_group(process, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=END_TIMEOUT_S)
                break
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimedOut(
                f"{' '.join(argv[:2])} … did not end within {timeout_s:g} s", hint="paystack status"
            ) from None
        raise
    return Completed(exit_code=process.returncode, stdout=stdout, stderr=stderr)


def _start(
    argv: Sequence[str], environment: Mapping[str, str], *, stderr: int
) -> "subprocess.Popen[str]":
    """A command in a process group of its own, with nothing to read."""
    log_command(argv, environment)
    return subprocess.Popen(
        list(argv),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        process_group=0,
    )


def signal_group(process: "subprocess.Popen[str]", sent: signal.Signals) -> None:
    """Signal the process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sent)
