"""The state of a service out of its container."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.engines.base import Health, ServiceStatus, State
from paystack_cli.engines.compose.observe import newest, observe, state_of
from paystack_cli.stack.model import Stack
from tests.support.compose_project import make_project, stack_of
from tests.support.fake_docker import AT, FakeDaemon, container, event

COMPOSE = """
services:
  store: {command: [x], restart: unless-stopped, ports: ["127.0.0.1:7000:7"]}
  init: {command: [x], restart: "no"}
  app:
    command: [x]
    restart: "no"
    depends_on: {init: {condition: service_completed_successfully}}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A service that is always started again, a one-shot, one that is not started again."""
    return stack_of(make_project(tmp_path, COMPOSE))


@pytest.mark.parametrize(
    ("service", "status", "changes", "expected"),
    [
        ("store", "created", {}, State.NOT_STARTED),
        ("store", "running", {}, State.RUNNING),
        ("store", "running", {"health": "starting"}, State.STARTING),
        ("store", "running", {"health": "unhealthy"}, State.RUNNING),
        ("store", "paused", {}, State.RUNNING),
        ("store", "restarting", {"exit_code": 1}, State.RESTARTING),
        ("store", "removing", {}, State.STOPPING),
        ("store", "dead", {}, State.FAILED),
        ("store", "exited", {"exit_code": 137}, State.STOPPED),
        ("store", "exited", {"exit_code": 128, "error": "port is taken"}, State.FAILED),
        ("store", "created", {"error": "port is taken"}, State.FAILED),
        ("init", "running", {}, State.STARTING),
        ("init", "exited", {}, State.COMPLETED),
        ("init", "exited", {"exit_code": 7}, State.FAILED),
        ("app", "exited", {}, State.STOPPED),
        ("app", "exited", {"exit_code": 7}, State.FAILED),
    ],
)
def test_state(
    stack: Stack, service: str, status: str, changes: dict[str, Any], expected: State
) -> None:
    assert state_of(stack.services[service], container(service, status, **changes)) is expected


def test_no_container_is_not_started(stack: Stack) -> None:
    assert state_of(stack.services["store"], None) is State.NOT_STARTED


def test_the_newest_container_counts_and_a_one_off_never() -> None:
    old = container("store", "exited", id="old", started_at=AT - timedelta(days=1))
    one_off = container("store", id="run", one_off=True, started_at=AT + timedelta(days=1))
    never = container("store", "created", id="never")
    assert newest([never, old, container("store"), one_off])["store"].id == "id-store"


def _observe(stack: Stack, found: Any, *events: Any) -> ServiceStatus:
    daemon: Any = FakeDaemon(events=events)
    (status,) = observe([stack.services["store"]], {"store": found}, frozenset(), daemon)
    return status


def test_a_running_service_with_all_there_is(stack: Stack) -> None:
    ports = {"7/tcp": ("127.0.0.1", 7100)}
    status = _observe(stack, container("store", health="healthy", ports=ports, restarts=2))
    assert (status.state, status.health, status.pid) == (State.RUNNING, Health.HEALTHY, 4711)
    assert (status.ports, status.memory_bytes, status.restarts) == ((7100,), 1024, 2)
    assert status.uptime_s is not None
    assert status.ended is None


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"health": "unhealthy", "last_probe": "no ledger yet"}, "no ledger yet"),
        ({"health": "starting", "last_probe": "no ledger yet"}, "no ledger yet"),
        ({"health": "healthy", "last_probe": "fine"}, ""),
        ({"status": "paused", "health": "healthy"}, "it is paused: docker unpause pay-store"),
        ({"status": "created", "error": "port is taken"}, "port is taken"),
    ],
)
def test_what_is_wrong_is_told(stack: Stack, changes: dict[str, Any], detail: str) -> None:
    assert _observe(stack, container("store", **changes)).health_detail == detail


def test_how_the_process_before_this_one_ended_is_asked_of_the_engine(stack: Stack) -> None:
    again = container("store", finished_at=AT)
    assert _observe(stack, again, event("store", "die", 137)).ended == "terminated by SIGKILL"
    assert _observe(stack, again).ended is None


def test_a_stopped_service_tells_how_it_ended_and_the_port_it_would_get(stack: Stack) -> None:
    status = _observe(stack, container("store", "exited", exit_code=143, finished_at=AT))
    assert (status.ended, status.ports) == ("terminated by SIGTERM", (7000,))
    assert (status.pid, status.uptime_s, status.memory_bytes) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "changes", "cause"),
    [
        ("restarting", {"exit_code": 1, "oom_killed": True}, "it wanted more memory than there is"),
        ("created", {"error": "address already in use"}, "a port that it needs is taken"),
        ("restarting", {"exit_code": 1}, None),
        ("running", {"health": "unhealthy", "last_probe": "no"}, None),
    ],
)
def test_why_a_service_is_down(
    stack: Stack, status: str, changes: dict[str, Any], cause: str | None
) -> None:
    assert _observe(stack, container("store", status, **changes)).cause == cause
