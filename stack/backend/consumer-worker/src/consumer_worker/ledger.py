"""The double-entry ledger: one row is one transfer between two accounts.

A payment has at most one capture and one refund (a unique key), so an event that comes twice books
nothing twice, even under another event id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from paycore.database import flatten, placeholders
from paycore.events import Event
from paycore.handler import Decided, PermanentFailure
from pymysql.cursors import Cursor

RECEIVABLE = "merchant_receivable"
CASH = "cash"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What an event books: its amount goes from `credit` to `debit`."""

    entry_type: str
    debit: str
    credit: str

    def __str__(self) -> str:
        return f"{self.entry_type.lower()} booked"


TRANSFER_OF = {
    "PAYMENT_CAPTURED": Transfer("CAPTURE", debit=RECEIVABLE, credit=CASH),
    "PAYMENT_REFUNDED": Transfer("REFUND", debit=CASH, credit=RECEIVABLE),
}


class Ledger:
    """Books events (see `paycore.handler.Handler`)."""

    def read(self, _cursor: Cursor, _events: Sequence[Event]) -> dict[int, None]:
        """Nothing: the event holds all that is booked."""
        return {}

    def decide(self, event: Event, _known: None) -> Transfer:
        """The transfer of an event. Raises PermanentFailure for one that moves no money."""
        try:
            return TRANSFER_OF[event.event_type]
        except KeyError:
            raise PermanentFailure(f"{event.event_type} books nothing") from None

    def apply(self, cursor: Cursor, batch: Sequence[Decided[Transfer]]) -> None:
        """Books all. Raises PermanentFailure when an entry stands with another amount."""
        rows = [_row(one.event, one.outcome) for one in batch]
        booked = cursor.execute(
            "INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account,"
            " amount, currency, occurred_at, event_id, traceparent, request_id)"
            f" VALUES {placeholders(len(rows), 10)} ON DUPLICATE KEY UPDATE entry_id = entry_id",
            flatten(rows),
        )
        if booked < len(rows):
            _check_standing(cursor, batch)


def _row(event: Event, transfer: Transfer) -> tuple[Any, ...]:
    occurred_at = datetime.fromisoformat(event.value["occurredAt"]).astimezone(UTC)
    return (
        event.payment_id,
        transfer.entry_type,
        transfer.debit,
        transfer.credit,
        event.value["amount"],
        event.value["currency"],
        occurred_at.replace(tzinfo=None),
        event.event_id,
        event.traceparent,
        event.request_id,
    )


def _check_standing(cursor: Cursor, batch: Sequence[Decided[Transfer]]) -> None:
    """Makes sure that entries which stood before say what the repeated events say."""
    cursor.execute(
        "SELECT payment_id, entry_type, amount, currency FROM ledger_entry"
        f" WHERE (payment_id, entry_type) IN ({placeholders(len(batch), 2)})",
        flatten([(one.event.payment_id, one.outcome.entry_type) for one in batch]),
    )
    standing = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
    for one in batch:
        event = one.event
        said = event.value["amount"], event.value["currency"]
        found = standing[event.payment_id, one.outcome.entry_type]
        if said != found:
            raise PermanentFailure(
                f"the {one.outcome.entry_type} of payment {event.payment_id} is booked with"
                f" {found[0]} {found[1]}; event {event.event_id} says {said[0]} {said[1]}"
            )
