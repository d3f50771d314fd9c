"""The ten invariants: for each, the search for what breaks it. Nothing found is the proof.

Where both sides of a rule stand in the database, set-based queries answer it; the others join it
with the topics, the card network's call log and the clients' journal.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from paystack_cli.verify.evidence import Evidence

CAPTURED = "('CAPTURED', 'REFUND_REQUESTED', 'REFUNDED', 'REFUND_FAILED')"
"""The statuses of a payment whose money has been taken."""
LOOKUP_IDS_MAX = 5_000


class Violation(NamedTuple):
    """What breaks a rule; `payment_id` None where nobody can say."""

    payment_id: int | None
    detail: str

    def __str__(self) -> str:
        payment = "no payment" if self.payment_id is None else f"payment {self.payment_id}"
        return f"{payment}: {self.detail}"


Search = Callable[[Evidence], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule, the search for what breaks it, and the next command when something does."""

    number: int
    name: str
    rule: str
    find: Search
    hint: str
    needs_journal: bool = False
    asks_network: bool = False
    """Looks at the card network's call log as well, where there is one."""


def acknowledged_exists(evidence: Evidence) -> Iterator[Violation]:
    journal = evidence.journal
    if journal is None:
        return
    stored: dict[int, tuple[object, ...]] = {}
    ids = sorted({seen.payment_id for seen in journal.acknowledged} | journal.refunded)
    for begin in range(0, len(ids), LOOKUP_IDS_MAX):
        chunk = ", ".join(map(str, ids[begin : begin + LOOKUP_IDS_MAX]))
        for payment_id, *columns in evidence.rows(
            "SELECT JSON_ARRAY(payment_id, merchant_id, idempotency_key, amount, currency, status)"
            f" FROM payment WHERE payment_id IN ({chunk})"
        ):
            stored[payment_id] = tuple(columns)
    for seen in journal.acknowledged:
        found = stored.get(seen.payment_id)
        if found is None:
            yield Violation(
                seen.payment_id, f"a client saw key {seen.key} accepted; it is not there"
            )
        elif found[:4] != (seen.merchant_id, seen.key, seen.amount, seen.currency):
            yield Violation(
                seen.payment_id,
                f"a client asked for {seen.amount} {seen.currency} with"
                f" key {seen.key}; stored is {found[2]} {found[3]} with key {found[1]}",
            )
    for payment_id in sorted(journal.refunded):
        status = stored.get(payment_id, (None,))[-1]
        if status not in ("REFUND_REQUESTED", "REFUNDED", "REFUND_FAILED"):
            yield Violation(payment_id, f"a client saw its refund accepted; it is {status}")


_ENTRIES_UNLIKE_PAYMENT = """
SELECT JSON_ARRAY(e.payment_id, e.entry_type, e.debit_account, e.credit_account, e.amount,
                  e.currency, p.amount, p.currency)
  FROM ledger_entry e
  LEFT JOIN payment p USING (payment_id)
 WHERE NOT (p.amount <=> e.amount AND p.currency <=> e.currency)
    OR (e.entry_type, e.debit_account, e.credit_account) NOT IN (
         ('CAPTURE', 'merchant_receivable', 'cash'), ('REFUND', 'cash', 'merchant_receivable'))
"""


def debits_equal_credits(evidence: Evidence) -> Iterator[Violation]:
    """An entry debits one account and credits another: it must be that of its payment."""
    for payment_id, kind, debit, credit, amount, currency, asked, unit in evidence.rows(
        _ENTRIES_UNLIKE_PAYMENT
    ):
        payment = "there is no such payment" if asked is None else f"the payment is {asked} {unit}"
        yield Violation(
            payment_id, f"{kind} of {amount} {currency}, {debit} / {credit}, but {payment}"
        )


