"""What people see at a terminal, recorded: progress that leaves nothing behind, the full screen."""

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from paystack_cli.errors import ExitCode
from tests.support.stack import PAYSTACK, StackUnderTest
from tests.support.terminal import (
    ALTERNATE_OFF,
    ALTERNATE_ON,
    CURSOR_OFF,
    CURSOR_ON,
    Terminal,
)
from tests.support.waiting import wait_for

ESCAPE = "\x1b"
SPINNER = re.compile("[⠀-⣿]")
CPU_SHARE_MAX = 0.08
"""Of one core, at the default interval. Measured: 0.03; room for a slower machine."""
CPU_LOOKS = 4


@contextmanager
def terminal(
    stack: StackUnderTest, *arguments: str, columns: int = 100, lines: int = 40
) -> Iterator[Terminal]:
    """A `paystack` command at a terminal of its own."""
    recorded = Terminal(
        [str(PAYSTACK), *arguments], stack.environment, columns=columns, lines=lines
    )
    try:
        yield recorded
    finally:
        recorded.close()


def names_of(lines: tuple[str, ...] | list[str]) -> Counter[str]:
    """How often a line begins with this word or two."""
    return Counter(match[0] for line in lines if (match := re.match(r"(?:✔ +|\S +)?[\w-]+", line)))


PROGRESS = {
    "smoke": (["smoke"], "refund-again"),
    "health": (["health"], "outbox-relay"),
    "restart": (["restart", "--group", "workers"], "restart: healthy after"),
    "up": (["up"], "up: healthy after"),
}


@pytest.mark.parametrize(("arguments", "last"), PROGRESS.values(), ids=PROGRESS)
@pytest.mark.parametrize("columns", [100, 40])
def test_progress_is_drawn_over_again_and_leaves_only_the_result(
    arguments: list[str], last: str, columns: int, stack: StackUnderTest
) -> None:
    with terminal(stack, *arguments, columns=columns, lines=200) as recorded:
        assert recorded.wait_end() == ExitCode.OK
    for screen in recorded.seen:
        assert max(names_of(screen).values(), default=0) <= 1, "\n".join(screen)
    assert any(last in line for line in recorded.shown)
    assert not any(SPINNER.search(line) for line in recorded.shown)
    assert recorded.written.count(CURSOR_OFF) == recorded.written.count(CURSOR_ON) > 0
    assert not recorded.screen.cursor.hidden


def test_a_resize_meanwhile_leaves_nothing_behind(stack: StackUnderTest) -> None:
    with terminal(stack, "restart", "--group", "workers", columns=100) as recorded:
        recorded.wait_for("refund-worker")
        recorded.resize(70, 30)
        assert recorded.wait_end() == ExitCode.OK
    assert names_of(recorded.shown)["refund-worker"] == 1
    assert not any(SPINNER.search(line) for line in recorded.shown)


def test_a_stack_that_starts_is_drawn_through_every_change_of_the_window(
    idle: StackUnderTest,
) -> None:
    with terminal(idle, "up", columns=110, lines=50) as recorded:
        recorded.wait_for("waiting")
        recorded.resize(34, 8)  # too narrow for the details, too low for the last services
        recorded.wait_for("✔  mariadb")
        assert recorded.shown[0].split()[1] == "mariadb"
        recorded.resize(120, 50)
        assert recorded.wait_end() == ExitCode.OK
    for screen in recorded.seen:
        assert max(names_of(screen).values(), default=0) <= 1, "\n".join(screen)
    assert names_of(recorded.shown)["gateway"] == 1
    assert any("up: healthy after" in line for line in recorded.shown)
    assert not any(SPINNER.search(line) for line in recorded.shown)
    assert recorded.written.count(CURSOR_OFF) == recorded.written.count(CURSOR_ON) > 0
    assert not recorded.screen.cursor.hidden


@pytest.mark.parametrize(
    "arguments",
    [["restart", "consumer-worker"], ["watch", "--once"], ["logs", "--tail", "3"]],
    ids=lambda arguments: arguments[0],
)
def test_without_a_terminal_there_is_no_escape_sequence(
    arguments: list[str], stack: StackUnderTest
) -> None:
    answer = stack.paystack(*arguments)
    assert ESCAPE not in answer.stdout + answer.stderr
    assert not SPINNER.search(answer.stdout + answer.stderr)


