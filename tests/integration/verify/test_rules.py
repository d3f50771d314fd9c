"""Each invariant finds the harm that it is there for, and finds nothing in a world that is well."""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pymysql.cursors import Cursor

from paystack_cli.clients.database import Row
from paystack_cli.stack.catalog import load_catalog
from paystack_cli.verify.evidence import Buried, Call, Evidence, Origin, Sent, Watermark
from paystack_cli.verify.journal import Acknowledged, Journal
from paystack_cli.verify.rules import INVARIANTS
from paystack_cli.verify.settling import verify
from tests.support.stack import PROJECT, StackUnderTest

PAYMENT, OTHER = 7, 8
"""PAYMENT was captured and refunded; OTHER is what some harm invents."""
STEPS = (
    ("PAYMENT_AUTHORIZED", "AUTHORIZED"),
    ("PAYMENT_CAPTURE_REQUESTED", "CAPTURE_REQUESTED"),
    ("PAYMENT_CAPTURED", "CAPTURED"),
    ("PAYMENT_REFUND_REQUESTED", "REFUND_REQUESTED"),
    ("PAYMENT_REFUNDED", "REFUNDED"),
)
NOW, LATER = "2026-01-01 00:00:00", "2026-01-01 01:00:00"
CATALOG = load_catalog(PROJECT / "stack" / "schemas" / "catalog.json")
TABLES = (
    *("payment", "ledger_entry", "outbox_event", "inbox_event"),
    *("settlement_request", "refund_request", "idem_response_cache"),
)


class OfTransaction:
    """A Database within a transaction that is never kept."""

    def __init__(self, cursor: "Cursor") -> None:
        self._cursor = cursor

    def run(self, statements: Sequence[str], timeout_s: float) -> list[list[Row]]:
        return [self._one(statement) for statement in statements]

    def _one(self, statement: str) -> list[Row]:
        self._cursor.execute(statement)
        return [json.loads(next(iter(row.values()))) for row in self._cursor.fetchall()]  # type: ignore[attr-defined]


@pytest.fixture
def world(servers: StackUnderTest) -> Iterator[Evidence]:
    """One refunded payment as it must look everywhere."""
    with servers.database() as connection, connection.cursor() as cursor:
        connection.begin()
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
        sent = _fill(cursor)
        yield Evidence(
            database=OfTransaction(cursor),
            catalog=CATALOG,
            mark=Watermark(event_id=100, since="2025-12-25 00:00:00", until=LATER, since_ms=0),
            stuck_s=60,
            journal=Journal(
                [Acknowledged(PAYMENT, "M", "key", 500, "KRW", frozenset({"{}"}))], {PAYMENT}
            ),
            sent=sent,
            buried=[Buried("payment.dlq 0@0", PAYMENT, Origin("payment.captured", 1, 2))],
            calls=[Call(PAYMENT, "capture"), Call(PAYMENT, "refund")],
        )
        connection.rollback()


def _fill(cursor: "Cursor") -> dict[int, Sent]:
    cursor.execute(
        "INSERT INTO payment VALUES"
        f" ({PAYMENT}, 'M', 500, 'KRW', 'REFUNDED', 'key', 'A1', '{NOW}', '{NOW}')"
    )
    for kind, debit, credit in (
        ("CAPTURE", "merchant_receivable", "cash"),
        ("REFUND", "cash", "merchant_receivable"),
    ):
        cursor.execute(
            "INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account,"
            f" amount, currency, occurred_at, event_id) VALUES ({PAYMENT}, '{kind}', '{debit}',"
            f" '{credit}', 500, 'KRW', '{NOW}', 1)"
        )
    for table in ("settlement_request", "refund_request"):
        cursor.execute(
            f"INSERT INTO {table} (payment_id, status, requested_at)"
            f" VALUES ({PAYMENT}, 'SUCCESS', '{NOW}')"
        )
    cursor.execute(
        "INSERT INTO idem_response_cache VALUES ('M', 'key', REPEAT('x', 32), 200,"
        f" '{{\"paymentId\":{PAYMENT}}}', '{NOW}')"
    )
    sent = {}
    for event_id, (event_type, status) in enumerate(STEPS, start=1):
        payload = json.dumps({"paymentId": PAYMENT, "status": status})
        topic = CATALOG.events[event_type].topic
        cursor.execute(
            "INSERT INTO outbox_event (event_id, aggregate_id, event_type, payload, source,"
            f" published, created_at) VALUES ({event_id}, {PAYMENT}, '{event_type}',"
            f" '{payload}', 'test', 1, '{NOW}')"
        )
        for name, consumer in CATALOG.consumers.items():
            if topic in consumer.topics:
                cursor.execute(f"INSERT INTO inbox_event VALUES ('{name}', {event_id}, '{NOW}')")
        sent[event_id] = Sent(
            topic,
            1_000 + event_id,
            str(PAYMENT).encode(),
            event_type.encode(),
            zlib.crc32(payload.encode()),
            f"{topic} 0@{event_id}",
        )
    return sent