_ENTRIES_OFF_STATUS = f"""
SELECT JSON_ARRAY(p.payment_id, p.status, COALESCE(e.captures, 0), COALESCE(e.refunds, 0))
  FROM payment p
  LEFT JOIN (SELECT payment_id, SUM(entry_type = 'CAPTURE') AS captures,
                    SUM(entry_type = 'REFUND') AS refunds
               FROM ledger_entry GROUP BY payment_id) e USING (payment_id)
 WHERE COALESCE(e.captures, 0) <> (p.status IN {CAPTURED})
    OR COALESCE(e.refunds, 0) <> (p.status = 'REFUNDED')
"""


def one_pair_each(evidence: Evidence) -> Iterator[Violation]:
    for payment_id, status, captures, refunds in evidence.rows(_ENTRIES_OFF_STATUS):
        yield Violation(
            payment_id, f"{status} with {captures} capture and {refunds} refund entries"
        )


_REFUNDED_TOO_MUCH = """
SELECT JSON_ARRAY(payment_id, SUM(IF(entry_type = 'REFUND', amount, 0)),
                  SUM(IF(entry_type = 'CAPTURE', amount, 0)))
  FROM ledger_entry
 GROUP BY payment_id
HAVING SUM(IF(entry_type = 'REFUND', amount, 0)) > SUM(IF(entry_type = 'CAPTURE', amount, 0))
"""

_REQUESTS_OFF_STATUS = f"""
SELECT JSON_ARRAY(p.payment_id, p.status, s.status, r.status)
  FROM payment p
  LEFT JOIN settlement_request s USING (payment_id)
  LEFT JOIN refund_request r USING (payment_id)
 WHERE (p.status IN {CAPTURED}) <> COALESCE(s.status = 'SUCCESS', 0)
    OR (p.status = 'REFUNDED') <> COALESCE(r.status = 'SUCCESS', 0)
"""

_EXPECTED_MOVES = f"""
SELECT JSON_ARRAY(payment_id, status, status IN {CAPTURED}, status = 'REFUNDED') FROM payment
"""


def refunds_within_capture(evidence: Evidence) -> Iterator[Violation]:
    for payment_id, refunded, captured in evidence.rows(_REFUNDED_TOO_MUCH):
        yield Violation(payment_id, f"refunded {refunded}, captured {captured}")
    for payment_id, status, settlement, refund in evidence.rows(_REQUESTS_OFF_STATUS):
        yield Violation(
            payment_id, f"{status}, but its capture is {settlement} and its refund is {refund}"
        )
    if evidence.calls is None:
        return
    moved = Counter((call.payment_id, call.operation) for call in evidence.calls)
    for payment_id, status, captures, refunds in evidence.rows(_EXPECTED_MOVES):
        for operation, expected in (("capture", captures), ("refund", refunds)):
            count = moved.pop((payment_id, operation), 0)
            if count != expected:
                detail = f"{status}, and the card network approved {count} {operation}s"
                yield Violation(payment_id, detail)
    for (payment_id, operation), count in moved.items():
        yield Violation(
            payment_id, f"the card network approved {count} {operation}s for no payment"
        )


_TWO_OF_ONE_KEY = """
SELECT JSON_ARRAY(MIN(payment_id), COUNT(*), idempotency_key)
  FROM payment GROUP BY merchant_id, idempotency_key HAVING COUNT(*) > 1
"""

_ANSWERS_OF_OTHERS = """
SELECT JSON_ARRAY(p.payment_id, c.http_status, JSON_VALUE(c.response_body, '$.paymentId'))
  FROM payment p
  LEFT JOIN idem_response_cache c USING (merchant_id, idempotency_key)
 WHERE NOT (c.http_status <=> 200)
    OR NOT (CAST(JSON_VALUE(c.response_body, '$.paymentId') AS UNSIGNED) <=> p.payment_id)
"""


