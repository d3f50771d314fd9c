"""The call log: one answer for each key, whatever happens to the process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pg_simulator.behaviour import Operation
from pg_simulator.call_log import Call, CallLog


def call(key: str = "k", request: bytes = b"{}", answer: bytes = b'{"n":1}', **more: int) -> Call:
    return Call(Operation.CAPTURE, key, request, 200, answer, more.get("payment_id"))


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "folder" / "calls.db")


def test_a_key_keeps_its_first_answer(log: CallLog) -> None:
    (first,) = log.record([call()])
    (second,) = log.record([call(answer=b'{"n":2}')])
    assert first.answer == second.answer == b'{"n":1}'
    assert second.same_request
    assert log.counts()["capture"] == {"approved": 1, "declined": 0, "requests": 2}


def test_another_request_under_the_key_is_told_apart(log: CallLog) -> None:
    log.record([call()])
    (answered,) = log.record([call(request=b'{"amount":2}')])
    assert not answered.same_request


def test_copies_in_one_commit_get_the_same_answer(log: CallLog) -> None:
    answers = log.record([call(), call(answer=b'{"n":2}')])
    assert [answered.answer for answered in answers] == [b'{"n":1}'] * 2


def test_the_same_key_of_another_operation_is_another_call(log: CallLog) -> None:
    log.record([call()])
    refund = Call(Operation.REFUND, "k", b"{}", 200, b'{"n":2}', None)
    assert log.record([refund])[0].answer == b'{"n":2}'


def test_it_finds_by_each_filter_newest_first(log: CallLog) -> None:
    log.record([call(key=f"k{n}", payment_id=n % 2) for n in range(6)])
    keys = [found.idempotency_key for found in log.find("capture", 1, None, None, 10)]
    assert keys == ["k5", "k3", "k1"]
    assert [found.payment_id for found in log.find(None, None, "k4", None, 10)] == [0]
    page = log.find(None, None, None, None, 4)
    rest = log.find(None, None, None, page[-1].call_id, 4)
    assert [found.idempotency_key for found in page + rest] == [f"k{n}" for n in range(5, -1, -1)]


def test_what_was_answered_survives_sigkill(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from pg_simulator.call_log import Call, CallLog\n"
        "from pg_simulator.behaviour import Operation\n"
        "log = CallLog(Path(sys.argv[1]))\n"
        "for n in range(100_000):\n"
        "    log.record([Call(Operation.CAPTURE, str(n), b'{}', 200, b'{}', n)])\n"
        "    print(n, flush=True)\n"
    )
    path = tmp_path / "calls.db"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 50:
                os.kill(process.pid, signal.SIGKILL)
                break
        answered = 50 + len(process.stdout.read().splitlines())
    assert CallLog(path).counts()["capture"]["approved"] >= answered
