"""One step of a payment at the card network: capture it, or refund it.

Both are the same work with other names: call the network once, then write the request row, the
payment's next status and the event in one transaction. An event that comes again after success
calls nobody; what it announces is published again. A payment that the network refuses for good is a
result like any other (`*_FAILED`), no dead letter.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pymysql.cursors import Cursor

from paycore.card_network import (
    Approved,
    CardNetwork,
    CardNetworkNotPermitted,
    CardNetworkUnavailable,
    Declined,
)
from paycore.card_network import Outcome as Answer
from paycore.database import flatten, placeholders
from paycore.events import Event
from paycore.handler import Call, Decided, KeptBack, PermanentFailure, TransientFailure
from paycore.outbox import NewEvent, append_events
from paycore.payment import PREDECESSOR, PaymentStatus
from paycore.trace import continue_trace

NetworkCall = Callable[[CardNetwork, int, str, int, str, Mapping[str, str]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class CardStep:
    """The names of one step; `PREDECESSOR` says from which status it starts."""

    call: NetworkCall
    request_table: str
    done: PaymentStatus
    refused: PaymentStatus
    announces: str
    """The event type that is published when it is done."""


CAPTURE = CardStep(
    call=CardNetwork.capture,
    request_table="settlement_request",
    done=PaymentStatus.CAPTURED,
    refused=PaymentStatus.CAPTURE_FAILED,
    announces="PAYMENT_CAPTURED",
)
REFUND = CardStep(
    call=CardNetwork.refund,
    request_table="refund_request",
    done=PaymentStatus.REFUNDED,
    refused=PaymentStatus.REFUND_FAILED,
    announces="PAYMENT_REFUNDED",
)


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """The payment as paydb has it; amounts are taken from here, never from an event."""

    merchant_id: str
    amount: int
    currency: str
    approval_number: str
    status: PaymentStatus
    transaction_id: str | None
    """Of this step, when the network has done it before."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the network answered, now or before; None when it had refused before."""

    payment: KnownPayment
    answer: Answer | None
    repeated: bool

    def __str__(self) -> str:
        kind = "nothing" if self.answer is None else type(self.answer).__name__.lower()
        return f"{kind}, repeated" if self.repeated else kind


