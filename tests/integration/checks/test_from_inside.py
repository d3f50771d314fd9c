"""What checks from inside are made of, with real curl, MariaDB and Kafka.

The containers are processes of this machine here; tests/docker has the same in a real network.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka.admin import AdminClient

from paystack_cli.checks.inside import KAFKA_CLIENT, Inside
from paystack_cli.checks.model import Outcome
from paystack_cli.checks.place import Place, open_reach
from paystack_cli.checks.probes.kafka import TOPIC as HEALTH_TOPIC
from paystack_cli.checks.progress import Silent
from paystack_cli.checks.retry import Deadline
from paystack_cli.checks.runner import run_in_order
from paystack_cli.checks.smoke import Journey
from paystack_cli.clients.curl_client import CurlClient, CurlContainer
from paystack_cli.clients.database import Database, DatabaseEndpoint, PyMySqlDatabase
from paystack_cli.clients.errors import ServerFailed, ServerRefused, ServerUnreachable
from paystack_cli.clients.http import HttpClient, HttpxClient
from paystack_cli.clients.mariadb_program import MariadbProgram
from paystack_cli.engines.base import Engine
from paystack_cli.errors import PaystackError
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.events.outbox import read_status
from paystack_cli.stack.catalog import Topic
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.settings import load_settings
from tests.support.fake_gateway import FakeGateway, Reply, serving
from tests.support.kafka import groups, own_topic
from tests.support.own_network import OwnNetwork
from tests.support.ports import free_ports
from tests.support.programs import fetched
from tests.support.stack import DATABASE_PASSWORD, PROJECT, StackUnderTest

HINT = "look there"
REQUEST_BYTES_MAX = 65536


@pytest.fixture
def network(tmp_path: Path) -> OwnNetwork:
    return OwnNetwork(tmp_path)


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """The URL of a server that gives one caller these bytes and closes."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(REQUEST_BYTES_MAX)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        served.result()


def curl(network: OwnNetwork, url: str) -> CurlClient:
    return CurlClient(CurlContainer(cast(Engine, network)), url, hint=HINT)


def test_a_payment_goes_all_the_way_through_curl(network: OwnNetwork) -> None:
    with serving(FakeGateway().answer) as url:
        journey = Journey(curl(network, url), merchant_id="M", amount=1000)
        results = run_in_order(journey.steps(), Deadline.after(60), Silent())
    assert {result.outcome for result in results} == {Outcome.PASSED}
    assert set(network.runs) == {"curl-client"}


def test_curl_and_the_client_of_this_process_see_the_same(network: OwnNetwork) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []

    def answer(method: str, path: str, body: dict[str, Any]) -> Reply:
        asked.append((method, path, body))
        return Reply(422, {"said": '결제 \r\n\u2028 \\ "'}, {"Idempotent-Replayed": "true"})

    body = json.dumps({"text": "@결제\n\"'\\ %{json} $(id) `id`"}).encode()
    with serving(answer) as url:
        clients: list[HttpClient] = [curl(network, url + "/"), HttpxClient(url, hint=HINT)]
        ours, theirs = (
            client.request("POST", "/a?b=[1-3]", body=body, timeout_s=10) for client in clients
        )
    assert (ours.status, ours.body) == (theirs.status, theirs.body)
    assert ours.headers["idempotent-replayed"] == theirs.headers["Idempotent-Replayed"] == "true"
    assert asked == [("POST", "/a?b=[1-3]", json.loads(body))] * 2


def test_an_empty_body_and_every_byte_come_back(network: OwnNetwork) -> None:
    whole = bytes(range(256)) * 64 + b"\r\n\n"
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(whole), whole)) as url:
        assert curl(network, url).request("GET", "/", timeout_s=10).body == whole
    with saying(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        answer = curl(network, url).request("GET", "/", timeout_s=10)
        assert (answer.status, answer.body) == (204, b"")


def test_those_who_ask_together_share_a_container(network: OwnNetwork) -> None:
    callers = 8
    with serving(lambda _method, path, _body: Reply(200, {"path": path})) as url:
        client = curl(network, url)
        with ThreadPoolExecutor(callers) as pool:
            answers = list(
                pool.map(
                    lambda number: client.request("GET", f"/{number}", timeout_s=20),
                    range(callers),
                )
            )
    assert [answer.json()["path"] for answer in answers] == [f"/{n}" for n in range(callers)]
    assert len(network.runs) < callers


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://nobody.invalid", "nobody has this name (curl 6)"),
        ("http://127.0.0.1:{port}", "refused (curl 7)"),
        ("http://127.0.0.1:{silent}", "no answer in time (curl 28)"),
        ("http://127.0.0.1:{closing}", "closed without an answer (curl 52)"),
    ],
)
def test_what_curl_ran_into_is_told(network: OwnNetwork, url: str, said: str) -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(lambda *_: None) as closing:
        target = url.format(
            port=port, silent=silent.getsockname()[1], closing=closing.rpartition(":")[2]
        )
        with pytest.raises(ServerUnreachable, match="from inside") as failed:
            curl(network, target).request("GET", "/x", timeout_s=0.3)
    assert failed.value.message == f"GET {target}/x from inside: {said}"
    assert failed.value.hint == HINT


