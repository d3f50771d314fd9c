"""What is missing of a payment's way, and the next command."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from paystack_cli.stack.catalog import Catalog, load_catalog
from paystack_cli.trace.judge import missing
from paystack_cli.trace.model import PaymentFacts, Record
from paystack_cli.trace.records import letter_windows, record_windows
from tests.support.traced_payment import BEGAN, NOW, RECORDS, WHOLE, row

CATALOG_FILE = Path(__file__).resolve().parents[3] / "stack" / "schemas" / "catalog.json"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CATALOG_FILE)


def said(catalog: Catalog, facts: PaymentFacts, records: list[Record] | None = RECORDS) -> str:
    return "\n".join(
        f"{one.what} > {one.next_command}" for one in missing(facts, catalog, records, [])
    )


def test_nothing_is_missing_of_a_whole_way(catalog: Catalog) -> None:
    assert said(catalog, WHOLE) == ""


def test_a_parked_row_names_its_reason_and_the_command_that_shows_it(catalog: Catalog) -> None:
    parked = row(
        2,
        "PAYMENT_CAPTURE_REQUESTED",
        published=False,
        parked=True,
        published_at=None,
        attempts=5,
        last_error="schema",
    )
    facts = replace(WHOLE, events=(WHOLE.events[0], parked), receipts=(), ledger=())
    assert said(catalog, facts) == (
        "PAYMENT_CAPTURE_REQUESTED (event 2) is parked after 5 attempts: schema"
        " > paystack outbox show 2"
    )


def test_a_waiting_row_tells_for_how_long(catalog: Catalog) -> None:
    waiting = row(1, "PAYMENT_AUTHORIZED", published=False, published_at=None)
    facts = replace(WHOLE, events=(waiting,), receipts=(), ledger=())
    assert "waits for the relay for 299.0 s > paystack health outbox-relay" in said(catalog, facts)


def test_a_record_that_is_not_in_its_topic_is_missed(catalog: Catalog) -> None:
    assert "PAYMENT_CAPTURED (event 3) is marked published" in said(catalog, WHOLE, RECORDS[:2])


def test_unread_topics_accuse_nobody(catalog: Catalog) -> None:
    assert said(catalog, WHOLE, None) == ""


def test_a_consumer_that_is_behind_is_named_alone(catalog: Catalog) -> None:
    facts = replace(WHOLE, receipts=WHOLE.receipts[:1], ledger=())
    assert said(catalog, facts) == (
        "consumer-worker has not received PAYMENT_CAPTURED (event 3)"
        " > paystack health consumer-worker kafka"
    )


def test_an_applied_event_without_its_effect_is_missed(catalog: Catalog) -> None:
    assert "has no CAPTURE entry in the ledger" in said(catalog, replace(WHOLE, ledger=()))
    stuck = replace(WHOLE, events=WHOLE.events[:2], receipts=WHOLE.receipts[:1])
    assert "there is no PAYMENT_CAPTURED" in said(catalog, stuck)


def test_a_declined_capture_is_an_end(catalog: Catalog) -> None:
    declined = replace(
        WHOLE,
        payment=replace(WHOLE.payment, status="CAPTURE_FAILED"),
        events=WHOLE.events[:2],
        receipts=WHOLE.receipts[:1],
        ledger=(),
    )
    assert said(catalog, declined) == ""


def test_records_are_looked_for_around_the_moment_of_publishing(catalog: Catalog) -> None:
    (window,) = record_windows(WHOLE, catalog)
    assert window.events == {1, 2, 3}
    assert len(window.topics) == 3
    assert window.end - window.begin < timedelta(seconds=10)
    late = replace(WHOLE.events[2], published_at=NOW)
    *_, last = record_windows(replace(WHOLE, events=(*WHOLE.events[:2], late)), catalog)
    assert last.events == {3}
    assert last.begin < NOW - timedelta(seconds=120) < NOW < last.end


def test_letters_are_looked_for_only_where_a_consumer_was_late(catalog: Catalog) -> None:
    assert letter_windows(WHOLE, catalog) == []
    behind = replace(WHOLE, receipts=WHOLE.receipts[:1])
    (window,) = letter_windows(behind, catalog)
    assert window.topics == {"payment.dlq"}
    assert window.events == {3}
    assert window.begin < BEGAN + timedelta(seconds=3)
    assert window.end > NOW
