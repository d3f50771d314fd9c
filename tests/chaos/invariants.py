"""What a payment pipeline must keep, whatever was killed: each rule lists what breaks it.

All of them hold once the outbox has drained and every consumer has caught up. Where both sides of a
rule stand in the database, one set-based query answers it; the others join it with the topics, the
card network's call log and the clients' journal.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.evidence import Evidence
from tests.support.topics import Record


class Harm(StrEnum):
    """What a violation means for the money."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Violation:
    """One payment (None: not known) that breaks one rule."""

    invariant: int
    payment_id: int | None
    harm: Harm
    detail: str

    def __str__(self) -> str:
        return f"invariant {self.invariant}, payment {self.payment_id}, {self.harm}: {self.detail}"


Finding = tuple[int | None, Harm, str]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule and the search for what breaks it."""

    number: int
    rule: str
    find: Callable[[Evidence], Iterator[Finding]]


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that breaks any rule, in the order of the rules."""
    return [
        Violation(invariant.number, *finding)
        for invariant in INVARIANTS
        for finding in invariant.find(evidence)
    ]


def _acknowledged_exists(evidence: Evidence) -> Iterator[Finding]:
    columns = ("merchant_id", "idempotency_key", "amount", "currency")
    stored = {
        row["payment_id"]: tuple(row[column] for column in columns)
        for row in evidence.rows(f"SELECT payment_id, {', '.join(columns)} FROM payment")
    }
    for payment_id, seen in evidence.journal.acknowledged.items():
        if payment_id not in stored:
            yield payment_id, Harm.LOST, f"a client saw {seen.key} accepted; no such payment"
        elif stored[payment_id] != (seen.merchant_id, seen.key, seen.amount, seen.currency):
            yield payment_id, Harm.WRONG, f"asked for {seen}, stored {stored[payment_id]}"


ENTRIES_UNLIKE_PAYMENT = """
SELECT e.payment_id, e.entry_type, e.debit_account, e.credit_account, e.amount, e.currency
FROM ledger_entry e
LEFT JOIN payment p ON p.payment_id = e.payment_id
WHERE p.payment_id IS NULL
   OR p.amount <> e.amount
   OR p.currency <> e.currency
   OR (e.entry_type, e.debit_account, e.credit_account) NOT IN (
        ('CAPTURE', 'merchant_receivable', 'cash'), ('REFUND', 'cash', 'merchant_receivable'))
"""
"""A row debits one account and credits another with one amount: debits equal credits in each."""


