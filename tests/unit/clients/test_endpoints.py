"""Where the servers answer: what the engine says, unless a variable says otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.engines.base import Address, Engine
from paystack_cli.errors import PreflightError
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.model import Stack
from paystack_cli.stack.settings import load_settings

PROJECT = Path(__file__).resolve().parents[3]
SECRETS = {"MARIADB_PASSWORD": "s3cret", "MARIADB_ROOT_PASSWORD": "r"}


class PublishedPorts:
    """The part of an engine that endpoints ask: here the ports as compose.yaml publishes them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def address(self, service: str, target_port: int) -> Address:
        port = self._stack.services[service].published(target_port)
        assert port is not None
        return Address(port.host, port.published)

    def environment(self, service: str) -> Mapping[str, str]:
        return self._stack.services[service].environment


def endpoints(stack: Stack, **variables: str) -> Endpoints:
    return Endpoints(stack, cast(Engine, PublishedPorts(stack)), variables)


@pytest.fixture(scope="module")
def stack() -> Stack:
    return load_stack(load_settings(project_dir=PROJECT, environment=SECRETS))


def test_the_stack_tells_where_its_servers_are(stack: Stack) -> None:
    found = endpoints(stack)
    database = found.database()
    assert str(database) == "payuser@127.0.0.1:13306/paydb"
    assert database.password == "s3cret"
    assert "s3cret" not in repr(database)
    assert str(found.kafka()) == "127.0.0.1:19092"
    assert found.gateway_url() == "http://127.0.0.1:8080"
    assert found.http_url(stack.services["outbox-relay"]) == "http://127.0.0.1:8082"


def test_variables_point_elsewhere(stack: Stack) -> None:
    found = endpoints(
        stack,
        PAYSTACK_DB_HOST="db.example",
        PAYSTACK_DB_PORT="3306",
        PAYSTACK_DB_USER="reader",
        PAYSTACK_DB_PASSWORD="other",
        PAYSTACK_DB_NAME="copy",
        PAYSTACK_KAFKA_BOOTSTRAP="kafka.example:9092",
        PAYSTACK_GATEWAY_URL="https://pay.example",
    )
    assert str(found.database()) == "reader@db.example:3306/copy"
    assert found.database().password == "other"
    assert str(found.kafka()) == "kafka.example:9092"
    assert found.gateway_url() == "https://pay.example"


def test_how_to_connect_elsewhere_is_never_shown(stack: Stack) -> None:
    found = endpoints(
        stack,
        PAYSTACK_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        PAYSTACK_KAFKA_SASL_MECHANISM="SCRAM-SHA-512",
        PAYSTACK_KAFKA_SASL_USERNAME="reader",
        PAYSTACK_KAFKA_SASL_PASSWORD="s3cret",
        PAYSTACK_KAFKA_SSL_CA="/etc/ca.pem",
        PAYSTACK_KAFKA_SSL_CERTIFICATE="",
        PAYSTACK_DB_SSL_CA="/etc/db-ca.pem",
    )
    kafka = found.kafka()
    assert kafka.security == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "reader",
        "sasl.password": "s3cret",
        "ssl.ca.location": "/etc/ca.pem",
    }
    assert "s3cret" not in repr(kafka)
    assert found.database().tls == {"ssl_ca": "/etc/db-ca.pem"}
    assert endpoints(stack).kafka().security == {}


def test_a_port_that_is_none_is_a_clear_error(stack: Stack) -> None:
    with pytest.raises(PreflightError, match="PAYSTACK_DB_PORT"):
        endpoints(stack, PAYSTACK_DB_PORT="mysql").database()


def test_a_service_without_a_port_and_a_stack_without_a_database_are_clear_errors(
    stack: Stack,
) -> None:
    hidden = replace(stack.services["mariadb"], ports=())
    with pytest.raises(PreflightError, match="mariadb publishes no port"):
        endpoints(replace(stack, services={"mariadb": hidden})).database()
    with pytest.raises(PreflightError, match="check: mariadb"):
        endpoints(replace(stack, services={})).database()