def one_answer_a_key(evidence: Evidence) -> Iterator[Violation]:
    for payment_id, count, key in evidence.rows(_TWO_OF_ONE_KEY):
        yield Violation(payment_id, f"{count} payments of one merchant have the key {key}")
    for payment_id, status, other in evidence.rows(_ANSWERS_OF_OTHERS):
        said = "there is none" if status is None else f"it is {status} for payment {other}"
        yield Violation(payment_id, f"the stored answer of its key is not its own: {said}")
    if evidence.journal is None:
        return
    for seen in evidence.journal.acknowledged:
        if len(seen.answers) > 1:
            yield Violation(
                seen.payment_id, f"{len(seen.answers)} different answers to one request"
            )
    for key, status in evidence.journal.reused.items():
        yield Violation(None, f"key {key} with another body was answered {status}, not 422")


def no_event_lost(evidence: Evidence) -> Iterator[Violation]:
    topic_of = {name: event.topic for name, event in evidence.catalog.events.items()}
    for event_id, payment_id, event_type, published, _ in evidence.events():
        sent = evidence.sent.get(event_id)
        topic = topic_of.get(event_type)
        if published and (sent is None or sent.topic != topic):
            yield Violation(payment_id, f"{event_type} {event_id} is published and not in {topic}")
    for topic, consumers in evidence.consumers_of.items():
        types = ", ".join(f"'{name}'" for name, its in topic_of.items() if its == topic)
        for consumer in consumers:
            for event_id, payment_id, event_type in evidence.rows(
                "SELECT JSON_ARRAY(o.event_id, o.aggregate_id, o.event_type) FROM outbox_event o"
                f" LEFT JOIN inbox_event i ON i.consumer = '{consumer}' AND i.event_id = o.event_id"
                f" WHERE o.event_type IN ({types}) AND o.published = 1 AND i.event_id IS NULL"
                f" AND o.event_id <= {evidence.mark.event_id}"
                f" AND o.created_at >= '{evidence.mark.since}'"
            ):
                detail = f"{event_type} {event_id} is published and not applied by {consumer}"
                yield Violation(payment_id, detail)


def no_ghost(evidence: Evidence) -> Iterator[Violation]:
    unknown = {id_ for id_ in evidence.sent if id_ <= evidence.mark.event_id}
    for event_id, payment_id, event_type, _, crc32 in evidence.events():
        unknown.discard(event_id)
        sent = evidence.sent.get(event_id)
        if sent is not None and (sent.key, sent.event_type, sent.crc32) != (
            str(payment_id).encode(),
            event_type.encode(),
            crc32,
        ):
            yield Violation(payment_id, f"{sent.place} is not event {event_id} as it was written")
    for event_id in sorted(unknown):
        ghost = evidence.sent[event_id]
        payment = int(ghost.key) if ghost.key is not None and ghost.key.isdigit() else None
        yield Violation(
            payment, f"{ghost.place} has event id {event_id}, which is not in the outbox"
        )
    for place in evidence.strangers:
        yield Violation(None, f"{place} is no event: it has no id")


LEGAL_STEPS = (
    ("AUTHORIZED", "CAPTURE_REQUESTED"),
    ("CAPTURE_REQUESTED", "CAPTURED"),
    ("CAPTURED", "REFUND_REQUESTED"),
    ("REFUND_REQUESTED", "REFUNDED"),
    ("REFUND_REQUESTED", "REFUND_REQUESTED"),
    ("REFUNDED", "REFUNDED"),
)
"""Of the events of a payment; a refund that is asked for again tells it again."""

_ILLEGAL_STEPS = """
SELECT JSON_ARRAY(aggregate_id, event_id, previous, status)
  FROM (SELECT aggregate_id, event_id, created_at, JSON_VALUE(payload, '$.status') AS status,
               LAG(JSON_VALUE(payload, '$.status'))
                 OVER (PARTITION BY aggregate_id ORDER BY event_id) AS previous
          FROM outbox_event WHERE event_id <= {event_id}) step
 WHERE (previous IS NOT NULL AND (previous, status) NOT IN ({legal}))
    OR (previous IS NULL AND status <> 'AUTHORIZED' AND EXISTS (
         SELECT 1 FROM payment p
          WHERE p.payment_id = aggregate_id AND p.requested_at >= '{since}'))
"""