def test_without_a_terminal_there_is_nothing_to_watch_on(stack: StackUnderTest) -> None:
    answer = stack.paystack("watch", expect=ExitCode.USAGE)
    assert answer.stderr.splitlines() == [
        "paystack: there is no terminal to watch on",
        "  next: paystack watch --once, or --output json",
    ]


def test_quiet_tells_the_result_alone_and_verbose_every_attempt(stack: StackUnderTest) -> None:
    assert stack.paystack("health", "--quiet").stderr == ""
    told = stack.paystack("health", "-v", "kafka").stderr.splitlines()
    assert re.fullmatch(r"kafka: attempt 1 at [\d.]+ s, [\d.]+ s: passed", told[0])


@pytest.mark.parametrize("wish", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_that_wants_plain_lines_gets_them(
    wish: dict[str, str], stack: StackUnderTest
) -> None:
    command = ["env", *(f"{name}={value}" for name, value in wish.items()), str(PAYSTACK), "health"]
    recorded = Terminal(command, stack.environment)
    try:
        assert recorded.wait_end() == ExitCode.OK
    finally:
        recorded.close()
    assert ESCAPE.encode() not in recorded.written
    assert any(
        line.startswith("kafka: passed: ") for line in recorded.written.decode().split("\r\n")
    )


def test_the_watch_is_a_screen_of_its_own_and_ends_with_q(stack: StackUnderTest) -> None:
    with terminal(stack, "watch", columns=80, lines=24) as recorded:
        recorded.wait_for("CLOSED")
        recorded.wait_for("rows wait")
        assert names_of(recorded.shown)["settlement-worker"] == 1
        assert not any(line.endswith("…") for line in recorded.shown)
        recorded.resize(40, 12)
        recorded.wait_for("  STATE healthy")
        recorded.type("j")
        wait_for(lambda: recorded.read() or recorded.shown[0] == "", "scrolled by a line", 5, 0)
        recorded.type("q")
        assert recorded.wait_end() == ExitCode.OK
    assert recorded.written.count(ALTERNATE_ON) == recorded.written.count(ALTERNATE_OFF) == 1
    assert not recorded.screen.cursor.hidden


def test_ctrl_c_ends_the_watch_and_restores_the_terminal(stack: StackUnderTest) -> None:
    with terminal(stack, "watch") as recorded:
        recorded.wait_for("RESTARTS")
        recorded.type("\x03")
        assert recorded.wait_end() == ExitCode.INTERRUPTED
        assert recorded.echoes
    assert recorded.written.rindex(ALTERNATE_OFF) > recorded.written.rindex(ALTERNATE_ON)
    assert recorded.shown[-1] == "paystack: interrupted"


def test_a_server_that_hangs_is_told_and_freezes_nothing(stack: StackUnderTest) -> None:
    process = psutil.Process(stack.pid("mariadb"))
    with terminal(stack, "watch") as recorded:
        recorded.wait_for("rows wait")
        process.send_signal(signal.SIGSTOP)
        try:
            recorded.wait_for("outbox: MariaDB", timeout_s=30)
            first = recorded.shown[0]
            wait_for(lambda: recorded.read() or recorded.shown[0] != first, "it goes on", 5, 0)
        finally:
            process.send_signal(signal.SIGCONT)
        recorded.type("q")
        assert recorded.wait_end() == ExitCode.OK
    stack.paystack("health")


def test_watching_costs_a_few_percent_of_a_core(stack: StackUnderTest) -> None:
    with stack.start("watch", "--output", "json") as watching:
        assert watching.stdout is not None
        watching.stdout.readline()
        process = psutil.Process(watching.pid)
        begin = sum(process.cpu_times()[:2])
        lines = [watching.stdout.readline() for _ in range(CPU_LOOKS)]
        used_s = sum(process.cpu_times()[:2]) - begin
        os.kill(watching.pid, signal.SIGINT)
        assert watching.wait(10) == ExitCode.INTERRUPTED
    assert all(json.loads(line)["schema"] == "paystack.watch/v1" for line in lines)
    assert used_s < CPU_SHARE_MAX * CPU_LOOKS * 2.0, f"{used_s:.2f} s in {CPU_LOOKS} looks"
