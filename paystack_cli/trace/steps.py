"""The steps that each witness tells of. Pure."""

from collections.abc import Iterable, Iterator

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.events.letter import DeadLetter
from paystack_cli.replay.ledger import Entry
from paystack_cli.trace.calls import Call
from paystack_cli.trace.model import PaymentFacts, Record, Source, Step


def database_steps(facts: PaymentFacts) -> Iterator[Step]:
    """What the tables tell."""
    payment = facts.payment
    yield Step(payment.requested_at, Source.PAYMENT, f"requested by {payment.merchant_id}")
    yield Step(payment.updated_at, Source.PAYMENT, f"is {payment.status} since then")
    for event in facts.events:
        what = f"{event.event_type} written by {event.source}"
        yield Step(event.created_at, Source.OUTBOX, what, event.event_id)
        if event.published_at is not None:
            what = f"{event.event_type} marked published, attempts {event.attempts + 1}"
            yield Step(event.published_at, Source.OUTBOX, what, event.event_id)
    types = {event.event_id: event.event_type for event in facts.events}
    for receipt in facts.receipts:
        what = f"{receipt.consumer} has applied {types.get(receipt.event_id, 'an event')}"
        yield Step(receipt.received_at, Source.INBOX, what, receipt.event_id)
    for entry in facts.ledger:
        what = (
            f"{entry.entry_type} {entry.amount} {payment.currency}:"
            f" debit {entry.debit_account}, credit {entry.credit_account}"
        )
        yield Step(entry.occurred_at, Source.LEDGER, what, entry.event_id)
    for asked in facts.card_requests:
        yield Step(asked.requested_at, Source.PAYMENT, f"{asked.operation} asked for")
        if asked.completed_at is not None:
            tries = f" after {asked.retry_count} retries" if asked.retry_count else ""
            what = f"{asked.operation} ended: {asked.status}{tries}"
            yield Step(asked.completed_at, Source.PAYMENT, what)


def record_steps(records: Iterable[Record]) -> Iterator[Step]:
    """What the topics tell."""
    for record in records:
        place = f"{record.topic} {record.partition}@{record.offset}"
        yield Step(record.at, Source.TOPIC, place, record.event_id)


def letter_steps(letters: Iterable[DeadLetter]) -> Iterator[Step]:
    """What the dead-letter topics tell."""
    for letter in letters:
        at, origin = letter.at, letter.origin
        if at is not None:
            why = ": ".join(filter(None, (origin.exception, origin.message)))
            event_id = origin.event_id or ""
            number = int(event_id) if event_id.isdecimal() else None
            yield Step(at, Source.DEAD_LETTER, sanitize(f"{letter.place} {why}"), number)


def replay_steps(entries: Iterable[Entry], payment_id: int) -> Iterator[Step]:
    """What operators did with the payment's dead letters."""
    for entry in entries:
        if entry.payment_id == payment_id:
            where = f"{entry.letter} {entry.outcome}"
            how = f" to {entry.target}" if entry.target else f": {entry.reason}"
            what = sanitize(f"{where}{how} by {entry.by}{', edited' if entry.edited else ''}")
            yield Step(entry.at, Source.REPLAY, what, entry.event_id)


def call_steps(calls: Iterable[Call]) -> Iterator[Step]:
    """What the card network tells."""
    for call in calls:
        outcome = "approved" if call.approved else f"answered {call.http_status}"
        yield Step(call.first_at, Source.CARD_NETWORK, f"{call.operation} {outcome}")
        if call.attempts > 1:
            what = f"{call.operation} asked again, {call.attempts} times in all; the same answer"
            yield Step(call.last_at, Source.CARD_NETWORK, what)
