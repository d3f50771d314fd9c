"""What is told while checks run where nobody looks at a terminal: few, whole lines on stderr."""

import pytest

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.output.check_progress import telling


def test_a_line_whenever_the_reason_changes_and_one_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reasons = ["refused", "refused", "lag 7", "refused"]
    with telling(["worker"]) as progress:
        for number, reason in enumerate(reasons, start=1):
            progress.retrying("worker", Attempt(number, 0.0, 0.1, reason))
        progress.finished(CheckResult("worker", Outcome.TIMED_OUT, "lag 7"))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "worker: attempt 1: refused",
        "worker: attempt 3: lag 7",
        "worker: attempt 4: refused",
        "worker: timed out: lag 7",
    ]
