"""All SQL of ingest-service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from paycore.database import Statement, flatten, placeholders
from paycore.payment import PREDECESSOR, PaymentStatus
from pymysql.cursors import Cursor

PAYMENT_IDS_PER_BLOCK = 1_000
"""INCREMENT BY of the sequence payment_id_block."""

Key = tuple[str, str]
"""Merchant and idempotency key."""


class StoredAnswer(msgspec.Struct, frozen=True):
    """A row of idem_response_cache: the answer of a key, and the hash of the request it was for."""

    request_hash: bytes
    status: int
    body: bytes


class NewPayment(msgspec.Struct, frozen=True):
    payment_id: int
    merchant_id: str
    amount: int
    currency: str
    idempotency_key: str
    approval_number: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A row of payment; times are UTC."""

    payment_id: int
    merchant_id: str
    amount: int
    currency: str
    status: PaymentStatus
    approval_number: str
    requested_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    entry_id: int
    payment_id: int
    entry_type: str
    debit_account: str
    credit_account: str
    amount: int
    currency: str
    occurred_at: datetime


_PAYMENT = (
    "payment_id, merchant_id, amount, currency, status, approval_number, requested_at, updated_at"
)
_LEDGER_ENTRY = (
    "entry_id, payment_id, entry_type, debit_account, credit_account, amount, currency, occurred_at"
)


def next_payment_id_block(cursor: Cursor) -> int:
    """The first of PAYMENT_IDS_PER_BLOCK ids that nobody else gets."""
    cursor.execute("SELECT NEXT VALUE FOR payment_id_block")
    ((first,),) = cursor.fetchall()
    return int(first)


def stored_answers(cursor: Cursor, keys: Sequence[Key]) -> dict[Key, StoredAnswer]:
    """The stored answers of those `keys` that have one."""
    cursor.execute(
        "SELECT merchant_id, idempotency_key, request_hash, http_status, response_body FROM"
        " idem_response_cache WHERE (merchant_id, idempotency_key) IN"
        f" ({placeholders(len(keys), 2)})",
        flatten(list(keys)),
    )
    return {
        (merchant_id, key): StoredAnswer(request_hash, status, body.encode())
        for merchant_id, key, request_hash, status, body in cursor.fetchall()
    }


def insert_answers(answers: Sequence[tuple[Key, StoredAnswer]], now: datetime) -> Statement:
    rows = [
        (*key, answer.request_hash, answer.status, answer.body.decode()) for key, answer in answers
    ]
    return (
        "INSERT INTO idem_response_cache (merchant_id, idempotency_key, request_hash, http_status,"
        f" response_body, created_at) VALUES {placeholders(len(rows), 5, now)}",
        flatten(rows),
    )


def insert_payments(payments: Sequence[NewPayment], now: datetime) -> Statement:
    """New payments are CAPTURE_REQUESTED: authorization and capture request are one step."""
    rows: list[tuple[Any, ...]] = [
        (
            payment.payment_id,
            payment.merchant_id,
            payment.amount,
            payment.currency,
            payment.idempotency_key,
            payment.approval_number,
        )
        for payment in payments
    ]
    values = placeholders(len(rows), 6, PaymentStatus.CAPTURE_REQUESTED, now, now)
    return (
        "INSERT INTO payment (payment_id, merchant_id, amount, currency, idempotency_key,"
        f" approval_number, status, requested_at, updated_at) VALUES {values}",
        flatten(rows),
    )


def find_payment(cursor: Cursor, payment_id: int) -> Payment | None:
    cursor.execute(f"SELECT {_PAYMENT} FROM payment WHERE payment_id = %s", [payment_id])
    row = cursor.fetchone()
    return None if row is None else _payment(row)


def find_payment_for_update(cursor: Cursor, payment_id: int) -> Payment | None:
    """A payment, locked until the transaction ends."""
    cursor.execute(f"SELECT {_PAYMENT} FROM payment WHERE payment_id = %s FOR UPDATE", [payment_id])
    row = cursor.fetchone()
    return None if row is None else _payment(row)


def newest_payments(
    cursor: Cursor, merchant_id: str, before: tuple[datetime, int] | None, limit: int
) -> list[Payment]:
    """A merchant's payments, newest first, older than the place `before`."""
    where, parameters = "", []
    if before is not None:
        # Written out: MariaDB does not use an index range for a comparison of row values.
        where = " AND requested_at <= %s AND (requested_at < %s OR payment_id < %s)"
        parameters = [before[0], before[0], before[1]]
    cursor.execute(
        f"SELECT {_PAYMENT} FROM payment WHERE merchant_id = %s{where}"
        " ORDER BY requested_at DESC, payment_id DESC LIMIT %s",
        [merchant_id, *parameters, limit],
    )
    return [_payment(row) for row in cursor.fetchall()]


def ledger_entries(cursor: Cursor, payment_ids: Sequence[int]) -> dict[int, list[LedgerEntry]]:
    """The ledger entries of each payment, oldest first."""
    entries: dict[int, list[LedgerEntry]] = {payment_id: [] for payment_id in payment_ids}
    if entries:
        cursor.execute(
            f"SELECT {_LEDGER_ENTRY} FROM ledger_entry WHERE payment_id IN"
            f" {placeholders(1, len(payment_ids))} ORDER BY entry_id",
            list(payment_ids),
        )
        for entry in _ledger_entries(cursor.fetchall()):
            entries[entry.payment_id].append(entry)
    return entries


def request_refund(cursor: Cursor, payment_id: int, reason: str, now: datetime) -> None:
    """CAPTURED -> REFUND_REQUESTED, with its refund_request row; the payment is locked already."""
    status = PaymentStatus.REFUND_REQUESTED
    cursor.execute(
        "UPDATE payment SET status = %s, updated_at = %s WHERE payment_id = %s AND status = %s",
        [status.value, now, payment_id, PREDECESSOR[status].value],
    )
    cursor.execute(
        "INSERT INTO refund_request (payment_id, status, reason, requested_at)"
        " VALUES (%s, 'PENDING', %s, %s)",
        [payment_id, reason, now],
    )


def _payment(row: tuple[Any, ...]) -> Payment:
    payment_id, merchant_id, amount, currency, status, *rest = row
    return Payment(payment_id, merchant_id, amount, currency, PaymentStatus(status), *rest)


def _ledger_entries(rows: Iterable[tuple[Any, ...]]) -> Iterable[LedgerEntry]:
    return (LedgerEntry(*row) for row in rows)
