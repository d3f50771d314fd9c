"""What a client may do with a payment that exists: read, list, capture, refund.

Each function is the work of one transaction; it raises Problem for what the payment does not allow.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from paycore.outbox import NewEvent, append_events
from paycore.payment import PaymentStatus
from paycore.problem import Problem
from paycore.trace import RequestTrace
from pymysql.cursors import Cursor

from ingest_service import store
from ingest_service.cursor import Place, encode_cursor
from ingest_service.messages import (
    MESSAGES,
    LedgerEntryView,
    PaymentPage,
    PaymentView,
    RefundRequest,
    timestamp,
)
from ingest_service.store import LedgerEntry, Payment

SOURCE = "ingest-service"

CAPTURABLE = frozenset(
    {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURE_REQUESTED, PaymentStatus.CAPTURED}
)
"""A capture is under way or done; in every other status there is nothing left to capture."""


def read(cursor: Cursor, payment_id: int) -> PaymentView:
    """A payment with its ledger entries."""
    payment = store.find_payment(cursor, payment_id)
    if payment is None:
        raise _not_found(payment_id)
    return _views(cursor, [payment])[0]


def newest(cursor: Cursor, merchant_id: str, before: Place | None, limit: int) -> PaymentPage:
    """A page of a merchant's payments, newest first."""
    found = store.newest_payments(cursor, merchant_id, before, limit + 1)
    page, more = found[:limit], len(found) > limit
    place = encode_cursor((page[-1].requested_at, page[-1].payment_id)) if more else None
    return PaymentPage(_views(cursor, page), place)


def capture(cursor: Cursor, payment_id: int, merchant_id: str) -> PaymentView:
    """The payment as it stands: authorize has requested its capture already."""
    payment = _of_merchant(store.find_payment(cursor, payment_id), payment_id, merchant_id)
    if payment.status not in CAPTURABLE:
        raise _conflict("CAPTURE_CONFLICT", "captured", payment)
    return _views(cursor, [payment])[0]


def refund(
    cursor: Cursor, payment_id: int, wanted: RefundRequest, trace: RequestTrace
) -> PaymentView:
    """CAPTURED -> REFUND_REQUESTED and its event, in this transaction.

    Asked again before the refund is done it publishes the event again, in case the first got stuck;
    the worker refunds once.
    """
    found = store.find_payment_for_update(cursor, payment_id)
    payment = _of_merchant(found, payment_id, wanted.merchant_id)
    now = datetime.now(UTC).replace(tzinfo=None)
    if payment.status is PaymentStatus.CAPTURED:
        store.request_refund(cursor, payment_id, wanted.reason, now)
    elif payment.status is not PaymentStatus.REFUND_REQUESTED:
        raise _conflict("REFUND_CONFLICT", "refunded", payment)
    append_events(cursor, SOURCE, [_refund_requested(payment, wanted.reason, now, trace)])
    return read(cursor, payment_id)


def _refund_requested(
    payment: Payment, reason: str, now: datetime, trace: RequestTrace
) -> NewEvent:
    value = {
        "paymentId": payment.payment_id,
        "merchantId": payment.merchant_id,
        "status": PaymentStatus.REFUND_REQUESTED,
        "amount": payment.amount,
        "currency": payment.currency,
        "approvalNumber": payment.approval_number,
        "occurredAt": timestamp(now),
        "reason": reason,
    }
    return NewEvent(
        "PAYMENT_REFUND_REQUESTED",
        payment.payment_id,
        value,
        trace.traceparent,
        trace.request_id,
    )


def _of_merchant(payment: Payment | None, payment_id: int, merchant_id: str) -> Payment:
    """Another merchant's payment looks like none at all."""
    if payment is None or payment.merchant_id != merchant_id:
        raise _not_found(payment_id)
    return payment


def _not_found(payment_id: int) -> Problem:
    return Problem(404, "NOT_FOUND", f"there is no payment {payment_id}")


def _conflict(code: str, what: str, payment: Payment) -> Problem:
    message = f"the payment is {payment.status} and cannot be {what}"
    return Problem(409, code, message, payment_id=payment.payment_id)


def _views(cursor: Cursor, payments: Sequence[Payment]) -> list[PaymentView]:
    entries = store.ledger_entries(cursor, [payment.payment_id for payment in payments])
    return [_view(payment, entries[payment.payment_id]) for payment in payments]


def _view(payment: Payment, entries: Sequence[LedgerEntry]) -> PaymentView:
    return PaymentView(
        payment_id=payment.payment_id,
        merchant_id=payment.merchant_id,
        status=payment.status,
        amount=payment.amount,
        currency=payment.currency,
        created_at=timestamp(payment.requested_at),
        updated_at=timestamp(payment.updated_at),
        ledger_entries=[
            LedgerEntryView(
                entry_id=entry.entry_id,
                entry_type=entry.entry_type,
                debit_account=entry.debit_account,
                credit_account=entry.credit_account,
                amount=entry.amount,
                currency=entry.currency,
                occurred_at=timestamp(entry.occurred_at),
            )
            for entry in entries
        ],
        message=MESSAGES[payment.status],
    )
