"""settlement-worker and refund-worker as services, with the card network's simulator."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.inbox import wait_applied
from tests.support.outbox import TRACEPARENT, new_payment_ids, write_payments
from tests.support.produce import event_record, put
from tests.support.services import Service, service
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics
from tests.support.waiting import wait_for

WITHIN_S = 20.0


@dataclass
class Network:
    """The simulated card network."""

    service: Service

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"

    def behave(self, **behaviour: object) -> None:
        httpx.patch(f"{self.url}/pg/behaviour", json=behaviour).raise_for_status()

    def calls(self, payment_id: int) -> list[dict[str, Any]]:
        """What the network was asked about a payment."""
        found: list[dict[str, Any]] = httpx.get(
            f"{self.url}/pg/calls", params={"paymentId": payment_id}
        ).json()["calls"]
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("card-workers")


@pytest.fixture(scope="module")
def simulator(servers: StackUnderTest, folder: Path) -> Iterator[Service]:
    with service(servers, "pg-simulator", folder) as running:
        yield running


@pytest.fixture
def network(simulator: Service) -> Iterator[Network]:
    """Well-behaved again after each test."""
    network = Network(simulator)
    yield network
    httpx.delete(f"{network.url}/pg/behaviour").raise_for_status()


@pytest.fixture(scope="module")
def settlement(servers: StackUnderTest, simulator: Service, folder: Path) -> Iterator[Service]:
    with card_worker(servers, "settlement-worker", simulator, folder) as running:
        yield running


@pytest.fixture(scope="module")
def refunds(servers: StackUnderTest, simulator: Service, folder: Path) -> Iterator[Service]:
    with card_worker(servers, "refund-worker", simulator, folder) as running:
        yield running


def card_worker(
    servers: StackUnderTest, name: str, simulator: Service, folder: Path
) -> AbstractContextManager[Service]:
    settings = {"CARD_NETWORK_URL": Network(simulator).url, "BREAKER_OPEN_MS": "500"}
    return service(servers, name, folder, **settings)


def payments_with(servers: StackUnderTest, status: str, count: int = 1) -> list[int]:
    payment_ids = new_payment_ids(count)
    with servers.database() as connection:
        write_payments(connection, payment_ids, status)
    return payment_ids


def status_of(servers: StackUnderTest, payment_id: int) -> str:
    (row,) = servers.rows("SELECT status FROM payment WHERE payment_id = %s", (payment_id,))
    return str(row["status"])


def wait_status(servers: StackUnderTest, payment_id: int, status: str) -> None:
    wait_for(
        lambda: status_of(servers, payment_id) == status,
        f"payment {payment_id} {status}",
        WITHIN_S,
    )


def request_of(servers: StackUnderTest, table: str, payment_id: int) -> dict[str, Any]:
    (row,) = servers.rows(f"SELECT * FROM {table} WHERE payment_id = %s", (payment_id,))
    return row


def announced(servers: StackUnderTest, *payment_ids: int) -> list[dict[str, Any]]:
    marks = ",".join(["%s"] * len(payment_ids))
    return servers.rows(
        f"SELECT * FROM outbox_event WHERE aggregate_id IN ({marks}) ORDER BY event_id",
        payment_ids,
    )


def dead_letters(servers: StackUnderTest, *payment_ids: int) -> list[Record]:
    """settlement-worker's dead letters of some payments."""
    keys = {str(payment_id).encode() for payment_id in payment_ids}
    return [r for r in read_topics(servers.bootstrap, ["settlement.dlq"]) if r.key in keys]


def new_event_ids(servers: StackUnderTest, count: int) -> list[int]:
    """Event ids as the outbox would give them, used by nobody else."""
    with servers.database() as connection, connection.cursor() as cursor:
        ids = []
        for _ in range(count):
            cursor.execute(
                "INSERT INTO outbox_event (aggregate_id, event_type, payload, source, published,"
                " created_at) VALUES (0, 'TEST', '{}', 'tests', 1, UTC_TIMESTAMP(6))"
            )
            ids.append(cursor.lastrowid)
    return ids


def in_hand(worker: Service) -> int:
    count: int = worker.get("/actuator/health")["components"]["work"]["details"]["inHand"]
    return count