def violated(evidence: Evidence) -> set[tuple[int, int | None]]:
    return {
        (invariant.number, violation.payment_id)
        for invariant in INVARIANTS
        for violation in invariant.find(evidence)
    }


def test_a_world_that_is_well_breaks_no_rule(world: Evidence) -> None:
    assert violated(world) == set()
    assert {result.outcome for result in verify(lambda: world, 0)} == {"passed"}


Harm = Callable[[Evidence], Evidence]


def _sql(*statements: str) -> Harm:
    def harm(world: Evidence) -> Evidence:
        for statement in statements:
            world.database.run([statement], 1)
        return world

    return harm


def _seen(**changes: Any) -> Harm:
    def harm(world: Evidence) -> Evidence:
        assert world.journal is not None
        (seen,) = world.journal.acknowledged
        return replace(world, journal=Journal([replace(seen, **changes)], {PAYMENT}))

    return harm


def _sent(event_id: int, **changes: Any) -> Harm:
    return lambda world: replace(
        world, sent={**world.sent, event_id: world.sent[5]._replace(**changes)}
    )


def _but(**changes: Any) -> Harm:
    return lambda world: replace(world, **changes)


BURIED = Buried("payment.dlq 0@1", PAYMENT, Origin("payment.captured", 1, 2))

HARMS: dict[str, tuple[int, int | None, Harm]] = {
    "an acknowledged payment is gone": (1, OTHER, _seen(payment_id=OTHER)),
    "another amount was stored": (1, PAYMENT, _seen(amount=501)),
    "an accepted refund never came": (1, PAYMENT, _sql("UPDATE payment SET status = 'CAPTURED'")),
    "an entry has another amount": (
        2,
        PAYMENT,
        _sql("UPDATE ledger_entry SET amount = 499 WHERE entry_type = 'CAPTURE'"),
    ),
    "an entry is the wrong way round": (
        2,
        PAYMENT,
        _sql(
            "UPDATE ledger_entry SET debit_account = 'cash', credit_account = 'merchant_receivable'"
            " WHERE entry_type = 'CAPTURE'"
        ),
    ),
    "an entry has no payment": (
        2,
        OTHER,
        _sql(f"UPDATE ledger_entry SET payment_id = {OTHER} WHERE entry_type = 'REFUND'"),
    ),
    "the capture was not booked": (
        3,
        PAYMENT,
        _sql("DELETE FROM ledger_entry WHERE entry_type = 'CAPTURE'"),
    ),
    "a refund was booked that was none": (3, PAYMENT, _sql("UPDATE payment SET status='CAPTURED'")),
    "more was refunded than captured": (
        4,
        PAYMENT,
        _sql("UPDATE ledger_entry SET amount = 501 WHERE entry_type = 'REFUND'"),
    ),
    "a capture was never done": (4, PAYMENT, _sql("DELETE FROM settlement_request")),
    "the card was captured twice": (4, PAYMENT, _but(calls=[Call(PAYMENT, "capture")] * 2)),
    "the card was refunded for nothing": (4, OTHER, _but(calls=[Call(OTHER, "refund")])),
    "the stored answer is of another payment": (
        5,
        PAYMENT,
        _sql("UPDATE idem_response_cache SET response_body = '{\"paymentId\":8}'"),
    ),
    "there is no stored answer": (5, PAYMENT, _sql("DELETE FROM idem_response_cache")),
    "a repeat was answered otherwise": (5, PAYMENT, _seen(answers=frozenset({"1", "2"}))),
    "a key was good for two bodies": (5, None, _but(journal=Journal(reused={"key": 200}))),
    "an event never reached its topic": (6, PAYMENT, _but(sent={})),
    "an event went to another topic": (6, PAYMENT, _sent(5, topic="payment.captured")),
    "an event was never applied": (
        6,
        PAYMENT,
        _sql("DELETE FROM inbox_event WHERE consumer = 'consumer-worker' LIMIT 1"),
    ),
    "a record came from nowhere": (7, PAYMENT, _sent(99)),
    "a record says something else": (7, PAYMENT, _sent(5, crc32=1)),
    "a record has another key": (7, PAYMENT, _sent(5, key=b"8")),
    "a record has no id": (7, None, _but(strangers=["payment.captured 0@9"])),
    "a step was left out": (
        8,
        PAYMENT,
        _sql("DELETE FROM outbox_event WHERE event_type = 'PAYMENT_CAPTURED'"),
    ),
    "the beginning is missing": (
        8,
        PAYMENT,
        _sql("DELETE FROM outbox_event WHERE event_type = 'PAYMENT_AUTHORIZED'"),
    ),
    "an event overtook another": (8, PAYMENT, _sent(5, at_ms=1)),
    "a record died twice": (
        9,
        PAYMENT,
        _but(buried=[BURIED, replace(BURIED, place="payment.dlq 0@2")]),
    ),
    "a letter without an origin": (
        9,
        PAYMENT,
        _but(buried=[replace(BURIED, origin=Origin(None, 1, 2))]),
    ),
    "a payment is stuck": (10, PAYMENT, _sql("UPDATE payment SET status = 'REFUND_REQUESTED'")),
    "an event waits": (
        10,
        PAYMENT,
        _sql("UPDATE outbox_event SET published = 0 WHERE event_id = 5"),
    ),
    "an event is parked": (
        10,
        PAYMENT,
        _sql(
            f"UPDATE outbox_event SET published = 0, parked = 1, created_at = '{LATER}'"
            " WHERE event_id = 5"
        ),
    ),
}