def _debits_equal_credits(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.rows(ENTRIES_UNLIKE_PAYMENT):
        yield row["payment_id"], Harm.WRONG, f"the entry is not that of its payment: {dict(row)}"


EXPECTED = """
SELECT payment_id, status,
       status IN ('CAPTURED', 'REFUND_REQUESTED', 'REFUNDED', 'REFUND_FAILED') AS captures,
       status = 'REFUNDED' AS refunds
FROM payment
"""
"""How often money must have moved for each payment."""

ENTRIES_OFF_STATUS = f"""
SELECT expected.payment_id, expected.status, expected.captures, expected.refunds,
       COALESCE(booked.captures, 0) AS booked_captures,
       COALESCE(booked.refunds, 0) AS booked_refunds
FROM ({EXPECTED}) expected
LEFT JOIN (
  SELECT payment_id, SUM(entry_type = 'CAPTURE') AS captures, SUM(entry_type = 'REFUND') AS refunds
  FROM ledger_entry GROUP BY payment_id
) booked ON booked.payment_id = expected.payment_id
WHERE COALESCE(booked.captures, 0) <> expected.captures
   OR COALESCE(booked.refunds, 0) <> expected.refunds
"""


def _one_pair_each(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.rows(ENTRIES_OFF_STATUS):
        too_many = (
            row["booked_captures"] > row["captures"] or row["booked_refunds"] > row["refunds"]
        )
        detail = (
            f"{row['status']} with {row['booked_captures']} capture and"
            f" {row['booked_refunds']} refund entries"
        )
        yield row["payment_id"], Harm.DUPLICATED if too_many else Harm.LOST, detail


def _moved_once(evidence: Evidence) -> Iterator[Finding]:
    charged = Counter(
        (m.merchant_id, m.amount, m.currency)
        for m in evidence.movements
        if m.operation == "authorize"
    )
    for row in evidence.rows(
        "SELECT merchant_id, amount, currency, COUNT(*) AS payments, MIN(payment_id) AS payment_id"
        " FROM payment GROUP BY merchant_id, amount, currency"
    ):
        count = charged.pop((row["merchant_id"], row["amount"], row["currency"]), 0)
        if count != row["payments"]:
            harm = Harm.DUPLICATED if count > row["payments"] else Harm.LOST
            detail = f"{row['payments']} such payments, and the card was charged {count} times"
            yield row["payment_id"], harm, detail
    for asked, count in charged.items():
        yield None, Harm.DUPLICATED, f"the card was charged {count} times for no payment: {asked}"
    moved = Counter(
        (m.payment_id, m.operation) for m in evidence.movements if m.operation != "authorize"
    )
    for row in evidence.rows(EXPECTED):
        for operation, expected in (("capture", row["captures"]), ("refund", row["refunds"])):
            count = moved.pop((row["payment_id"], operation), 0)
            if count != expected:
                harm = Harm.DUPLICATED if count > expected else Harm.LOST
                detail = f"{row['status']}, and the card network did {count} {operation}s"
                yield row["payment_id"], harm, detail
    for (payment_id, operation), count in moved.items():
        yield payment_id, Harm.WRONG, f"the card network did {count} {operation}s for no payment"
    refunded = {
        row["payment_id"]
        for row in evidence.rows("SELECT payment_id FROM payment WHERE status = 'REFUNDED'")
    }
    for payment_id in evidence.journal.refunded - refunded:
        yield payment_id, Harm.LOST, "a client saw its refund accepted; it is not REFUNDED"


def _same_answer(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.journal.acknowledged.values():
        if len(seen.answers) > 1:
            yield seen.payment_id, Harm.WRONG, f"one request, several answers: {seen.answers}"
    for key, status in evidence.journal.reuse_accepted.items():
        yield None, Harm.WRONG, f"key {key} with another amount was answered {status}, not 422"
    for row in evidence.rows(
        "SELECT MIN(payment_id) AS payment_id, merchant_id, idempotency_key, COUNT(*) AS copies"
        " FROM payment GROUP BY merchant_id, idempotency_key HAVING COUNT(*) > 1"
    ):
        yield row["payment_id"], Harm.DUPLICATED, f"{row['copies']} payments of one key"


EVENTS = """
SELECT event_id, aggregate_id, event_type, source, payload FROM outbox_event ORDER BY event_id
"""


def _event_id(record: Record) -> int | None:
    text = record.header("ce_id") or b""
    return int(text) if text.isdigit() else None


def _no_event_lost(evidence: Evidence) -> Iterator[Finding]:
    published = {(_event_id(record), record.topic) for record in evidence.records}
    applied = {
        (row["consumer"], row["event_id"])
        for row in evidence.rows("SELECT consumer, event_id FROM inbox_event")
    }
    for row in evidence.rows(EVENTS):
        event_id, topic = row["event_id"], evidence.topic_of[row["event_type"]]
        name = f"{row['event_type']} {event_id}"
        if (event_id, topic) not in published:
            yield row["aggregate_id"], Harm.LOST, f"{name} is not in {topic}"
        for consumer in evidence.consumers_of.get(topic, ()):
            if (consumer, event_id) not in applied:
                yield row["aggregate_id"], Harm.LOST, f"{name} was not applied by {consumer}"


def _no_ghost(evidence: Evidence) -> Iterator[Finding]:
    known = {row["event_id"]: row for row in evidence.rows(EVENTS)}
    for record in evidence.records:
        place = f"{record.topic}[{record.partition}]@{record.offset}"
        row = known.get(_event_id(record) or 0)
        key = (record.key or b"").decode("utf-8", "replace")
        if row is None:
            payment_id = int(key) if key.isdecimal() else None
            yield payment_id, Harm.WRONG, f"{place} is no event of the outbox"
        elif (
            key != str(row["aggregate_id"])
            or record.header("ce_type") != row["event_type"].encode()
            or json.loads(record.value or b"null") != json.loads(row["payload"])
        ):
            detail = f"{place} is not event {row['event_id']} as written"
            yield row["aggregate_id"], Harm.WRONG, detail


ILLEGAL_STEPS = """
SELECT aggregate_id, event_id, previous, status
FROM (
  SELECT aggregate_id, event_id, JSON_VALUE(payload, '$.status') AS status,
         LAG(JSON_VALUE(payload, '$.status'))
           OVER (PARTITION BY aggregate_id ORDER BY event_id) AS previous
  FROM outbox_event
) step
WHERE (COALESCE(previous, ''), status) NOT IN (
  ('', 'AUTHORIZED'), ('AUTHORIZED', 'CAPTURE_REQUESTED'), ('CAPTURE_REQUESTED', 'CAPTURED'),
  ('CAPTURED', 'REFUND_REQUESTED'), ('REFUND_REQUESTED', 'REFUNDED'),
  ('REFUND_REQUESTED', 'REFUND_REQUESTED'), ('REFUNDED', 'REFUNDED'))
"""
"""A refund that is asked for again publishes its event again, and so does its end."""

STATUS_UNLIKE_LAST_EVENT = """
SELECT p.payment_id, p.status, JSON_VALUE(e.payload, '$.status') AS last_status
FROM payment p
LEFT JOIN (
  SELECT aggregate_id, MAX(event_id) AS event_id FROM outbox_event GROUP BY aggregate_id
) last ON last.aggregate_id = p.payment_id
LEFT JOIN outbox_event e ON e.event_id = last.event_id
WHERE NOT (p.status <=> JSON_VALUE(e.payload, '$.status') COLLATE utf8mb4_nopad_bin)
  AND p.status NOT IN ('CAPTURE_FAILED', 'REFUND_FAILED')
"""
"""A refusal for good publishes nothing."""


def _in_order(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.rows(ILLEGAL_STEPS):
        step = f"{row['previous']} -> {row['status']} (event {row['event_id']})"
        yield row["aggregate_id"], Harm.WRONG, f"no legal step: {step}"
    for row in evidence.rows(STATUS_UNLIKE_LAST_EVENT):
        detail = f"is {row['status']}, its last event says {row['last_status']}"
        yield row["payment_id"], Harm.WRONG, detail
    first_sent_ms: dict[int, int] = {}
    for record in evidence.records:
        event_id = _event_id(record)
        if event_id is not None:
            known_ms = first_sent_ms.get(event_id, record.timestamp_ms)
            first_sent_ms[event_id] = min(known_ms, record.timestamp_ms)
    latest: dict[int, tuple[int, int]] = {}
    for row in evidence.rows(EVENTS):
        event_id, payment_id = row["event_id"], row["aggregate_id"]
        if event_id not in first_sent_ms:
            continue
        sent_ms = first_sent_ms[event_id]
        before_ms, before_id = latest.get(payment_id, (0, 0))
        if sent_ms < before_ms:
            yield payment_id, Harm.WRONG, f"event {event_id} overtook event {before_id} in Kafka"
        latest[payment_id] = (sent_ms, event_id)


def _nothing_stuck(evidence: Evidence) -> Iterator[Finding]:
    for row in evidence.rows(
        "SELECT payment_id, status FROM payment WHERE status LIKE '%_REQUESTED'"
    ):
        yield row["payment_id"], Harm.LOST, f"stuck in {row['status']}"
    for row in evidence.rows(
        "SELECT aggregate_id, event_id, parked, last_error FROM outbox_event WHERE published = 0"
    ):
        detail = f"event {row['event_id']} unpublished: {row['last_error']}"
        yield row["aggregate_id"], Harm.LOST, detail


INVARIANTS = (
    Invariant(1, "every accepted authorize that a client saw exists", _acknowledged_exists),
    Invariant(2, "debits equal credits, each entry is its payment's", _debits_equal_credits),
    Invariant(3, "one capture entry per captured, one refund entry per refunded", _one_pair_each),
    Invariant(4, "the card network moved money once per step, and for a payment", _moved_once),
    Invariant(5, "same key and body, same bytes; another body, 422", _same_answer),
    Invariant(6, "every event is in its topic and was applied by each consumer", _no_event_lost),
    Invariant(7, "every record is an event of the outbox, as written", _no_ghost),
    Invariant(8, "order per payment, legal steps only", _in_order),
    Invariant(10, "nothing is stuck", _nothing_stuck),
)
"""Numbered as in the design's list; 9 (poison) has tests of its own."""
