"""Retention deletes what nobody can need, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from paycore import retention as retention_module
from paycore import topic_retention
from paycore.breaker import BreakerSettings, CircuitBreaker
from paycore.lifecycle import Stop
from paycore.retention import DELETES, Retention, RetentionSettings
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

from tests.support.outbox import OutboxEvent, new_payment_ids, write_outbox
from tests.support.paydb import paydb
from tests.support.ports import free_ports
from tests.support.services import service
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

OUTBOX_H, INBOX_H = 200, 400
"""The inbox outlives what Kafka keeps: 168 hours in a segment that is written for as long."""
CONSUMER = "retention-test"
PURGED_WITHIN_S = 10.0

OUTBOX_ROWS = {
    "published long ago": (True, {"published": 1, "published_at": OUTBOX_H + 1}),
    "published lately": (False, {"published": 1, "published_at": OUTBOX_H - 1}),
    "waiting for long": (False, {}),
    "parked for long": (False, {"parked": 1}),
    "taken back to be published again": (False, {"published_at": OUTBOX_H + 1}),
}
"""Whether a row goes, and how it differs from a new one; published_at in hours ago."""


@pytest.fixture
def connection(servers: StackUnderTest) -> "Iterator[Connection[DictCursor]]":
    """To the tables, which are empty before and after: a round deletes other tests' rows, too."""
    with servers.database() as opened, opened.cursor() as cursor:
        for table in DELETES:
            cursor.execute(f"DELETE FROM {table}")
        yield opened
        for table in DELETES:
            cursor.execute(f"DELETE FROM {table}")


def retention(servers: StackUnderTest, **replaced: Any) -> Retention:
    values = {
        "settings": RetentionSettings(OUTBOX_H, INBOX_H),
        "database": paydb(servers),
        "bootstrap": servers.bootstrap,
        "breaker": CircuitBreaker("test"),
        **replaced,
    }
    return Retention(**values)


def written(connection: "Connection[DictCursor]", **differs: int) -> int:
    """A new outbox row with some columns changed; its event id."""
    (payment_id,) = new_payment_ids(1)
    (event_id,) = write_outbox(connection, [OutboxEvent("PAYMENT_AUTHORIZED", payment_id)])
    ago = {"published_at": "UTC_TIMESTAMP(6) - INTERVAL %s HOUR"}
    with connection.cursor() as cursor:
        for column, value in differs.items():
            cursor.execute(
                f"UPDATE outbox_event SET {column} = {ago.get(column, '%s')} WHERE event_id = %s",
                (value, event_id),
            )
    return event_id