def test_a_neighbour_that_is_silent_takes_no_answer_from_others(network: OwnNetwork) -> None:
    container = CurlContainer(cast(Engine, network))
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        serving(lambda *_: Reply(200, {})) as url,
        ThreadPoolExecutor(2) as pool,
    ):
        dead = CurlClient(container, f"http://127.0.0.1:{silent.getsockname()[1]}", hint=HINT)
        late = pool.submit(dead.request, "GET", "/", timeout_s=1.0)
        answer = pool.submit(
            CurlClient(container, url, hint=HINT).request, "GET", "/", timeout_s=5.0
        )
        assert answer.result().status == 200
        assert isinstance(late.exception(), ServerUnreachable)
    assert network.runs == ["curl-client"]


def stack_at(servers: StackUnderTest) -> Stack:
    return load_stack(load_settings(project_dir=PROJECT, environment=servers.environment))


def mariadb_container(servers: StackUnderTest, tmp_path: Path, **variables: str) -> OwnNetwork:
    """The database's "container": its environment, its program, its port."""
    program = fetched("mariadb")
    environment = {
        **program.environment,
        "PATH": f"{program.home / 'bin'}:{os.environ['PATH']}",
        "MYSQL_TCP_PORT": str(servers.port("mariadb")),
        "MARIADB_USER": "payuser",
        "MARIADB_PASSWORD": DATABASE_PASSWORD,
        "MARIADB_DATABASE": "paydb",
        **variables,
    }
    return OwnNetwork(tmp_path, {"mariadb": environment})


def databases(servers: StackUnderTest, tmp_path: Path) -> list[Database]:
    port = servers.port("mariadb")
    endpoint = DatabaseEndpoint("127.0.0.1", port, "payuser", DATABASE_PASSWORD, "paydb")
    engine = cast(Engine, mariadb_container(servers, tmp_path))
    return [PyMySqlDatabase(endpoint), MariadbProgram(engine, "mariadb")]


ODD = "tab\t line\r\n end of a statement\n NULL \\ ' \" \x01 \x7f \u2028 \u0085 결제 ["


def test_a_row_is_the_same_by_either_way(servers: StackUnderTest, tmp_path: Path) -> None:
    odd = ODD.encode().hex()
    script = [
        "SET @seen = 2",
        f"SELECT JSON_ARRAY(@seen + 0, NULL, 1.5, CONVERT(0x{odd} USING utf8mb4))",
        "SELECT JSON_ARRAY(seq, UTC_TIMESTAMP() > NOW() - INTERVAL 1 MINUTE) FROM seq_1_to_3",
        "SELECT JSON_ARRAY(1) FROM seq_1_to_3 WHERE seq > 3",
    ]
    for database in databases(servers, tmp_path):
        assert database.run(script, 10.0) == [
            [],
            [[2, None, 1.5, ODD]],
            [[1, 1], [2, 1], [3, 1]],
            [],
        ]


def test_the_outbox_is_the_same_by_either_way(servers: StackUnderTest, tmp_path: Path) -> None:
    with servers.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO outbox_event (aggregate_id, event_type, payload, source, parked,
                                         attempts, last_error, created_at)
               SELECT seq, 'PAYMENT_CAPTURED', '{}', 'test', seq = 1, 1,
                      'refused\\n\\t', '2026-01-02 03:04:05.006' FROM seq_1_to_3"""
        )
        try:
            ours, theirs = (read_status(db, 10.0) for db in databases(servers, tmp_path))
        finally:
            cursor.execute("DELETE FROM outbox_event")
    assert (ours.parked, ours.pending, ours.parked_rows) == (theirs.parked, 2, 1)
    assert ours.oldest_age_s == pytest.approx(theirs.oldest_age_s, abs=30)


@pytest.mark.parametrize(
    ("statement", "variables", "kind", "said"),
    [
        ("SELECT 1", {"MARIADB_PASSWORD": "wrong"}, ServerRefused, "Access denied"),
        ("SELECT 1", {"MARIADB_DATABASE": "none"}, ServerRefused, "none"),
        ("SELECT 1", {"MYSQL_TCP_PORT": "1"}, ServerUnreachable, "Can't connect"),
        ("SELECT 1", {"PATH": "/usr/bin:/bin"}, ServerUnreachable, "mariadb"),
        ("SELECT * FROM absent", {}, ServerRefused, "doesn't exist"),
        ("SELECT SLEEP(2)", {"TIMEOUT": "1"}, ServerFailed, "max_statement_time"),
    ],
)
def test_what_the_mariadb_program_ran_into_is_typed(
    servers: StackUnderTest,
    tmp_path: Path,
    statement: str,
    variables: dict[str, str],
    kind: type[PaystackError],
    said: str,
) -> None:
    engine = cast(Engine, mariadb_container(servers, tmp_path, **variables))
    script = ["SET SESSION max_statement_time = 0.2", statement]
    with pytest.raises(kind, match=said) as failed:
        MariadbProgram(engine, "mariadb").run(script, 5.0)
    assert DATABASE_PASSWORD not in failed.value.message
    assert failed.value.hint


def inside(servers: StackUnderTest, tmp_path: Path, bootstrap: str) -> Inside:
    """Kafka's client "container": a Python that has confluent_kafka and nothing of ours."""
    environment = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    network = OwnNetwork(tmp_path, {KAFKA_CLIENT: environment})
    return Inside(stack_at(servers), cast(Engine, network))


