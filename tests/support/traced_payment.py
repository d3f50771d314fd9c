"""A payment on its whole way, as the database tells it; tests take something away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from paystack_cli.trace.model import (
    LedgerEntry,
    OutboxRow,
    Payment,
    PaymentFacts,
    Receipt,
    Record,
)

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(minutes=5)


def row(event_id: int, event_type: str, **changes: object) -> OutboxRow:
    written = BEGAN + timedelta(seconds=event_id)
    published = OutboxRow(
        event_id=event_id,
        event_type=event_type,
        source="ingest-service",
        published=True,
        parked=False,
        attempts=0,
        last_error=None,
        created_at=written,
        published_at=written + timedelta(milliseconds=20),
        traceparent=None,
        request_id=None,
    )
    return replace(published, **changes)  # type: ignore[arg-type]  # fields of OutboxRow


def receipt(consumer: str, event_id: int) -> Receipt:
    return Receipt(consumer, event_id, BEGAN + timedelta(seconds=event_id, milliseconds=50))


WHOLE = PaymentFacts(
    payment=Payment(100000, "M-1", 1000, "KRW", "CAPTURED", "order-7", BEGAN, BEGAN),
    events=(
        row(1, "PAYMENT_AUTHORIZED"),
        row(2, "PAYMENT_CAPTURE_REQUESTED"),
        row(3, "PAYMENT_CAPTURED", source="settlement-worker"),
    ),
    receipts=(receipt("settlement-worker", 2), receipt("consumer-worker", 3)),
    ledger=(LedgerEntry(1, "CAPTURE", "merchant_receivable", "cash", 1000, BEGAN, 3),),
    card_requests=(),
    read_at=NOW,
)
RECORDS = [Record("a-topic", 0, number, number, BEGAN) for number in (1, 2, 3)]