@pytest.mark.parametrize(("invariant", "payment_id", "harm"), HARMS.values(), ids=HARMS)
def test_each_harm_is_found(
    world: Evidence, invariant: int, payment_id: int | None, harm: Harm
) -> None:
    assert (invariant, payment_id) in violated(harm(world))


def test_every_invariant_has_a_harm_that_shows_it() -> None:
    assert {number for number, _, _ in HARMS.values()} == {each.number for each in INVARIANTS}


NO_HARM: dict[str, Harm] = {
    "a record of an event after the watermark": _sent(101),
    "events that retention has removed, and their payment is older": _sql(
        "UPDATE payment SET requested_at = '2025-01-01'",
        "DELETE FROM outbox_event WHERE event_id < 5",
        "UPDATE outbox_event SET created_at = '2025-12-31' WHERE event_id = 5",
    ),
    "a step that has not been under way for long": _sql(
        f"UPDATE payment SET status = 'REFUND_REQUESTED', updated_at = '{LATER}'",
        "DELETE FROM ledger_entry WHERE entry_type = 'REFUND'",
        "DELETE FROM refund_request",
        "DELETE FROM outbox_event WHERE event_id = 5",
        "DELETE FROM inbox_event WHERE event_id = 5",
    ),
}


@pytest.mark.parametrize("do", NO_HARM.values(), ids=NO_HARM)
def test_what_is_no_harm_is_not_found(world: Evidence, do: Harm) -> None:
    changed = do(world)
    quiet = replace(changed, calls=None, sent={k: v for k, v in changed.sent.items() if k > 5})
    known = {id_: sent for id_, sent in world.sent.items() if _is_there(world, id_)}
    assert violated(replace(quiet, sent={**known, **quiet.sent})) == set()


def _is_there(world: Evidence, event_id: int) -> bool:
    return bool(world.rows(f"SELECT JSON_ARRAY(1) FROM outbox_event WHERE event_id = {event_id}"))


def test_what_was_only_under_way_is_no_violation(
    world: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paystack_cli.verify.settling.PAUSE_S", 0.0)
    looks = iter([replace(world, sent={}), world])
    assert {result.outcome for result in verify(lambda: next(looks), 60)} == {"passed"}


def test_violations_are_told_with_their_payments(world: Evidence) -> None:
    results = {each.name: each for each in verify(lambda: replace(world, sent={}), 0)}
    lost = results["6-delivered"]
    assert (lost.outcome, lost.facts["violations"]) == ("failed", len(STEPS))
    assert lost.facts["payments"] == [PAYMENT]
    assert lost.details[0].startswith(f"payment {PAYMENT}: PAYMENT_AUTHORIZED 1 is published")


def test_without_a_journal_the_first_is_not_proven(world: Evidence) -> None:
    first, *others = verify(lambda: replace(world, journal=None), 0)
    assert first.outcome == "not_run"
    assert {result.outcome for result in others} == {"passed"}


def test_a_call_log_that_was_not_asked_is_said(world: Evidence) -> None:
    results = {each.name: each for each in verify(lambda: replace(world, calls=None), 0)}
    assert results["4-refunds"].outcome == "passed"
    assert "was not asked" in results["4-refunds"].summary