def test_a_record_to_kafka_and_back(servers: StackUnderTest, tmp_path: Path) -> None:
    before = groups(servers.bootstrap)
    topic = stack_at(servers).catalog.topics[HEALTH_TOPIC]
    took = inside(servers, tmp_path, servers.bootstrap).round_trip(HEALTH_TOPIC, topic, 10.0)
    assert 0 < took.acknowledged_s < took.round_trip_s
    assert groups(servers.bootstrap) == before


def test_an_absent_topic_is_made(servers: StackUnderTest, tmp_path: Path) -> None:
    with own_topic(servers.bootstrap) as name:
        absent = f"{name}.new"
        reach = inside(servers, tmp_path, servers.bootstrap)
        reach.round_trip(absent, Topic(partitions=2, retention_ms=60_000), 10.0)
        admin = AdminClient({"bootstrap.servers": servers.bootstrap})
        assert len(admin.list_topics(absent).topics[absent].partitions) == 2
        admin.delete_topics([absent])[absent].result()


def test_no_kafka_is_no_answer(servers: StackUnderTest, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    reach = inside(servers, tmp_path, f"127.0.0.1:{port}")
    with pytest.raises(ServerUnreachable, match=rf"127.0.0.1:{port}, {HEALTH_TOPIC}"):
        reach.round_trip(HEALTH_TOPIC, Topic(partitions=1, retention_ms=None), 1.0)


class At(Inside):
    """From inside, with every service at one address."""

    def __init__(self, stack: Stack, engine: Engine, url: str) -> None:
        super().__init__(stack, engine)
        self._url = url

    def service_url(self, service: Service) -> str:
        return self._url


def member(status: str, **details: object) -> dict[str, object]:
    return {"components": {"consumerGroup": {"status": status, "details": details}}}


@pytest.mark.parametrize(
    ("document", "group"),
    [
        (member("UP", lag={"a": 3, "b": 4}), GroupStatus("stable", None, None, {"a": 3, "b": 4})),
        (
            member("DOWN", lag={"a": 0, "b": 0}),
            GroupStatus("not joined", None, None, {"a": 0, "b": 0}),
        ),
        (member("UP", lag={"a": 3}), None),
        (member("UP"), None),
        ({"components": {"consumerGroup": []}}, None),
        ([], None),
    ],
)
def test_a_worker_tells_of_its_own_group(
    network: OwnNetwork, document: object, group: GroupStatus | None
) -> None:
    secrets = {"MARIADB_PASSWORD": "p", "MARIADB_ROOT_PASSWORD": "r"}
    stack = load_stack(load_settings(project_dir=PROJECT, environment=secrets))
    with serving(lambda *_: Reply(200, document)) as url:
        reach = At(stack, cast(Engine, network), url)
        worker = stack.services["settlement-worker"]
        if group is not None:
            assert reach.group(worker, ["a", "b"], 10.0) == group
        else:
            with pytest.raises(ServerFailed, match="settlement-worker does not tell the lag"):
                reach.group(worker, ["a", "b"], 10.0)


def test_addresses_inside_are_names_and_container_ports(network: OwnNetwork) -> None:
    variables = {
        "MARIADB_PASSWORD": "p",
        "MARIADB_ROOT_PASSWORD": "r",
        "PAYSTACK_GATEWAY_PORT": "26080",
        "PAYSTACK_GATEWAY_URL": "http://elsewhere",
    }
    stack = load_stack(load_settings(project_dir=PROJECT, environment=variables))
    reach = open_reach(Place.INSIDE, stack, cast(Engine, network), variables)
    assert reach.gateway_url() == reach.own_gateway_url() == "http://gateway:8080"
    assert reach.service_url(stack.services["ingest-service"]) == "http://ingest-service:8080"
