"""What a service gets on this machine instead of in a container."""

import pytest

from paystack_cli.engines.local.environment import bound_ports, local_environment, probe_url
from tests.support.compose_project import stack_of
from tests.support.stack import PROJECT

STACK = stack_of(
    PROJECT,
    MARIADB_PASSWORD="p",
    MARIADB_ROOT_PASSWORD="r",
    PAYSTACK_STATE_DIR="/state",
    PAYSTACK_INGEST_PORT="9081",
    PAYSTACK_PG_SIMULATOR_PORT="9090",
)


@pytest.mark.parametrize(
    ("service", "name", "expected"),
    [
        ("ingest-service", "SERVER_PORT", "9081"),
        ("ingest-service", "BIND_HOST", "127.0.0.1"),
        ("ingest-service", "DB_HOST", "127.0.0.1"),
        ("ingest-service", "DB_PORT", "13306"),
        ("ingest-service", "DB_NAME", "paydb"),
        ("ingest-service", "CARD_NETWORK_URL", "http://127.0.0.1:9090"),
        ("ingest-service", "OUTBOX_WAKE", "127.0.0.1:8092"),
        ("ingest-service", "KAFKA_BOOTSTRAP", None),
        ("db-migrate", "SERVER_PORT", "8080"),
        ("outbox-relay", "KAFKA_BOOTSTRAP", "127.0.0.1:19092"),
        ("pg-simulator", "CALL_LOG", "/state/volumes/pg-simulator-data/calls.db"),
        ("gateway", "GATEWAY_INGEST", "127.0.0.1:9081"),
        ("kafka", "KAFKA_LOG_DIRS", "/state/volumes/kafka-data"),
        ("kafka", "KAFKA_PROCESS_ROLES", "broker,controller"),
    ],
)
def test_environment(service: str, name: str, expected: str | None) -> None:
    assert local_environment(STACK, STACK.services[service]).get(name) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("ingest-service", "http://127.0.0.1:9081/actuator/health/readiness"),
        ("gateway", "http://127.0.0.1:8080/actuator/health"),
        ("mariadb", None),
        ("db-migrate", None),
    ],
)
def test_probe_url(service: str, expected: str | None) -> None:
    assert probe_url(STACK.services[service]) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("kafka", [(19092, "tcp"), (19093, "tcp")]),
        ("outbox-relay", [(8082, "tcp"), (8092, "udp")]),
        ("db-migrate", []),
    ],
)
def test_bound_ports(service: str, expected: list[tuple[int, str]]) -> None:
    ports = bound_ports(STACK.services[service])
    assert [(port.published, port.protocol) for port in ports] == expected
