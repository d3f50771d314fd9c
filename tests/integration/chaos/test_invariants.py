"""Each rule finds the harm that it is there for, and finds nothing in a world that is well."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.evidence import Evidence, Movement, catalog_maps
from tests.chaos.invariants import Harm, violations
from tests.chaos.journal import Acknowledged, JournalRead
from tests.support.stack import StackUnderTest
from tests.support.topics import Record

PAYMENT, OTHER = 7, 8
"""PAYMENT was captured and refunded; OTHER is what some harm invents."""
STEPS = (
    ("PAYMENT_AUTHORIZED", "AUTHORIZED"),
    ("PAYMENT_CAPTURE_REQUESTED", "CAPTURE_REQUESTED"),
    ("PAYMENT_CAPTURED", "CAPTURED"),
    ("PAYMENT_REFUND_REQUESTED", "REFUND_REQUESTED"),
    ("PAYMENT_REFUNDED", "REFUNDED"),
)
NOW = "2026-01-01 00:00:00"


@pytest.fixture
def world(servers: StackUnderTest) -> Iterator[Evidence]:
    """One refunded payment as it must look everywhere; its transaction is never kept."""
    topic_of, consumers_of = catalog_maps(servers.catalog)
    with servers.database() as connection, connection.cursor() as cursor:
        connection.begin()
        records = []

        def rows(sql: str) -> list[dict[str, Any]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        for table in ("payment", "ledger_entry", "outbox_event", "inbox_event"):
            rows(f"DELETE FROM {table}")
        rows(
            "INSERT INTO payment VALUES"
            f" ({PAYMENT}, 'M', 500, 'KRW', 'REFUNDED', 'key', 'A1', '{NOW}', '{NOW}')"
        )
        for entry_type, debit, credit in (
            ("CAPTURE", "merchant_receivable", "cash"),
            ("REFUND", "cash", "merchant_receivable"),
        ):
            rows(
                "INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account,"
                f" amount, currency, occurred_at, event_id) VALUES ({PAYMENT}, '{entry_type}',"
                f" '{debit}', '{credit}', 500, 'KRW', '{NOW}', 1)"
            )
        for event_id, (event_type, status) in enumerate(STEPS, start=1):
            payload = json.dumps({"paymentId": PAYMENT, "status": status})
            topic = topic_of[event_type]
            rows(
                "INSERT INTO outbox_event (event_id, aggregate_id, event_type, payload, source,"
                f" published, created_at) VALUES ({event_id}, {PAYMENT}, '{event_type}',"
                f" '{payload}', 'test', 1, '{NOW}')"
            )
            for consumer in consumers_of.get(topic, ()):
                rows(f"INSERT INTO inbox_event VALUES ('{consumer}', {event_id}, '{NOW}')")
            records.append(_record(topic, event_id, event_type, payload))
        yield Evidence(
            rows=rows,
            records=records,
            movements=[
                Movement("authorize", None, "M", 500, "KRW"),
                Movement("capture", PAYMENT, None, 500, "KRW"),
                Movement("refund", PAYMENT, None, 500, "KRW"),
            ],
            journal=JournalRead(
                acknowledged={PAYMENT: Acknowledged("key", "M", 500, "KRW", PAYMENT, ("{}",))},
                refunded={PAYMENT},
            ),
            topic_of=topic_of,
            consumers_of=consumers_of,
        )
        connection.rollback()


def _record(topic: str, event_id: int, event_type: str, payload: str) -> Record:
    return Record(
        topic=topic,
        partition=0,
        offset=event_id,
        key=str(PAYMENT).encode(),
        value=payload.encode(),
        headers=(("ce_id", str(event_id).encode()), ("ce_type", event_type.encode())),
        timestamp_ms=1_000 + event_id,
    )


def test_a_world_that_is_well_breaks_no_rule(world: Evidence) -> None:
    assert violations(world) == []


def _sql(statement: str) -> Callable[[Evidence], Evidence]:
    def harm(world: Evidence) -> Evidence:
        world.rows(statement)
        return world

    return harm


def _acknowledged(**changes: Any) -> Callable[[Evidence], Evidence]:
    def harm(world: Evidence) -> Evidence:
        seen = replace(world.journal.acknowledged[PAYMENT], **changes)
        journal = replace(world.journal, acknowledged={seen.payment_id: seen})
        return replace(world, journal=journal)

    return harm


def _journal(**changes: Any) -> Callable[[Evidence], Evidence]:
    return lambda world: replace(world, journal=replace(world.journal, **changes))


def _moved_again(operation: str) -> Callable[[Evidence], Evidence]:
    def harm(world: Evidence) -> Evidence:
        again = [m for m in world.movements if m.operation == operation]
        return replace(world, movements=[*world.movements, *again])

    return harm


def _without_last_record(world: Evidence) -> Evidence:
    return replace(world, records=world.records[:-1])


def _with_record(**changes: Any) -> Callable[[Evidence], Evidence]:
    return lambda world: replace(
        world, records=[*world.records, replace(world.records[-1], **changes)]
    )


def _overtaken(world: Evidence) -> Evidence:
    first, *others = world.records
    return replace(world, records=[replace(first, timestamp_ms=2_000), *others])


HARMS = {
    "an acknowledged payment is gone": (1, OTHER, Harm.LOST, _acknowledged(payment_id=OTHER)),
    "another amount was stored": (1, PAYMENT, Harm.WRONG, _acknowledged(amount=501)),
    "an entry has another amount": (
        2,
        PAYMENT,
        Harm.WRONG,
        _sql("UPDATE ledger_entry SET amount = 499 WHERE entry_type = 'CAPTURE'"),
    ),
    "an entry is the wrong way round": (
        2,
        PAYMENT,
        Harm.WRONG,
        _sql(
            "UPDATE ledger_entry SET debit_account = 'cash', credit_account = 'merchant_receivable'"
            " WHERE entry_type = 'CAPTURE'"
        ),
    ),
    "an entry has no payment": (
        2,
        OTHER,
        Harm.WRONG,
        _sql(f"UPDATE ledger_entry SET payment_id = {OTHER} WHERE entry_type = 'REFUND'"),
    ),
    "the capture was not booked": (
        3,
        PAYMENT,
        Harm.LOST,
        _sql("DELETE FROM ledger_entry WHERE entry_type = 'CAPTURE'"),
    ),
    "a refund was booked that was none": (
        3,
        PAYMENT,
        Harm.DUPLICATED,
        _sql("UPDATE payment SET status = 'CAPTURED'"),
    ),
    "the card was charged twice": (4, PAYMENT, Harm.DUPLICATED, _moved_again("authorize")),
    "the card was charged for nothing": (
        4,
        None,
        Harm.DUPLICATED,
        lambda world: replace(
            world, movements=[*world.movements, Movement("authorize", None, "M", 9, "KRW")]
        ),
    ),
    "the card was captured twice": (4, PAYMENT, Harm.DUPLICATED, _moved_again("capture")),
    "the card was refunded twice": (4, PAYMENT, Harm.DUPLICATED, _moved_again("refund")),
    "the card was never captured": (
        4,
        PAYMENT,
        Harm.LOST,
        lambda world: replace(
            world, movements=[m for m in world.movements if m.operation != "capture"]
        ),
    ),
    "an accepted refund never came": (
        4,
        PAYMENT,
        Harm.LOST,
        _sql("UPDATE payment SET status = 'CAPTURED'"),
    ),
    "a repeat was answered otherwise": (5, PAYMENT, Harm.WRONG, _acknowledged(answers=("1", "2"))),
    "a key was good for two amounts": (5, None, Harm.WRONG, _journal(reuse_accepted={"key": 200})),
    "an event never reached its topic": (6, PAYMENT, Harm.LOST, _without_last_record),
    "an event was never applied": (
        6,
        PAYMENT,
        Harm.LOST,
        _sql("DELETE FROM inbox_event WHERE consumer = 'consumer-worker' LIMIT 1"),
    ),
    "a record came from nowhere": (
        7,
        PAYMENT,
        Harm.WRONG,
        _with_record(headers=(("ce_id", b"99"), ("ce_type", b"PAYMENT_REFUNDED"))),
    ),
    "a record says something else": (7, PAYMENT, Harm.WRONG, _with_record(value=b"{}")),
    "a step was left out": (
        8,
        PAYMENT,
        Harm.WRONG,
        _sql("DELETE FROM outbox_event WHERE event_type = 'PAYMENT_CAPTURED'"),
    ),
    "the status is not that of the last event": (
        8,
        PAYMENT,
        Harm.WRONG,
        _sql("UPDATE payment SET status = 'REFUND_REQUESTED'"),
    ),
    "an event overtook another": (8, PAYMENT, Harm.WRONG, _overtaken),
    "a payment is stuck": (
        10,
        PAYMENT,
        Harm.LOST,
        _sql("UPDATE payment SET status = 'REFUND_REQUESTED'"),
    ),
    "an event stays unpublished": (
        10,
        PAYMENT,
        Harm.LOST,
        _sql("UPDATE outbox_event SET published = 0, parked = 1 WHERE event_id = 5"),
    ),
}


@pytest.mark.parametrize(("invariant", "payment_id", "harm", "do"), HARMS.values(), ids=HARMS)
def test_each_harm_is_found(
    world: Evidence,
    invariant: int,
    payment_id: int | None,
    harm: Harm,
    do: Callable[[Evidence], Evidence],
) -> None:
    found = violations(do(world))
    assert (invariant, payment_id, harm) in {(v.invariant, v.payment_id, v.harm) for v in found}
