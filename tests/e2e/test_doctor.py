"""The doctor on processes of this machine: each trouble is made for real, found, and mended."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.errors import ExitCode
from tests.support.documents import keeps_schema
from tests.support.stack import StackUnderTest, own_stack, stack_environment
from tests.support.waiting import wait_for


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[StackUnderTest]:
    """One service is enough."""
    with own_stack("doctor", tmp_path / "state", "--only", "pg-simulator") as running:
        yield running


def _findings(
    stack: StackUnderTest, *options: str, expect: int = ExitCode.OK, **environment: str
) -> dict[str, dict[str, Any]]:
    answer = stack.paystack("doctor", *options, "--output", "json", expect=expect, **environment)
    keeps_schema("doctor", answer.document)
    return {finding["id"]: finding for finding in answer.document["findings"]}


def test_where_nothing_has_ever_run(tmp_path: Path) -> None:
    stack = StackUnderTest(stack_environment("doctor-none", tmp_path / "state"))
    found = _findings(stack)
    assert {finding["severity"] for finding in found.values()} <= {"ok", "warn"}
    assert found["port.gateway.8080"]["seen"].startswith("free for gateway")
    assert not stack.state_dir.exists()


def test_without_secrets_and_with_no_engine_of_that_name(tmp_path: Path) -> None:
    environment = stack_environment("doctor-none", tmp_path / "state", PAYSTACK_ENGINE="nomad")
    environment["MARIADB_PASSWORD"] = ""  # whatever this folder's .env says
    found = _findings(StackUnderTest(environment), expect=ExitCode.CHECK_FAILED)
    assert "MARIADB_PASSWORD" in found["env.values"]["seen"]
    assert "nomad" in found["engine.choice"]["seen"]
    assert found["port.gateway.8080"]["severity"] == "ok"


def test_a_taken_port_is_named_with_its_process(tmp_path: Path) -> None:
    stack = StackUnderTest(stack_environment("doctor-port", tmp_path / "state"))
    with socket.create_server(("127.0.0.1", stack.port("kafka"))):
        found = _findings(stack, expect=ExitCode.CHECK_FAILED)
    finding = found["port.kafka.19092"]
    assert f"kafka needs it, and it is taken by pid {os.getpid()}" in finding["seen"]
    assert "PAYSTACK_KAFKA_PORT=" in finding["fix"]


def test_a_running_stack_and_what_has_changed_since(stack: StackUnderTest) -> None:
    found = _findings(stack)
    assert found["port.pg-simulator.8080"]["seen"].startswith("pg-simulator has it")
    assert found["drift"]["severity"] == "ok"
    changed = _findings(stack, PAYSTACK_LOG_LEVEL="DEBUG")
    assert changed["drift.pg-simulator"]["severity"] == "warn"
    assert changed["drift.pg-simulator"]["fix"] == "paystack up pg-simulator"


def test_a_killed_supervisor_is_found_and_forgotten_once(stack: StackUnderTest) -> None:
    supervisor = int((stack.state_dir / "supervisord.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: stack.status()["pg-simulator"]["pid"] is None, "its services end", 10)
    found = wait_for(lambda: _supervisor_finding(stack), "no process is left", 10)
    assert (found["severity"], found["fix"], found["safe_fix"]) == ("warn", "paystack up", True)
    mended = stack.paystack("doctor", "--fix", "--output", "json")
    assert mended.document["repaired"] == ["forget the killed supervisor"]
    assert "fix: forget the killed supervisor" in mended.stderr
    again = stack.paystack("doctor", "--fix", "--output", "json").document
    assert again["repaired"] == []
    assert _findings(stack)["state.supervisor"]["severity"] == "ok"


def _supervisor_finding(stack: StackUnderTest) -> dict[str, Any] | None:
    """Once the kernel has ended what the supervisor had started."""
    return _findings(stack).get("state.supervisor")