def test_a_payment_is_captured_and_announced(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    (payment,) = payments_with(servers, "CAPTURE_REQUESTED")
    (event,) = new_event_ids(servers, 1)
    put(servers, [event_record(servers, event, "PAYMENT_CAPTURE_REQUESTED", payment)])
    wait_status(servers, payment, "CAPTURED")
    request = request_of(servers, "settlement_request", payment)
    assert request["status"] == "SUCCESS"
    assert request["transaction_id"]
    (row,) = announced(servers, payment)
    assert row["event_type"] == "PAYMENT_CAPTURED"
    assert row["source"] == "settlement-worker"
    assert request["transaction_id"] in row["payload"]
    assert row["request_id"] == f"req-{payment}"
    assert row["traceparent"][:35] == TRACEPARENT[:35]
    (call,) = network.calls(payment)
    assert call["idempotencyKey"] == f"capture-{payment}"

    def line() -> list[dict[str, Any]]:
        return [entry for entry in settlement.lines() if entry.get("payment_id") == payment]

    (applied,) = wait_for(line, "its log line", WITHIN_S)
    assert applied["trace_id"] == TRACEPARENT[3:35]
    assert applied["request_id"] == f"req-{payment}"


def test_an_event_that_comes_twice_is_applied_once(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    (payment,) = payments_with(servers, "CAPTURE_REQUESTED")
    (event, after) = new_event_ids(servers, 2)
    record = event_record(servers, event, "PAYMENT_CAPTURE_REQUESTED", payment)
    put(servers, [record, record, record])
    (other,) = payments_with(servers, "CAPTURE_REQUESTED")
    put(servers, [event_record(servers, after, "PAYMENT_CAPTURE_REQUESTED", other)])
    wait_applied(servers, "settlement-worker", [event, after])
    assert len(announced(servers, payment)) == 1
    assert len(network.calls(payment)) == 1


def test_a_refund_asked_for_twice_is_made_once_and_announced_twice(
    servers: StackUnderTest, network: Network, refunds: Service
) -> None:
    (payment,) = payments_with(servers, "REFUND_REQUESTED")
    events = new_event_ids(servers, 2)
    put(
        servers,
        [event_record(servers, event, "PAYMENT_REFUND_REQUESTED", payment) for event in events],
    )
    wait_applied(servers, "refund-worker", events)
    assert status_of(servers, payment) == "REFUNDED"
    assert len(network.calls(payment)) == 1
    rows = announced(servers, payment)
    assert [row["event_type"] for row in rows] == ["PAYMENT_REFUNDED"] * 2
    assert len({row["event_id"] for row in rows}) == 2


def test_a_payment_that_the_network_refuses_is_a_result_and_no_dead_letter(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    network.behave(declineRate=1.0)
    (payment,) = payments_with(servers, "CAPTURE_REQUESTED")
    (event,) = new_event_ids(servers, 1)
    put(servers, [event_record(servers, event, "PAYMENT_CAPTURE_REQUESTED", payment)])
    wait_status(servers, payment, "CAPTURE_FAILED")
    assert request_of(servers, "settlement_request", payment)["status"] == "FAILED"
    assert announced(servers, payment) == []
    assert dead_letters(servers, payment) == []


def test_an_outage_of_the_network_costs_time_and_nothing_else(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    network.behave(outage=True)
    payments = payments_with(servers, "CAPTURE_REQUESTED", 60)
    events = new_event_ids(servers, len(payments))
    put(
        servers,
        [
            event_record(servers, event, "PAYMENT_CAPTURE_REQUESTED", payment)
            for event, payment in zip(events, payments, strict=True)
        ],
    )

    def breaker() -> dict[str, Any]:
        return settlement.get("/circuit-breaker/card-network")

    wait_for(lambda: breaker()["state"] == "OPEN", "an open breaker", WITHIN_S)
    assert settlement.get("/actuator/health")["status"] == "UP"
    network.behave(outage=False)
    wait_applied(servers, "settlement-worker", events)
    assert {status_of(servers, payment) for payment in payments} == {"CAPTURED"}
    assert dead_letters(servers, *payments) == []


def test_what_the_network_answers_slowly_keeps_no_other_key_waiting(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    network.behave(latencyMs=1_900)
    slow, quick = payments_with(servers, "CAPTURE_REQUESTED", 2)
    first, second = new_event_ids(servers, 2)
    put(servers, [event_record(servers, first, "PAYMENT_CAPTURE_REQUESTED", slow)])
    wait_for(lambda: in_hand(settlement) == 1, "the slow call under way", WITHIN_S)
    network.behave(latencyMs=0)
    put(servers, [event_record(servers, second, "PAYMENT_CAPTURE_REQUESTED", quick)])
    wait_status(servers, quick, "CAPTURED")
    assert status_of(servers, slow) == "CAPTURE_REQUESTED"
    wait_status(servers, slow, "CAPTURED")


def test_one_event_that_cannot_be_applied_fails_none_of_its_batch(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    payments = payments_with(servers, "CAPTURE_REQUESTED", 10)
    (unknown,) = new_payment_ids(1)
    (refunded,) = payments_with(servers, "REFUNDED")
    everyone = [*payments[:5], unknown, refunded, *payments[5:]]
    events = dict(zip(everyone, new_event_ids(servers, len(everyone)), strict=True))
    put(
        servers,
        [
            event_record(servers, events[payment], "PAYMENT_CAPTURE_REQUESTED", payment)
            for payment in everyone
        ],
    )
    for payment in payments:
        wait_status(servers, payment, "CAPTURED")
    for payment, reason in ((unknown, b"not in paydb"), (refunded, b"cannot become CAPTURED")):
        (letter,) = wait_for(
            lambda payment=payment: dead_letters(servers, payment),
            f"the dead letter of {payment}",
            WITHIN_S,
        )
        assert reason in (letter.header("kafka_dlt-exception-message") or b"")
        assert letter.header("kafka_dlt-exception-fqcn") == b"paycore.handler.PermanentFailure"


def test_killed_in_the_middle_it_starts_again_and_captures_each_payment_once(
    servers: StackUnderTest, network: Network, settlement: Service
) -> None:
    payments = payments_with(servers, "CAPTURE_REQUESTED", 300)
    events = new_event_ids(servers, len(payments))
    network.behave(latencyMs=20)
    put(
        servers,
        [
            event_record(servers, event, "PAYMENT_CAPTURE_REQUESTED", payment)
            for event, payment in zip(events, payments, strict=True)
        ],
    )
    wait_for(
        lambda: any(status_of(servers, p) == "CAPTURED" for p in payments[::50]),
        "the first captures",
        WITHIN_S,
        0.01,
    )
    settlement.kill()
    settlement.start()
    wait_applied(servers, "settlement-worker", events)
    assert sorted(row["aggregate_id"] for row in announced(servers, *payments)) == payments
