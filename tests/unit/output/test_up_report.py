"""What `up` prints: how long it took, what is usual, which chain made it so long."""

import json

import pytest

from paystack_cli.engines.base import Action, ServiceTiming, UpReport
from paystack_cli.engines.budget import Excess
from paystack_cli.engines.critical_path import CriticalPath, Link
from paystack_cli.engines.up_review import UpReview
from paystack_cli.output.up_report import document, report_up
from tests.support.documents import keeps_schema

TIMINGS = (
    ServiceTiming("store", Action.STARTED, "", 0.1, 0.2, 3.0, 3.3, "ended once"),
    ServiceTiming("app", Action.RESTARTED, "its configuration changed", 3.2, 0, 0.5, 3.8),
    ServiceTiming("door", Action.UNCHANGED, "", 0, 0, 0, 0.1),
)
REVIEW = UpReview(
    UpReport(TIMINGS, 3.9),
    CriticalPath(0.2, (Link("store", 3.1), Link("app", 0.5))),
    usual_s={"store": 1.0, "app": 0.4, "door": 1.0},
    exceeded=(Excess("store took 3.0 s, its budget is 1 s", "store"),),
)


def _told(review: UpReview, capsys: pytest.CaptureFixture[str]) -> list[str]:
    report_up(review, engine="local", as_json=False)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_row_says_why_it_was_restarted_and_what_stands_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _told(REVIEW, capsys) == [
        "SERVICE ACTION PREPARED WAITED READY IN USUAL AT",
        "store started, ended once 0.20 s 0.10 s 3.00 s 1.00 s (+2.00 s) 3.30 s",
        "app restarted, its configuration changed 0.00 s 3.20 s 0.50 s 0.40 s 3.80 s",
        "door unchanged 0.00 s 0.00 s 0.00 s - 0.10 s",
        "critical path: 0.2 s before any service -> store 3.1 s -> app 0.5 s",
        "up: healthy after 3.9 s",
    ]


def test_without_history_there_is_no_usual_and_without_a_start_no_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _told(UpReview(UpReport(TIMINGS[2:], 0.1)), capsys) == [
        "SERVICE ACTION PREPARED WAITED READY IN AT",
        "door unchanged 0.00 s 0.00 s 0.00 s 0.10 s",
        "up: healthy after 0.1 s",
    ]


def test_the_document_keeps_its_schema_and_ok_says_whether_the_budget_was_kept() -> None:
    for review in (REVIEW, UpReview(UpReport((), 0.0))):
        told = json.loads(json.dumps(document(review, "local")))
        keeps_schema("up", told)
        assert told["ok"] is not bool(review.exceeded)
