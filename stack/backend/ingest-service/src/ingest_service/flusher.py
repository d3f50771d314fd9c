"""Stores authorizations: all that queued while the last commit ran, in one transaction.

One authorization costs about 40 us here and 60 us in MariaDB; the commit's fsync is shared by all.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pymysql
from paycore.card_network import Approved, Declined, Outcome
from paycore.database import Database, run_together
from paycore.logging import log_many
from paycore.outbox import NewEvent, RelayWaker, events_statement
from paycore.payment import PaymentStatus
from paycore.problem import Problem
from paycore.settings import DatabaseSettings
from paycore.trace import RequestTrace, trace_id
from pymysql.cursors import Cursor

from ingest_service.database_errors import database_away, is_connection_lost, is_duplicate
from ingest_service.messages import new_payment_body, timestamp
from ingest_service.store import (
    PAYMENT_IDS_PER_BLOCK,
    Key,
    NewPayment,
    StoredAnswer,
    insert_answers,
    insert_payments,
    next_payment_id_block,
    stored_answers,
)

SOURCE = "ingest-service"
BATCH_MAX = 32
"""More save little and cost overlap: while all wait for one commit, a core stands idle."""
DATABASE_AWAY_MAX_S = 2.0
"""How long a commit is tried again while the database is away; then its callers get a 503."""
DATABASE_AWAY_PAUSE_S = 0.05


class Authorization(msgspec.Struct, frozen=True):
    """A request that the card network has decided, on its way into the database."""

    key: Key
    request_hash: bytes
    amount: int
    currency: str
    outcome: Outcome
    trace: RequestTrace


class Stored(msgspec.Struct, frozen=True):
    """What the database holds for a key now; `fresh` when this request put it there."""

    answer: StoredAnswer
    fresh: bool
    payment_id: int | None


class PaymentIds:
    """Ids by hi-lo: one sequence value serves a whole block, so ids cost no round trip each.

    What is left of a block when the process ends is never used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._left: list[int] = []

    def take(self, count: int) -> list[int]:
        """`count` ids that nobody else gets, ascending."""
        while len(self._left) < count:
            first = self._database.run(next_payment_id_block)
            self._left += range(first, first + PAYMENT_IDS_PER_BLOCK)
        taken, self._left = self._left[:count], self._left[count:]
        return taken


class _Prepared(msgspec.Struct, frozen=True):
    """The rows of one authorization."""

    authorization: Authorization
    answer: StoredAnswer
    payment: NewPayment | None


class Flusher:
    """The work of the batcher that stores authorizations; used by its thread alone."""

    def __init__(self, settings: DatabaseSettings, waker: RelayWaker) -> None:
        self._database = Database(settings, autocommit=True)
        self._ids = PaymentIds(self._database)
        self._waker = waker

    def close(self) -> None:
        self._database.close()

    def store(self, batch: Sequence[Authorization]) -> Sequence[Stored | Exception]:
        """Stores `batch` in one commit; what cannot be stored fails alone."""
        now = datetime.now(UTC).replace(tzinfo=None)
        deadline_s = time.monotonic() + DATABASE_AWAY_MAX_S
        prepared: list[_Prepared] = []
        while True:
            try:
                prepared = prepared or self._prepare(batch, now)
                stored = self._store(prepared, now)
                break
            except pymysql.err.MySQLError as error:
                # A commit whose answer was lost may stand. The same rows go out again with the
                # same ids: if it stands they are duplicates, and what is stored proves to be ours.
                if time.monotonic() > deadline_s:
                    return [database_away(error)] * len(batch)
                time.sleep(DATABASE_AWAY_PAUSE_S)
        self._waker.wake()
        log_many("payment_decided", (_told(*pair) for pair in zip(batch, stored, strict=True)))
        return stored

    def _prepare(self, batch: Sequence[Authorization], now: datetime) -> list[_Prepared]:
        """The rows of `batch`; raises what fetching new ids raises."""
        approved = sum(isinstance(one.outcome, Approved) for one in batch)
        ids = iter(self._ids.take(approved))
        return [
            _approved(one, one.outcome, next(ids), now)
            if isinstance(one.outcome, Approved)
            else _declined(one, one.outcome)
            for one in batch
        ]

    def _store(self, prepared: Sequence[_Prepared], now: datetime) -> list[Stored | Exception]:
        """One transaction for all; when it fails, one for each half, down to the row at fault."""
        try:
            self._database.run(lambda cursor: _insert(cursor, prepared, now))
        except Exception as error:
            if is_connection_lost(error):
                raise
            if len(prepared) > 1:
                half = len(prepared) // 2
                return [*self._store(prepared[:half], now), *self._store(prepared[half:], now)]
            return [self._winner_over(prepared[0]) if is_duplicate(error) else error]
        return [_fresh(one) for one in prepared]

    def _winner_over(self, one: _Prepared) -> Stored | Exception:
        """Another request with this key was first (or this one was, unheard): its answer stands."""
        key = one.authorization.key
        winner = self._database.run(lambda cursor: stored_answers(cursor, [key])).get(key)
        if winner is None:
            return LookupError(f"the payment of {key} exists, its answer does not")
        return _fresh(one) if winner == one.answer else Stored(winner, fresh=False, payment_id=None)


