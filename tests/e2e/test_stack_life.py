"""The life of a whole stack as a person at the command line sees it."""

import json
import re

import psutil
import pytest

from tests.support.payments import accepted, authorize, wait_status
from tests.support.stack import StackUnderTest, is_well

SERVICES = {
    "mariadb",
    "kafka",
    "db-migrate",
    "kafka-topics",
    "pg-simulator",
    "ingest-service",
    "outbox-relay",
    "settlement-worker",
    "refund-worker",
    "consumer-worker",
    "gateway",
}
ESCAPE = "\x1b"
IN_CONTAINERS_ONLY = {"PAYSTACK_JENKINS_PORT", "PAYSTACK_NGROK_PORT"}


def test_every_service_is_healthy_and_shows_what_it_costs(stack: StackUnderTest) -> None:
    answer = stack.paystack("status", "--output", "json")
    assert answer.document["schema"] == "paystack.status/v1"
    rows = stack.status()
    assert rows.keys() == SERVICES
    assert all(map(is_well, rows.values()))
    for name, row in rows.items():
        if row["state"] == "running":
            assert row["pid"] > 0, name
            assert row["memory_bytes"] > 0, name


def test_a_second_up_starts_nothing(stack: StackUnderTest) -> None:
    before = {name: row["pid"] for name, row in stack.status().items()}
    document = stack.paystack("up", "--output", "json").document
    assert {row["action"] for row in document["services"]} <= {"unchanged", "completed"}
    assert {name: row["pid"] for name, row in stack.status().items()} == before


def test_health_proves_every_service(stack: StackUnderTest) -> None:
    document = stack.paystack("health", "--output", "json").document
    assert document["schema"] == "paystack.health/v1"
    assert {check["outcome"] for check in document["checks"]} == {"passed"}


def test_smoke_follows_a_payment_to_its_refund(stack: StackUnderTest) -> None:
    document = stack.paystack("smoke", "--output", "json").document
    assert document["schema"] == "paystack.smoke/v1"
    assert {check["outcome"] for check in document["checks"]} == {"passed"}


def test_outbox_status_shows_an_empty_backlog(stack: StackUnderTest) -> None:
    wait_status(stack, accepted(authorize(stack)), "CAPTURED")
    document = stack.paystack("outbox", "status", "--output", "json", "--max-pending", "0").document
    assert document["schema"] == "paystack.outbox-status/v1"
    assert document["pending"] == 0


def test_logs_are_json_lines_of_the_services_asked_for(stack: StackUnderTest) -> None:
    wait_status(stack, accepted(authorize(stack)), "CAPTURED")
    lines = stack.paystack("logs", "ingest-service", "--tail", "2").stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        name, _, event = line.partition("|")
        assert name.strip() == "ingest-service"
        assert json.loads(event)["service"] == "ingest-service"


@pytest.mark.parametrize(
    "command", [["status"], ["health"], ["smoke"], ["up"], ["outbox", "status"], ["dlq", "inspect"]]
)
def test_no_escape_codes_when_nobody_looks(stack: StackUnderTest, command: list[str]) -> None:
    answer = stack.paystack(*command, TERM="xterm-256color")
    assert answer.stdout
    assert ESCAPE not in answer.stdout + answer.stderr


def test_every_port_is_on_the_loopback_alone(stack: StackUnderTest) -> None:
    ports = {
        int(port)
        for name, port in stack.environment.items()
        if re.fullmatch(r"PAYSTACK_\w+_PORT", name) and name not in IN_CONTAINERS_ONLY
    }
    bound = {
        (held.laddr.port, held.laddr.ip)
        for held in psutil.net_connections("inet")
        if held.laddr
        and held.laddr.port in ports
        and held.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}
    }
    assert {port for port, _ in bound} == ports
    assert {ip for _, ip in bound} <= {"127.0.0.1", "::ffff:127.0.0.1"}
