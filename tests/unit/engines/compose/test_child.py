"""Commands in a process group of their own, real ones."""

import os
import threading

import psutil
import pytest

from paystack_cli.engines.compose.child import Child, run_to_end
from paystack_cli.errors import TimedOut
from tests.support.waiting import wait_for

ENVIRONMENT = dict(os.environ)
WAIT_S = 10


def test_lines_are_told_as_they_come_and_the_end_with_its_code() -> None:
    lines: list[str] = []
    ended = threading.Event()
    codes: list[int] = []

    def at_end(code: int) -> None:
        codes.append(code)
        ended.set()

    child = Child(
        ["sh", "-c", "echo a; echo b >&2; exit 3"], ENVIRONMENT, tell=lines.append, ended=at_end
    )
    assert ended.wait(WAIT_S)
    assert (lines, codes, child.wait()) == (["a", "b"], [3], 3)
    child.end()  # has ended already


def test_ending_ends_what_the_command_started_even_when_it_will_not() -> None:
    lines: list[str] = []
    child = Child(
        ["sh", "-c", "sleep 300 & echo $!; wait"],
        ENVIRONMENT,
        tell=lines.append,
    )
    wait_for(lambda: lines, "the pid of the grandchild", WAIT_S)
    child.end()
    wait_for(lambda: _has_ended(int(lines[0])), "the end of the grandchild", WAIT_S)


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_both_outputs_are_kept_apart() -> None:
    done = run_to_end(["sh", "-c", "echo out; echo err >&2; exit 4"], ENVIRONMENT)
    assert (done.exit_code, done.stdout, done.stderr) == (4, "out\n", "err\n")


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimedOut, match=r"sleep 300 … did not end within 0\.1 s"):
        run_to_end(["sleep", "300"], ENVIRONMENT, timeout_s=0.1)
