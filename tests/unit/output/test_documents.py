"""Every JSON document keeps its published schema."""

import json
from datetime import datetime

import pytest

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.engines.base import BuildReport, ImageBuild, ImageOutcome
from paystack_cli.events.browse import Recovered
from paystack_cli.events.grouping import Cause, Tally
from paystack_cli.events.inspection import Inspection
from paystack_cli.events.letter import DeadLetter
from paystack_cli.events.outbox import OutboxStatus, Parked, Waiting
from paystack_cli.output import build_report, check_report, dead_letter_report, outbox_report
from paystack_cli.output.letter_document import letter_document
from tests.support.documents import keeps_schema
from tests.support.messages import Consumed

AT = datetime(2026, 1, 2, 3, 4, 5, 6000)

CHECKS = [
    CheckResult(
        "mariadb",
        Outcome.PASSED,
        "wrote",
        facts={"round_trip_s": 1 / 3},
        attempts=(Attempt(1, 0.0, 0.1, "refused"), Attempt(2, 0.2, 0.1, None)),
        duration_s=0.3,
    ),
    CheckResult("kafka", Outcome.TIMED_OUT, "silence", hint="paystack status kafka"),
    CheckResult("gateway", Outcome.EXCLUDED, "left out"),
]
OUTBOX = OutboxStatus(
    waiting=(Waiting("PAYMENT_CAPTURED", 2, 1, 3.14159),),
    parked=(Parked("PAYMENT_CAPTURED", "too large", 3, AT, AT, 17),),
    parked_rows=3,
    published_in_window=30,
)
LETTER = DeadLetter.of(
    Consumed(
        of_headers=[("kafka_dlt-exception-fqcn", b"E"), ("ce_type", b"PAYMENT_CAPTURED")]
    ).message
)
INSPECTION = Inspection(
    ("payment.dlq", "refund.dlq"),
    (
        (
            Cause("payment.dlq", LETTER.fingerprint, "consumer-worker", None),
            Tally(2, 1, 1_700_000_000_000, 1_700_000_000_000, LETTER.place),
        ),
    ),
    now_ms=1_700_000_000_000,
)

BUILD = BuildReport(
    (
        ImageBuild("app", "pay/app:latest", ImageOutcome.BUILT, "there is no image yet", 1 / 3),
        ImageBuild("store", "pay/store:latest", ImageOutcome.UNCHANGED, "", 0.0),
    ),
    artefacts_s=0.12345,
    total_s=2 / 3,
)

DOCUMENTS: dict[str, list[dict[str, object]]] = {
    "health": [
        check_report.document("health", CHECKS, {"from": "inside"}),
        check_report.document("health", [], {"from": "outside"}),
    ],
    "smoke": [
        check_report.document(
            "smoke", CHECKS, {"from": "inside", "gateway": "http://x", "payment_id": payment_id}
        )
        for payment_id in (None, 100_000)
    ],
    "build": [
        build_report.document(BUILD, "compose"),
        build_report.document(BuildReport((), 0.0, 0.0), "compose"),
    ],
    "outbox-status": [
        outbox_report.document(OUTBOX, ["3 rows"]),
        outbox_report.document(OutboxStatus((), (), 0, 0), []),
    ],
    "dlq-inspect": [
        dead_letter_report.inspection_document(INSPECTION, {"payment.dlq": [LETTER]}, ["much"]),
        dead_letter_report.inspection_document(Inspection((), (), 0), {}, []),
    ],
    "dlq-list": [
        dead_letter_report.list_document([LETTER], "payment.dlq:0:7"),
        dead_letter_report.list_document([], None),
    ],
    "dlq-letter": [
        letter_document(LETTER, unmasked=True, original=Recovered(b"1", (("ce_id", None),))),
        letter_document(LETTER, original=Recovered(gone="retention")),
    ],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_keep_their_schema(name: str) -> None:
    for document in DOCUMENTS[name]:
        keeps_schema(name, json.loads(json.dumps(document)))


def test_ok_is_what_the_exit_code_says() -> None:
    assert check_report.document("health", CHECKS, {})["ok"] is False
    assert check_report.document("health", CHECKS[:1], {})["ok"] is True


def test_times_of_the_database_are_told_as_utc() -> None:
    told = json.dumps(outbox_report.document(OUTBOX, []))
    assert "2026-01-02T03:04:05.006+00:00" in told
