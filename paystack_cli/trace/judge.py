"""What is missing of a payment's way, and the next command. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from paystack_cli.events.letter import DeadLetter
from paystack_cli.stack.catalog import Catalog
from paystack_cli.trace.model import Missing, OutboxRow, PaymentFacts, Record
from paystack_cli.trace.records import consumers_of

EFFECTS: Mapping[str, tuple[str, ...]] = {
    "PAYMENT_CAPTURE_REQUESTED": ("PAYMENT_CAPTURED",),
    "PAYMENT_REFUND_REQUESTED": ("PAYMENT_REFUNDED",),
}
"""What an event that was received leads to, unless the card network declines."""

ENTRIES: Mapping[str, str] = {"PAYMENT_CAPTURED": "CAPTURE", "PAYMENT_REFUNDED": "REFUND"}
"""The ledger entry that an event leads to."""

DECLINED = frozenset({"CAPTURE_FAILED", "REFUND_FAILED"})
OUTBOX_KEPT_H = 168
"""Published outbox rows are deleted after this (docs/services.md)."""


def missing(
    facts: PaymentFacts,
    catalog: Catalog,
    records: Collection[Record] | None,
    letters: Sequence[DeadLetter],
) -> tuple[Missing, ...]:
    """What should have happened by now; `records` is None when the topics could not be read."""
    return tuple(_missing(facts, catalog, records, letters))


def _missing(
    facts: PaymentFacts,
    catalog: Catalog,
    records: Collection[Record] | None,
    letters: Sequence[DeadLetter],
) -> Iterator[Missing]:
    if not facts.events:
        yield Missing(
            f"no outbox row is left: published ones are kept for {OUTBOX_KEPT_H} h",
            "paystack verify",
        )
    for event in facts.events:
        if not event.published:
            yield _unpublished(event, facts)
            continue
        if records is not None and not any(one.event_id == event.event_id for one in records):
            yield Missing(
                f"{_named(event)} is marked published, and its topic has no such record",
                "paystack verify (a topic forgets after its retention)",
            )
        yield from _unreceived(event, facts, catalog, letters)
        yield from _without_effect(event, facts, catalog)


def _unpublished(event: OutboxRow, facts: PaymentFacts) -> Missing:
    if event.parked:
        return Missing(
            f"{_named(event)} is parked after {event.attempts} attempts: {event.last_error}",
            f"paystack outbox show {event.event_id}",
        )
    waits_s = (facts.read_at - event.created_at).total_seconds()
    tries = f", {event.attempts} attempts failed: {event.last_error}" if event.attempts else ""
    return Missing(
        f"{_named(event)} waits for the relay for {waits_s:.1f} s{tries}",
        "paystack health outbox-relay kafka",
    )


def _unreceived(
    event: OutboxRow, facts: PaymentFacts, catalog: Catalog, letters: Sequence[DeadLetter]
) -> Iterator[Missing]:
    received = {one.consumer for one in facts.receipts if one.event_id == event.event_id}
    for consumer in consumers_of(event, catalog):
        if consumer in received:
            continue
        topic = catalog.consumers[consumer].dead_letter_topic
        dead = [
            letter
            for letter in letters
            if letter.place.topic == topic and letter.origin.event_id == str(event.event_id)
        ]
        if dead:
            place = dead[-1].place
            yield Missing(
                f"{consumer} gave {_named(event)} up: it is a dead letter",
                f"paystack dlq show {place.topic} {place.partition}:{place.offset}",
            )
        else:
            yield Missing(
                f"{consumer} has not received {_named(event)}", f"paystack health {consumer} kafka"
            )


def _without_effect(event: OutboxRow, facts: PaymentFacts, catalog: Catalog) -> Iterator[Missing]:
    """An event that its consumers have received must have had its effect, in that transaction."""
    received = {one.consumer for one in facts.receipts if one.event_id == event.event_id}
    if not received.issuperset(consumers_of(event, catalog)):
        return
    entry = ENTRIES.get(event.event_type)
    if entry and all(one.entry_type != entry for one in facts.ledger):
        yield Missing(f"{_named(event)} has no {entry} entry in the ledger", "paystack verify")
    for effect in EFFECTS.get(event.event_type, ()):
        written = any(one.event_type == effect for one in facts.events)
        if not written and facts.payment.status not in DECLINED:
            worker = ", ".join(consumers_of(event, catalog))
            yield Missing(
                f"{_named(event)} was received, and there is no {effect}",
                f"paystack logs {worker} --tail 50",
            )


def _named(event: OutboxRow) -> str:
    return f"{event.event_type} (event {event.event_id})"
