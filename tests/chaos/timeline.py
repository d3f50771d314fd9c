"""Everything that is known of one payment, in the order of time: what a violation is read from."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.chaos.evidence import Evidence


def timeline(evidence: Evidence, payment_id: int) -> list[str]:
    """One line per trace that the payment left in tables, topics and the card network's log."""
    return [
        f"{at.isoformat(sep=' ', timespec='milliseconds')} {what}"
        for at, what in sorted(_traces(evidence, payment_id))
    ]


def _traces(evidence: Evidence, payment_id: int) -> Iterator[tuple[datetime, str]]:
    for row in evidence.rows(
        f"SELECT status, requested_at, updated_at FROM payment WHERE payment_id = {payment_id}"
    ):
        yield row["requested_at"], "payment requested"
        yield row["updated_at"], f"payment {row['status']}"
    for row in evidence.rows(
        "SELECT event_id, event_type, source, created_at, published_at, attempts, last_error"
        f" FROM outbox_event WHERE aggregate_id = {payment_id}"
    ):
        event = f"{row['event_type']} {row['event_id']}"
        yield row["created_at"], f"outbox: {event} by {row['source']}"
        if row["published_at"] is not None:
            failed = f", {row['attempts']} failures: {row['last_error']}" if row["attempts"] else ""
            yield row["published_at"], f"outbox: {event} marked published{failed}"
    for row in evidence.rows(
        "SELECT i.consumer, i.event_id, i.received_at FROM inbox_event i"
        f" JOIN outbox_event o ON o.event_id = i.event_id WHERE o.aggregate_id = {payment_id}"
    ):
        yield row["received_at"], f"inbox: {row['consumer']} applied {row['event_id']}"
    for row in evidence.rows(
        f"SELECT entry_type, amount, occurred_at FROM ledger_entry WHERE payment_id = {payment_id}"
    ):
        yield row["occurred_at"], f"ledger: {row['entry_type']} of {row['amount']}"
    for record in evidence.records:
        if record.key == str(payment_id).encode():
            at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).replace(tzinfo=None)
            event_id = (record.header("ce_id") or b"?").decode("latin-1")
            yield at, f"{record.topic}[{record.partition}]@{record.offset}: event {event_id}"