def applied(connection: "Connection[DictCursor]", event_ids: list[int], hours_ago: int) -> None:
    """The inbox rows of some events."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO inbox_event (consumer, event_id, received_at)"
            " VALUES (%s, %s, UTC_TIMESTAMP(6) - INTERVAL %s HOUR)",
            [(CONSUMER, event_id, hours_ago) for event_id in event_ids],
        )


def left(servers: StackUnderTest, table: str) -> set[int]:
    return {row["event_id"] for row in servers.rows(f"SELECT event_id FROM {table}")}


@pytest.mark.parametrize("name", OUTBOX_ROWS)
def test_only_rows_that_were_published_long_ago_leave_the_outbox(
    servers: StackUnderTest, connection: "Connection[DictCursor]", name: str
) -> None:
    goes, differs = OUTBOX_ROWS[name]
    event_id = written(connection, **differs)
    retention(servers).round(Stop())
    assert left(servers, "outbox_event") == (set() if goes else {event_id})


@pytest.mark.parametrize("name", OUTBOX_ROWS)
def test_an_inbox_row_stays_as_long_as_its_event_is_in_the_outbox(
    servers: StackUnderTest, connection: "Connection[DictCursor]", name: str
) -> None:
    goes, differs = OUTBOX_ROWS[name]
    event_id = written(connection, **differs)
    applied(connection, [event_id], INBOX_H + 1)
    retention(servers).round(Stop())
    assert left(servers, "inbox_event") == (set() if goes else {event_id})


def test_a_young_inbox_row_stays_when_its_event_has_left_the_outbox(
    servers: StackUnderTest, connection: "Connection[DictCursor]"
) -> None:
    old, young = new_payment_ids(2)
    applied(connection, [old], INBOX_H + 1)
    applied(connection, [young], INBOX_H - 1)
    retention(servers).round(Stop())
    assert left(servers, "inbox_event") == {young}


def test_inbox_rows_stay_while_kafka_keeps_records_for_longer(
    servers: StackUnderTest, connection: "Connection[DictCursor]"
) -> None:
    kept_h = int(topic_retention.topics_keep_h(servers.bootstrap))
    event_id = written(connection, published=1, published_at=2)
    (gone,) = new_payment_ids(1)
    applied(connection, [gone], kept_h + 1)
    too_short = retention(servers, settings=RetentionSettings(1, kept_h))
    too_short.round(Stop())
    assert f"records stay for up to {kept_h} hours" in (too_short.status.conflict or "")
    assert left(servers, "inbox_event") == {gone}
    assert event_id not in left(servers, "outbox_event")

    long_enough = retention(servers, settings=RetentionSettings(1, kept_h + 0.5))
    long_enough.round(Stop())
    assert long_enough.status.conflict is None
    assert left(servers, "inbox_event") == set()


def test_inbox_rows_stay_while_the_broker_does_not_answer(
    servers: StackUnderTest, connection: "Connection[DictCursor]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_retention, "ANSWER_MAX_S", 0.5)
    (gone,) = new_payment_ids(1)
    applied(connection, [gone], INBOX_H + 1)
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(KafkaException):
        retention(servers, bootstrap=nobody).round(Stop())
    open_breaker = CircuitBreaker("test", BreakerSettings(calls_min=1))
    open_breaker.record(open_breaker.acquire(), 0.0, failed=True)
    retention(servers, bootstrap=nobody, breaker=open_breaker).round(Stop())  # does not ask
    assert left(servers, "inbox_event") == {gone}


def test_many_rows_go_a_few_at_a_time(
    servers: StackUnderTest, connection: "Connection[DictCursor]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "PURGE_ROWS_MAX", 2)
    monkeypatch.setattr(retention_module, "PURGE_PAUSE_S", 0.0)
    for _ in range(5):
        written(connection, published=1, published_at=OUTBOX_H + 1)
    applied(connection, new_payment_ids(5), INBOX_H + 1)
    purging = retention(servers)
    purging.round(Stop())
    assert purging.status.purged == {"outbox_event": 5, "inbox_event": 5}
    assert left(servers, "outbox_event") == left(servers, "inbox_event") == set()


def test_of_two_relays_one_purges(
    servers: StackUnderTest, connection: "Connection[DictCursor]"
) -> None:
    event_id = written(connection, published=1, published_at=OUTBOX_H + 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK('paydb.paystack-retention', 0)")
        retention(servers).round(Stop())
        assert left(servers, "outbox_event") == {event_id}
        cursor.execute("SELECT RELEASE_LOCK('paydb.paystack-retention')")
    retention(servers).round(Stop())
    assert left(servers, "outbox_event") == set()


@pytest.mark.parametrize(
    ("table", "index"),
    [("outbox_event", "ix_outbox_published_at"), ("inbox_event", "ix_inbox_received_at")],
)
def test_a_statement_walks_the_index_of_age_and_never_the_table(
    connection: "Connection[DictCursor]", table: str, index: str
) -> None:
    for _ in range(50):
        written(connection, published=1, published_at=OUTBOX_H + 1)
    applied(connection, new_payment_ids(50), INBOX_H + 1)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {DELETES[table]}", (1, 10))
        (plan, *_) = cursor.fetchall()
    assert (plan["key"], plan["type"]) == (index, "range")


def test_the_relay_purges_beside_its_work_and_says_when_it_may_not(
    servers: StackUnderTest, connection: "Connection[DictCursor]", tmp_path: Path
) -> None:
    old = [written(connection, published=1, published_at=OUTBOX_H + 1) for _ in range(20)]
    new = written(connection)
    hours = {"OUTBOX_RETENTION_HOURS": str(OUTBOX_H), "INBOX_RETENTION_HOURS": str(OUTBOX_H + 1)}
    with service(servers, "outbox-relay", tmp_path, **hours) as relay:

        def component() -> dict[str, Any]:
            found: dict[str, Any] = relay.get("/actuator/health")["components"]["retention"]
            return found

        wait_for(lambda: component()["status"] == "DOWN", "a refusal", PURGED_WITHIN_S)
        assert "INBOX_RETENTION_HOURS is 201" in component()["details"]["error"]
        assert component()["details"]["purged"] == {"outbox_event": len(old), "inbox_event": 0}
        assert relay.get("/actuator/health/readiness")["status"] == "UP"
        published = "SELECT published FROM outbox_event WHERE event_id = %s"
        wait_for(
            lambda: servers.rows(published, (new,))[0]["published"], "published", PURGED_WITHIN_S
        )
        events = {line["event"] for line in relay.lines()}
    assert {"rows_purged", "inbox_retention_too_short"} <= events
    assert left(servers, "outbox_event") == {new}