def in_order(evidence: Evidence) -> Iterator[Violation]:
    legal = ", ".join(f"('{before}', '{after}')" for before, after in LEGAL_STEPS)
    mark = evidence.mark
    for payment_id, event_id, previous, status in evidence.rows(
        _ILLEGAL_STEPS.format(event_id=mark.event_id, since=mark.since, legal=legal)
    ):
        step = f"{previous or 'nothing'} -> {status}"
        yield Violation(payment_id, f"no legal step: {step} (event {event_id})")
    latest: dict[int, tuple[int, int]] = {}
    for event_id, payment_id, *_ in evidence.events():
        sent = evidence.sent.get(event_id)
        if sent is None:
            continue
        before_ms, before_id = latest.get(payment_id, (0, 0))
        if sent.at_ms < before_ms:
            yield Violation(payment_id, f"event {event_id} was sent before event {before_id}")
        latest[payment_id] = (sent.at_ms, event_id)


def one_letter_a_poison(evidence: Evidence) -> Iterator[Violation]:
    first: dict[object, str] = {}
    for letter in evidence.buried:
        if None in letter.origin:
            yield Violation(letter.payment_id, f"{letter.place} does not say where it was")
        elif (other := first.setdefault(letter.origin, letter.place)) != letter.place:
            topic, partition, offset = letter.origin
            record = f"{topic} {partition}@{offset}"
            yield Violation(letter.payment_id, f"{letter.place} and {other} are both of {record}")


def nothing_stuck(evidence: Evidence) -> Iterator[Violation]:
    late = f"'{evidence.mark.until}' - INTERVAL {evidence.stuck_s:g} SECOND"
    for payment_id, status, since in evidence.rows(
        "SELECT JSON_ARRAY(payment_id, status, updated_at) FROM payment"
        f" WHERE status IN ('CAPTURE_REQUESTED', 'REFUND_REQUESTED') AND updated_at < {late}"
    ):
        yield Violation(payment_id, f"is {status} since {since}")
    for payment_id, event_id, parked, reason in evidence.rows(
        "SELECT JSON_ARRAY(aggregate_id, event_id, parked, last_error)"
        " FROM outbox_event FORCE INDEX (ix_outbox_hot)"
        f" WHERE published = 0 AND (parked = 1 OR created_at < {late})"
    ):
        state = "is parked" if parked else "waits"
        yield Violation(payment_id, f"event {event_id} {state}: {reason or 'not published yet'}")


_LOGS = "paystack logs --tail 1000 | grep PAYMENT_ID"
_OUTBOX = "paystack outbox status"

_WORKERS = "paystack health workers"
_LETTERS = "paystack dlq inspect"

INVARIANTS: Sequence[Invariant] = (
    Invariant(
        1,
        "acknowledged",
        "what a client saw accepted exists",
        acknowledged_exists,
        _LOGS,
        needs_journal=True,
    ),
    Invariant(
        2, "ledger", "debits equal credits, as the payment says", debits_equal_credits, _LOGS
    ),
    Invariant(3, "pairs", "one capture entry, one refund entry", one_pair_each, _WORKERS),
    Invariant(
        4,
        "refunds",
        "no refund beyond its capture, each once",
        refunds_within_capture,
        _WORKERS,
        asks_network=True,
    ),
    Invariant(5, "idempotency", "one payment and one answer for a key", one_answer_a_key, _LOGS),
    Invariant(6, "delivered", "every event is in its topic and applied", no_event_lost, _OUTBOX),
    Invariant(7, "no-ghosts", "every record is an event of the outbox", no_ghost, _LOGS),
    Invariant(8, "order", "events in order, legal steps only", in_order, _LOGS),
    Invariant(
        9, "poison", "one letter of a dead record, with origin", one_letter_a_poison, _LETTERS
    ),
    Invariant(10, "drained", "nothing is stuck", nothing_stuck, _OUTBOX),
)
"""Numbered as the design numbers them."""
