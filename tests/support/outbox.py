"""Payments and outbox rows written as the services write them, without the services."""

import itertools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pymysql.connections import Connection
from pymysql.cursors import DictCursor

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

STATUS_OF = {
    "PAYMENT_AUTHORIZED": "AUTHORIZED",
    "PAYMENT_CAPTURE_REQUESTED": "CAPTURE_REQUESTED",
    "PAYMENT_CAPTURED": "CAPTURED",
    "PAYMENT_REFUND_REQUESTED": "REFUND_REQUESTED",
    "PAYMENT_REFUNDED": "REFUNDED",
}
EXTRA_OF = {
    "PAYMENT_CAPTURED": {"transactionId": "T-1"},
    "PAYMENT_REFUNDED": {"transactionId": "T-2"},
    "PAYMENT_REFUND_REQUESTED": {"reason": "changed my mind"},
}

_payment_ids = itertools.count(int(time.time()) * 100)
"""Of 12 digits: with more, one in ten would pass for a card number and be masked in logs."""


def new_payment_ids(count: int) -> list[int]:
    """Payment ids that no other test has, in any run against the same database."""
    return list(itertools.islice(_payment_ids, count))


def event_value(event_type: str, payment_id: int, **replaced: Any) -> dict[str, Any]:
    """A value that keeps the schema of `event_type`, unless `replaced` breaks it."""
    return {
        "paymentId": payment_id,
        "merchantId": "TESTS",
        "status": STATUS_OF[event_type],
        "amount": 1_000 + payment_id % 7,
        "currency": "KRW",
        "approvalNumber": f"A-{payment_id}",
        "occurredAt": "2026-11-22T10:00:00.000000Z",
        **EXTRA_OF.get(event_type, {}),
        **replaced,
    }


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """A row to be written; `payload` replaces the good value."""

    event_type: str
    payment_id: int
    payload: str | None = None


def write_payments(
    connection: "Connection[DictCursor]", payment_ids: Iterable[int], status: str
) -> None:
    """Rows of `payment` as authorize and capture leave them."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO payment (payment_id, merchant_id, amount, currency, status,"
            " idempotency_key, approval_number, requested_at, updated_at)"
            " VALUES (%s, 'TESTS', %s, 'KRW', %s, %s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
            [(p, 1_000 + p % 7, status, f"key-{p}", f"A-{p}") for p in payment_ids],
        )


def write_outbox(connection: "Connection[DictCursor]", events: Iterable[OutboxEvent]) -> list[int]:
    """Unpublished rows, in one transaction; their event ids."""
    connection.begin()
    written = []
    with connection.cursor() as cursor:
        for event in events:
            value = event.payload or json.dumps(event_value(event.event_type, event.payment_id))
            cursor.execute(
                "INSERT INTO outbox_event (aggregate_id, event_type, payload, source, traceparent,"
                " request_id, created_at) VALUES (%s, %s, %s, 'tests', %s, %s, UTC_TIMESTAMP(6))",
                (event.payment_id, event.event_type, value, TRACEPARENT, f"req-{event.payment_id}"),
            )
            written.append(cursor.lastrowid)
    connection.commit()
    return written