def _approved(
    authorization: Authorization, outcome: Approved, payment_id: int, now: datetime
) -> _Prepared:
    merchant_id, idempotency_key = authorization.key
    payment = NewPayment(
        payment_id,
        merchant_id,
        authorization.amount,
        authorization.currency,
        idempotency_key,
        outcome.reference,
    )
    body = new_payment_body(payment_id, merchant_id, payment.amount, payment.currency, now)
    return _Prepared(authorization, StoredAnswer(authorization.request_hash, 200, body), payment)


def _declined(authorization: Authorization, outcome: Declined) -> _Prepared:
    message = f"the card network declined: {outcome.reason}"
    body = Problem(402, "PAYMENT_DECLINED", message).body()
    return _Prepared(authorization, StoredAnswer(authorization.request_hash, 402, body), None)


def _insert(cursor: Cursor, prepared: Sequence[_Prepared], now: datetime) -> None:
    """One transaction: the answers, the payments, and two events for each payment."""
    # By key, so that two instances with the same keys wait for each other and do not deadlock.
    rows = sorted(prepared, key=lambda one: one.authorization.key)
    statements = [insert_answers([(one.authorization.key, one.answer) for one in rows], now)]
    payments = [one.payment for one in rows if one.payment is not None]
    if payments:
        events = [event for one in rows for event in _events(one, now)]
        statements += [insert_payments(payments, now), events_statement(SOURCE, events)]
    run_together(cursor, statements)


def _events(one: _Prepared, now: datetime) -> list[NewEvent]:
    payment = one.payment
    if payment is None:
        return []
    value = {
        "paymentId": payment.payment_id,
        "merchantId": payment.merchant_id,
        "status": "",
        "amount": payment.amount,
        "currency": payment.currency,
        "approvalNumber": payment.approval_number,
        "occurredAt": timestamp(now),
    }
    return [
        NewEvent(
            event_type,
            payment.payment_id,
            {**value, "status": status},
            one.authorization.trace.traceparent,
            one.authorization.trace.request_id,
        )
        for event_type, status in (
            ("PAYMENT_AUTHORIZED", PaymentStatus.AUTHORIZED),
            ("PAYMENT_CAPTURE_REQUESTED", PaymentStatus.CAPTURE_REQUESTED),
        )
    ]


def _fresh(one: _Prepared) -> Stored:
    payment_id = None if one.payment is None else one.payment.payment_id
    return Stored(one.answer, fresh=True, payment_id=payment_id)


def _told(authorization: Authorization, stored: Stored | Exception) -> dict[str, object]:
    """The log line of one authorization."""
    line: dict[str, object] = {
        "request_id": authorization.trace.request_id,
        "trace_id": trace_id(authorization.trace.traceparent),
    }
    if isinstance(stored, Exception):
        return line | {"error": repr(stored)}
    fresh = {"replayed": not stored.fresh, "http_status": stored.answer.status}
    return line | fresh | {"payment_id": stored.payment_id}
