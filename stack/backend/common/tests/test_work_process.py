"""Work in another process: rounds, failures that travel, and either side's death."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from paycore.problem import Problem
from paycore.work_process import WorkLost, WorkProcess

CHILD = """
import os, threading
from paycore.problem import Problem
from paycore.work_process import answer_rounds

class Odd(Exception):
    def __init__(self, number, *, why):  # cannot be made again from its args
        super().__init__(f"{number} is {why}")

def work(items):
    def one(item):
        match item:
            case "pid":
                return os.getpid()
            case "problem":
                return Problem(503, "AWAY", "come again", retry_after_s=1, payment_id=7)
            case "odd":
                return Odd(3, why="odd")
            case "die":
                os._exit(3)
        return 2 * item
    return [one(item) for item in items]

answer_rounds(work)
"""


@pytest.fixture
def doubling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkProcess[object, int]]:
    (tmp_path / "doubling.py").write_text(CHILD, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with closing(WorkProcess[object, int]("doubling")) as process:
        yield process


def _pid(process: WorkProcess[object, int]) -> int:
    (pid,) = process.work(["pid"])
    assert isinstance(pid, int)
    return pid


def test_a_round_is_answered_by_another_process(doubling: WorkProcess[object, int]) -> None:
    assert doubling.work([1, 2, 3]) == [2, 4, 6]
    assert _pid(doubling) != os.getpid()


def test_failures_of_single_items_arrive(doubling: WorkProcess[object, int]) -> None:
    problem, odd, fine = doubling.work(["problem", "odd", 5])
    assert isinstance(problem, Problem)
    assert (problem.status, problem.code, str(problem)) == (503, "AWAY", "come again")
    assert (problem.payment_id, problem.headers) == (7, {"Retry-After": "1"})
    assert isinstance(odd, RuntimeError)
    assert "3 is odd" in str(odd)
    assert fine == 10


def test_a_round_that_kills_the_process_is_lost_and_the_next_one_is_not(
    doubling: WorkProcess[object, int],
) -> None:
    before = _pid(doubling)
    with pytest.raises(WorkLost, match="doubling ended with exit code 3"):
        doubling.work(["die"])
    assert doubling.work([4]) == [8]
    assert _pid(doubling) != before


def test_a_process_killed_between_rounds_is_replaced(doubling: WorkProcess[object, int]) -> None:
    killed = psutil.Process(_pid(doubling))
    killed.kill()
    with pytest.raises(WorkLost):
        doubling.work([1])
    assert doubling.work([1]) == [2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signals_are_left_to_the_parent(
    doubling: WorkProcess[object, int], number: signal.Signals
) -> None:
    pid = _pid(doubling)
    os.kill(pid, number)
    assert _pid(doubling) == pid
    assert doubling.close() == 0


def test_the_process_ends_when_its_parent_is_gone(doubling: WorkProcess[object, int]) -> None:
    child = psutil.Process(_pid(doubling))
    assert doubling.close() == 0
    assert not child.is_running()


def test_a_process_that_cannot_start_loses_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        closing(WorkProcess[int, int]("no_such_module")) as process,
        pytest.raises(WorkLost, match="no_such_module ended with exit code 1"),
    ):
        process.work([1])


def test_rounds_larger_than_a_socket_buffer_pass(doubling: WorkProcess[object, int]) -> None:
    items: Sequence[object] = ["x" * 100_000] * 30
    assert doubling.work(items) == ["x" * 200_000] * 30
