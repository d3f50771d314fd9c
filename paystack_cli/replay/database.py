"""What the database says of events and payments, before money is moved once more."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from paystack_cli.clients.database import Database

ANSWER_MAX_S = 15.0

_DONE_AT_NETWORK = (
    "EXISTS (SELECT 1 FROM {table} r WHERE r.payment_id = p.payment_id AND r.status = 'SUCCESS')"
)
_BOOKED = (
    "EXISTS (SELECT 1 FROM ledger_entry l"
    " WHERE l.payment_id = p.payment_id AND l.entry_type = '{entry_type}')"
)
EFFECTS: Mapping[str, str] = {
    "PAYMENT_CAPTURE_REQUESTED": _DONE_AT_NETWORK.format(table="settlement_request"),
    "PAYMENT_CAPTURED": _BOOKED.format(entry_type="CAPTURE"),
    "PAYMENT_REFUND_REQUESTED": _DONE_AT_NETWORK.format(table="refund_request"),
    "PAYMENT_REFUNDED": _BOOKED.format(entry_type="REFUND"),
}
"""Event type -> whether payment `p` has what the event is there for. It outlives inbox rows, which
go after a time, and sees what was done under another event id."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as paydb has it; `amount` in minor units."""

    status: str
    merchant_id: str
    amount: int
    currency: str
    effects: frozenset[str]
    """The event types whose effect stands."""
    newest_processed: int | None
    """The highest id among its events that a consumer has applied."""


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the database: payments by id, and by event id the consumers that applied it."""

    payments: Mapping[int, Payment]
    applied_by: Mapping[int, frozenset[str]]


def look(
    database: Database,
    *,
    event_ids: Collection[int],
    payment_ids: Collection[int],
    consumers: Collection[str],
) -> View:
    """Raises ServerUnreachable, ServerRefused or ServerFailed."""
    events, payments = _numbers(event_ids), _numbers(payment_ids)
    names = ", ".join(f"'{name}'" for name in consumers)
    effects = ", ".join(f"'{event}', {condition}" for event, condition in EFFECTS.items())
    script = (
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        "SELECT JSON_ARRAY(event_id, consumer) FROM inbox_event"
        f" WHERE consumer IN ({names}) AND event_id IN ({events})",
        "SELECT JSON_ARRAY(o.aggregate_id, MAX(o.event_id)) FROM outbox_event o"
        f" WHERE o.aggregate_id IN ({payments}) AND EXISTS (SELECT 1 FROM inbox_event i"
        f" WHERE i.consumer IN ({names}) AND i.event_id = o.event_id) GROUP BY o.aggregate_id",
        "SELECT JSON_ARRAY(p.payment_id, p.status, p.merchant_id, p.amount, p.currency,"
        f" JSON_OBJECT({effects})) FROM payment p WHERE p.payment_id IN ({payments})",
    )
    _, inbox, processed, rows = database.run(script, ANSWER_MAX_S)
    newest = {int(payment_id): int(event_id) for payment_id, event_id in processed}
    applied_by: dict[int, frozenset[str]] = {}
    for event_id, consumer in inbox:
        applied_by[event_id] = applied_by.get(event_id, frozenset()) | {consumer}
    return View(
        payments={
            payment_id: Payment(
                status,
                merchant_id,
                amount,
                currency,
                frozenset(event for event, stands in effects.items() if stands),
                newest.get(payment_id),
            )
            for payment_id, status, merchant_id, amount, currency, effects in rows
        },
        applied_by=applied_by,
    )


def _numbers(numbers: Iterable[int]) -> str:
    """For IN (…), which must not be empty."""
    return ", ".join(str(int(number)) for number in numbers) or "NULL"
