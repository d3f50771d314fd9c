"""Reads what the database knows of one payment, in one snapshot and without a lock."""

from collections.abc import Iterable
from datetime import UTC, datetime

from paystack_cli.clients.database import Database, Row
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.events.outbox_rows import literal
from paystack_cli.trace.model import (
    CardRequest,
    LedgerEntry,
    OutboxRow,
    Payment,
    PaymentFacts,
    Receipt,
)

_SNAPSHOT = (
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    "SELECT JSON_ARRAY(UTC_TIMESTAMP(6))",
)

_PAYMENT = """
SELECT JSON_ARRAY(payment_id, merchant_id, amount, currency, status, idempotency_key,
                  requested_at, updated_at)
  FROM payment WHERE payment_id = {payment}
"""

_EVENTS = """
SELECT JSON_ARRAY(event_id, event_type, source, published, parked, attempts, last_error,
                  created_at, published_at, traceparent, request_id)
  FROM outbox_event WHERE aggregate_id = {payment} ORDER BY event_id
"""

_RECEIPTS_OF = """
(SELECT JSON_ARRAY(i.consumer, i.event_id, i.received_at)
   FROM outbox_event o FORCE INDEX (ix_outbox_aggregate)
   STRAIGHT_JOIN inbox_event i ON i.consumer = {consumer} AND i.event_id = o.event_id
  WHERE o.aggregate_id = {payment})
"""
"""Of one consumer: for all at once the server reads the whole inbox."""

_LEDGER = """
SELECT JSON_ARRAY(entry_id, entry_type, debit_account, credit_account, amount, occurred_at,
                  event_id)
  FROM ledger_entry WHERE payment_id = {payment} ORDER BY entry_id
"""

_CARD_REQUESTS = """
SELECT JSON_ARRAY('{operation}', status, retry_count, answer, requested_at, completed_at)
  FROM {operation}_request WHERE payment_id = {payment}
"""

CARD_OPERATIONS = ("settlement", "refund")


def read_facts(
    database: Database, payment_id: int, consumers: Iterable[str], timeout_s: float
) -> PaymentFacts | None:
    """The facts of a payment, None when there is none of this id.

    Raises ServerUnreachable, ServerRefused or ServerFailed.
    """
    receipts_of = (
        _RECEIPTS_OF.format(payment=payment_id, consumer=literal(name)) for name in consumers
    )
    queries = (_PAYMENT, _EVENTS, "UNION ALL".join(receipts_of), _LEDGER)
    script = [
        *_SNAPSHOT,
        *(query.format(payment=payment_id) for query in queries),
        *(_CARD_REQUESTS.format(payment=payment_id, operation=one) for one in CARD_OPERATIONS),
    ]
    _, _, ((now,),), payments, events, receipts, ledger, *requests = database.run(script, timeout_s)
    if not payments:
        return None
    return PaymentFacts(
        payment=_payment(payments[0]),
        events=tuple(map(_event, events)),
        receipts=tuple(Receipt(consumer, event, _time(at)) for consumer, event, at in receipts),
        ledger=tuple(map(_entry, ledger)),
        card_requests=tuple(_card_request(row) for rows in requests for row in rows),
        read_at=_time(now),
    )


def _payment(row: Row) -> Payment:
    number, merchant, amount, currency, status, key, requested_at, updated_at = row
    return Payment(
        payment_id=number,
        merchant_id=sanitize(merchant),
        amount=amount,
        currency=currency,
        status=status,
        idempotency_key=key,
        requested_at=_time(requested_at),
        updated_at=_time(updated_at),
    )


def _event(row: Row) -> OutboxRow:
    number, event_type, source, published, parked, attempts, error, created, sent, trace, ask = row
    return OutboxRow(
        event_id=number,
        event_type=sanitize(event_type),
        source=sanitize(source),
        published=bool(published),
        parked=bool(parked),
        attempts=attempts,
        last_error=None if error is None else sanitize(error),
        created_at=_time(created),
        published_at=None if sent is None else _time(sent),
        traceparent=trace,
        request_id=None if ask is None else sanitize(ask),
    )


def _entry(row: Row) -> LedgerEntry:
    number, kind, debit, credit, amount, occurred_at, event_id = row
    return LedgerEntry(number, kind, debit, credit, amount, _time(occurred_at), event_id)


def _card_request(row: Row) -> CardRequest:
    operation, status, retries, answer, requested_at, completed_at = row
    return CardRequest(
        operation=operation,
        status=status,
        retry_count=retries,
        answer=None if answer is None else sanitize(answer),
        requested_at=_time(requested_at),
        completed_at=None if completed_at is None else _time(completed_at),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
