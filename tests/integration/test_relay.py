"""The relay as a service, against a real MariaDB and Kafka."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.outbox import OutboxEvent, new_payment_ids, write_outbox
from tests.support.ports import free_ports
from tests.support.services import Service, service
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics
from tests.support.waiting import wait_for

DRAINED_WITHIN_S = 20.0
TOOK_OVER_WITHIN_S = 5.0
LONGER_THAN_A_SLOW_CALL_S = 3


@pytest.fixture
def relay(servers: StackUnderTest, tmp_path: Path) -> Iterator[Service]:
    with service(servers, "outbox-relay", tmp_path, BREAKER_OPEN_MS="1000") as running:
        yield running


def rows_of(servers: StackUnderTest, payment_ids: list[int]) -> list[dict[str, Any]]:
    """The outbox rows of some payments, oldest first."""
    marks = ",".join(["%s"] * len(payment_ids))
    return servers.rows(
        f"SELECT * FROM outbox_event WHERE aggregate_id IN ({marks}) ORDER BY event_id",
        tuple(payment_ids),
    )


def wait_published(servers: StackUnderTest, payment_ids: list[int]) -> None:
    def look() -> bool:
        return all(row["published"] for row in rows_of(servers, payment_ids))

    wait_for(look, "every row published", DRAINED_WITHIN_S)


def records_of(servers: StackUnderTest, payment_ids: list[int]) -> list[Record]:
    """The records of some payments in all event topics."""
    keys = {str(payment_id).encode() for payment_id in payment_ids}
    return [r for r in read_topics(servers.bootstrap, servers.event_topics) if r.key in keys]


def event_ids(records: list[Record]) -> list[int]:
    return sorted(int(record.header("ce_id") or 0) for record in records)


LIFE = [
    "PAYMENT_AUTHORIZED",
    "PAYMENT_CAPTURE_REQUESTED",
    "PAYMENT_CAPTURED",
    "PAYMENT_REFUND_REQUESTED",
    "PAYMENT_REFUNDED",
]


def test_every_row_arrives_once_as_its_event(servers: StackUnderTest, relay: Service) -> None:
    payments = new_payment_ids(40)
    with servers.database() as connection:
        written = write_outbox(connection, [OutboxEvent(t, p) for p in payments for t in LIFE])
    wait_published(servers, payments)
    records = records_of(servers, payments)
    assert event_ids(records) == written
    for row, record in zip(
        rows_of(servers, payments),
        sorted(records, key=lambda r: int(r.header("ce_id") or 0)),
        strict=True,
    ):
        assert record.topic == servers.catalog["events"][row["event_type"]]["topic"]
        assert record.key == str(row["aggregate_id"]).encode()
        assert record.value == row["payload"].encode()
        assert {name: value for name, value in record.headers if name != "ce_time"} == {
            "ce_id": str(row["event_id"]).encode(),
            "ce_type": row["event_type"].encode(),
            "ce_source": b"tests",
            "ce_specversion": b"1.0",
            "content-type": b"application/json",
            "traceparent": row["traceparent"].encode(),
            "x-request-id": row["request_id"].encode(),
        }
        assert row["published_at"] >= row["created_at"]


def test_an_event_leaves_only_after_the_one_before_it_arrived(
    servers: StackUnderTest, relay: Service
) -> None:
    payments = new_payment_ids(20)
    with servers.database() as connection:
        write_outbox(connection, [OutboxEvent(t, p) for t in LIFE for p in payments])
    wait_published(servers, payments)
    records = sorted(records_of(servers, payments), key=lambda r: r.timestamp_ms)
    for payment_id in payments:
        of_payment = [r.header("ce_type") for r in records if r.key == str(payment_id).encode()]
        assert of_payment == [t.encode() for t in LIFE]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lambda p: OutboxEvent("PAYMENT_TELEPORTED", p, "{}"), "UnknownEventType"),
        (lambda p: OutboxEvent("PAYMENT_CAPTURED", p, '{"paymentId": 1}'), "SchemaBreach"),
    ],
)
def test_a_row_that_can_never_leave_is_parked_and_holds_back_its_payment_alone(
    servers: StackUnderTest, relay: Service, event: Any, reason: str
) -> None:
    held, free = new_payment_ids(2)
    first, second = LIFE[:2]
    with servers.database() as connection:
        write_outbox(connection, [OutboxEvent(first, held), event(held), OutboxEvent(second, held)])
        write_outbox(connection, [OutboxEvent(first, free)])
        wait_published(servers, [free])
        wait_for(lambda: len(parked(servers, held)) == 2, "two parked rows", DRAINED_WITHIN_S)
        write_outbox(connection, [OutboxEvent(LIFE[3], held)])
        wait_for(lambda: len(parked(servers, held)) == 3, "three parked rows", DRAINED_WITHIN_S)
        bad, *behind = parked(servers, held)
        assert reason in bad["last_error"]
        assert bad["attempts"] == 1
        assert {row["last_error"] for row in behind} == {
            f"waits behind parked event {bad['event_id']}"
        }
        with connection.cursor() as cursor:  # the operator's repair
            cursor.execute(
                "UPDATE outbox_event SET event_type = %s, payload = %s WHERE event_id = %s",
                (first, rows_of(servers, [free])[0]["payload"], bad["event_id"]),
            )
            cursor.execute("UPDATE outbox_event SET parked = 0 WHERE aggregate_id = %s", (held,))
    wait_published(servers, [held])
    assert event_ids(records_of(servers, [held])) == [
        row["event_id"] for row in rows_of(servers, [held])
    ]


def parked(servers: StackUnderTest, payment_id: int) -> list[dict[str, Any]]:
    return [row for row in rows_of(servers, [payment_id]) if row["parked"]]


def test_two_relays_share_and_one_takes_over_when_the_other_is_killed(
    servers: StackUnderTest, relay: Service, tmp_path: Path
) -> None:
    def slices(of: Service) -> list[int]:
        owned: list[int] = of.get("/actuator/health")["components"]["relay"]["details"]["slices"]
        return owned

    port, wake_port = map(str, free_ports(2))
    with service(
        servers,
        "outbox-relay",
        tmp_path,
        SERVER_PORT=port,
        OUTBOX_WAKE=f"127.0.0.1:{wake_port}",
    ) as other:
        wait_for(
            lambda: len(slices(relay)) == len(slices(other)) == 4,
            "four slices each",
            TOOK_OVER_WITHIN_S,
        )
        assert sorted(slices(relay) + slices(other)) == list(range(8))
        payments = new_payment_ids(200)
        with servers.database() as connection:
            written = write_outbox(connection, [OutboxEvent(LIFE[0], p) for p in payments])
        wait_published(servers, payments)
        assert event_ids(records_of(servers, payments)) == written
        other.kill()
        wait_for(lambda: len(slices(relay)) == 8, "all slices taken over", TOOK_OVER_WITHIN_S)


def test_it_goes_on_after_it_lost_its_connection(servers: StackUnderTest, relay: Service) -> None:
    connections = servers.rows("SELECT IS_USED_LOCK('paydb.paystack-relay-slice-0') AS id")
    with servers.database() as connection, connection.cursor() as cursor:
        cursor.execute(f"KILL CONNECTION {connections[0]['id']}")
        payments = new_payment_ids(8)
        written = write_outbox(connection, [OutboxEvent(LIFE[0], p) for p in payments])
    wait_published(servers, payments)
    assert event_ids(records_of(servers, payments)) == written
    assert '"event":"database_lost"' in relay.log.read_text("utf-8")


def test_while_the_broker_is_stuck_the_breaker_opens_and_no_row_is_blamed(
    servers: StackUnderTest, relay: Service
) -> None:
    def breaker() -> dict[str, Any]:
        return relay.get("/circuit-breaker/kafka-publisher")

    broker = servers.pid("kafka")
    payments = new_payment_ids(20)
    os.kill(broker, signal.SIGSTOP)
    try:
        with servers.database() as connection:
            written = write_outbox(connection, [OutboxEvent(LIFE[0], p) for p in payments])
        wait_for(lambda: breaker()["state"] == "OPEN", "an open breaker", DRAINED_WITHIN_S)
        assert broker_connections(relay, servers) == 0
        wait_for(
            lambda: breaker()["numberOfNotPermittedCalls"] > 0, "refused calls", DRAINED_WITHIN_S
        )
        health = relay.get("/actuator/health")
        assert health["status"] == "UP"
    finally:
        os.kill(broker, signal.SIGCONT)
    wait_published(servers, payments)
    wait_for(lambda: breaker()["state"] == "CLOSED", "a closed breaker", DRAINED_WITHIN_S)
    assert {row["attempts"] for row in rows_of(servers, payments)} == {0}
    assert set(event_ids(records_of(servers, payments))) == set(written)


def broker_connections(relay: Service, servers: StackUnderTest) -> int:
    """How many connections the relay has to Kafka, asked of the kernel."""
    return sum(
        1
        for connection in psutil.Process(relay.process.pid).net_connections("tcp")
        if connection.raddr and connection.raddr.port == servers.port("kafka")
    )


def test_a_database_that_stalls_is_not_held_against_the_broker(
    servers: StackUnderTest, relay: Service
) -> None:
    payments = new_payment_ids(20)

    def stalled() -> list[dict[str, Any]]:
        return servers.rows(
            "SELECT id FROM information_schema.processlist"
            " WHERE info LIKE 'UPDATE outbox_event%%' AND time >= %s",
            (LONGER_THAN_A_SLOW_CALL_S,),
        )

    relay.process.send_signal(signal.SIGSTOP)
    with servers.database() as connection, connection.cursor() as cursor:
        write_outbox(connection, [OutboxEvent(t, p) for p in payments for t in LIFE])
        cursor.execute("LOCK TABLES outbox_event READ")
        relay.process.send_signal(signal.SIGCONT)
        wait_for(stalled, "the relay waiting for its database", DRAINED_WITHIN_S)
        cursor.execute("UNLOCK TABLES")
    wait_published(servers, payments)
    assert relay.get("/circuit-breaker/kafka-publisher")["numberOfSlowCalls"] == 0
    assert [line for line in relay.lines() if line["event"] == "breaker_changed"] == []


def test_it_stops_in_time_with_everything_marked(servers: StackUnderTest, relay: Service) -> None:
    payments = new_payment_ids(2_000)
    with servers.database() as connection:
        write_outbox(connection, [OutboxEvent(t, p) for p in payments for t in LIFE[:2]])
    wait_for(
        lambda: any(row["published"] for row in rows_of(servers, payments[:50])),
        "the first rows published",
        DRAINED_WITHIN_S,
    )
    assert relay.stop() == 0
    marked = [row["event_id"] for row in rows_of(servers, payments) if row["published"]]
    assert set(event_ids(records_of(servers, payments))) == set(marked)
