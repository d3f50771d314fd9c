"""What is told while checks run where nobody looks at a terminal: few, whole lines on stderr."""

import pytest

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.output.check_progress import telling
from paystack_cli.output.verbosity import Verbosity

REASONS = ["refused", "refused", "lag 7", "refused"]
TIMED_OUT = CheckResult(
    "worker", Outcome.TIMED_OUT, "lag 7", attempts=(Attempt(5, 0.5, 0.1, "lag 7"),)
)


def _told(verbosity: Verbosity, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with telling(["worker"], verbosity) as progress:
        for number, reason in enumerate(REASONS, start=1):
            progress.retrying("worker", Attempt(number, number / 10, 0.1, reason))
        progress.finished(TIMED_OUT)
    told = capsys.readouterr()
    assert told.out == ""
    return told.err.splitlines()


def test_a_line_whenever_the_reason_changes_and_one_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _told(Verbosity.NORMAL, capsys) == [
        "worker: attempt 1: refused",
        "worker: attempt 3: lag 7",
        "worker: attempt 4: refused",
        "worker: timed out: lag 7",
    ]


def test_verbose_tells_every_attempt_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    *_, fourth, last, verdict = told = _told(Verbosity.VERBOSE, capsys)
    assert len(told) == 6
    assert fourth == "worker: attempt 4 at 0.40 s, 0.10 s: refused"
    assert last == "worker: attempt 5 at 0.50 s, 0.10 s: lag 7"
    assert verdict == "worker: timed out: lag 7"


def test_quiet_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(Verbosity.QUIET, capsys) == []