class CardStepHandler:
    """Applies the request events of one step (see `handler.Handler`)."""

    def __init__(self, step: CardStep, network: CardNetwork, source: str) -> None:
        """`source` is the service that the announced events come from."""
        self._step = step
        self._network = network
        self._source = source

    def read(self, cursor: Cursor, events: Sequence[Event]) -> dict[int, KnownPayment]:
        """The payments of `events`, by event id."""
        payment_ids = {event.payment_id for event in events}
        if not payment_ids:
            return {}
        cursor.execute(
            "SELECT p.payment_id, p.merchant_id, p.amount, p.currency, p.approval_number, p.status,"
            " IF(r.status = 'SUCCESS', r.transaction_id, NULL) FROM payment p LEFT JOIN"
            f" {self._step.request_table} r ON r.payment_id = p.payment_id WHERE p.payment_id IN "
            + placeholders(1, len(payment_ids)),
            list(payment_ids),
        )
        known = {
            payment_id: KnownPayment(
                merchant_id, amount, currency, approval, PaymentStatus(status), transaction_id
            )
            for payment_id, merchant_id, amount, currency, approval, status, transaction_id in (
                cursor.fetchall()
            )
        }
        return {e.event_id: known[e.payment_id] for e in events if e.payment_id in known}

    def decide(self, event: Event, known: KnownPayment | None) -> Result | Call[Result]:
        """A call when the payment waits for this step; its old result when it has one."""
        if known is None:
            raise PermanentFailure(f"payment {event.payment_id} is not in paydb")
        if known.transaction_id is not None:
            return Result(known, Approved(known.transaction_id, ""), repeated=True)
        if known.status is self._step.refused:
            return Result(known, None, repeated=True)
        if known.status is not PREDECESSOR[self._step.done]:
            raise PermanentFailure(
                f"payment {event.payment_id} is {known.status}: it cannot become {self._step.done}"
            )
        return Call(partial(self._call, event, known))

    async def _call(self, event: Event, known: KnownPayment) -> Result:
        trace = {"traceparent": continue_trace(event.traceparent)}
        if event.request_id:
            trace["x-request-id"] = event.request_id
        try:
            answer = await self._step.call(
                self._network,
                event.payment_id,
                known.approval_number,
                known.amount,
                known.currency,
                trace,
            )
        except CardNetworkNotPermitted as error:
            raise KeptBack(str(error)) from error
        except CardNetworkUnavailable as error:
            raise TransientFailure(str(error)) from error
        return Result(known, answer, repeated=False)

    def apply(self, cursor: Cursor, batch: Sequence[Decided[Result]]) -> None:
        """Writes request rows, statuses and announcements. Raises TransientFailure when a payment
        has moved meanwhile, so that it is looked at again."""
        new = [decided for decided in batch if not decided.outcome.repeated]
        done = [one for one in new if isinstance(one.outcome.answer, Approved)]
        refused = [one for one in new if isinstance(one.outcome.answer, Declined)]
        self._write_requests(cursor, new)
        self._move(cursor, done, self._step.done)
        self._move(cursor, refused, self._step.refused)
        announced = [one for one in batch if isinstance(one.outcome.answer, Approved)]
        append_events(cursor, self._source, [self._announcement(one) for one in announced])

    def _write_requests(self, cursor: Cursor, new: Sequence[Decided[Result]]) -> None:
        if not new:
            return
        rows = [_request_row(one) for one in new]
        cursor.execute(
            f"INSERT INTO {self._step.request_table} (payment_id, status, transaction_id, answer,"
            " retry_count, requested_at, completed_at)"
            f" VALUES {placeholders(len(rows), 7)} ON DUPLICATE KEY UPDATE status = VALUES(status),"
            " transaction_id = VALUES(transaction_id), answer = VALUES(answer),"
            " retry_count = retry_count + VALUES(retry_count), completed_at = VALUES(completed_at)",
            flatten(rows),
        )

    def _move(self, cursor: Cursor, decided: Sequence[Decided[Result]], to: PaymentStatus) -> None:
        """Takes payments to their next status, only from the one status that may precede it."""
        if not decided:
            return
        payment_ids = sorted(one.event.payment_id for one in decided)
        moved = cursor.execute(
            "UPDATE payment SET status = %s, updated_at = %s WHERE status = %s AND payment_id IN "
            + placeholders(1, len(payment_ids)),
            [to, _now().replace(tzinfo=None), PREDECESSOR[to], *payment_ids],
        )
        if moved != len(payment_ids):
            raise TransientFailure(
                f"{len(payment_ids) - moved} of {len(payment_ids)} payments are not"
                f" {PREDECESSOR[to]} any more"
            )

    def _announcement(self, one: Decided[Result]) -> NewEvent:
        payment, answer = one.outcome.payment, one.outcome.answer
        assert isinstance(answer, Approved)  # noqa: S101 - by the caller's choice
        value: dict[str, Any] = {
            "paymentId": one.event.payment_id,
            "merchantId": payment.merchant_id,
            "status": self._step.done,
            "amount": payment.amount,
            "currency": payment.currency,
            "approvalNumber": payment.approval_number,
            "occurredAt": _now().isoformat().replace("+00:00", "Z"),
            "transactionId": answer.reference,
        }
        return NewEvent(
            self._step.announces,
            one.event.payment_id,
            value,
            continue_trace(one.event.traceparent),
            one.event.request_id,
        )


def _request_row(one: Decided[Result]) -> tuple[Any, ...]:
    answer = one.outcome.answer
    approved = isinstance(answer, Approved)
    requested_at = datetime.fromisoformat(one.event.value["occurredAt"]).astimezone(UTC)
    return (
        one.event.payment_id,
        "SUCCESS" if approved else "FAILED",
        answer.reference if isinstance(answer, Approved) else None,
        answer.answer if answer else None,
        one.attempts,
        requested_at.replace(tzinfo=None),
        _now().replace(tzinfo=None),
    )


def _now() -> datetime:
    return datetime.now(UTC)
