"""Failures of a start, provoked for real in containers: each names its true cause first.

With small services of a few lines of shell; what needs the stack's own images (the database's
password, the broker, a migration) stands in test_stack_mishaps.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode
from tests.support.docker import DockerProject, docker_project, shell_image
from tests.support.documents import keeps_schema
from tests.support.failures import names_cause
from tests.support.ports import free_ports
from tests.support.waiting import wait_for

SERVES = "trap 'exit 0' TERM; touch /tmp/ready; while :; do sleep 0.1; done"
NEVER_READY = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
ENDS = "echo cannot read the ledger; sleep 0.2; exit 1"
GREEDY = "touch /tmp/ready; x=0123456789abcdef; while :; do x=$x$x; done"
FILLS = "cat /dev/zero > /data/ledger"
DOWN_WITHIN_S = 20
FETCH_TIMEOUT_S = 60
"""An image that is not there is looked for in a registry, which may be silent."""

COMPOSE = """
name: ${PAYSTACK_NAME}
x-run: &run
  entrypoint: [sh, -c]
  restart: unless-stopped
  stop_grace_period: 2s
x-ready: &ready
  test: [CMD-SHELL, "test -e /tmp/ready || { echo no ledger yet; exit 1; }"]
  interval: 200ms
  retries: 2
  start_period: ${START_PERIOD:-0s}
services:
  store:
    <<: *run
    image: ${STORE_IMAGE}
    user: "0"
    container_name: ${PAYSTACK_NAME}-store
    command: ["${STORE}"]
    healthcheck: *ready
    mem_limit: 24m
    ports: ["127.0.0.1:${PAYSTACK_STORE_PORT:-7}:7"]
    volumes: ["store-data:/data"]
  app:
    <<: *run
    image: ${STORE_IMAGE}
    container_name: ${PAYSTACK_NAME}-app
    command: ["trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    depends_on: {store: {condition: service_healthy}}
volumes:
  store-data:
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=64k"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DockerProject]:
    """A store with a small volume and little memory, and an app that waits for it."""
    with docker_project(
        tmp_path,
        COMPOSE,
        STORE_IMAGE=shell_image(),
        STORE=SERVES,
        PAYSTACK_STORE_PORT=str(free_ports(1)[0]),
    ) as made:
        yield made


def test_a_taken_port(project: DockerProject) -> None:
    port = int(project.environment["PAYSTACK_STORE_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        answer = project.paystack("up", expect=ExitCode.PREFLIGHT)
    names_cause(answer, f"port {port} of store is taken by", str(os.getpid()))


def test_a_service_that_ends_with_1(project: DockerProject) -> None:
    answer = project.paystack("up", "--output", "json", expect=ExitCode.START_FAILED, STORE=ENDS)
    names_cause(answer, "store crashed at start", "exit status 1", "cannot read the ledger")
    keeps_schema("up", answer.document)
    failure = answer.document["failure"]
    assert (failure["trouble"], failure["held_up"]) == ("crash loop", ["app"])
    assert failure["evidence"][0]["exit_code"] == 1
    # Docker lets more and more time pass between two tries, in which the service is down.
    wait_for(
        lambda: "cannot read the ledger" in project.paystack("status").stdout,
        "status says why",
        DOWN_WITHIN_S,
    )


def test_a_kill_for_want_of_memory(project: DockerProject) -> None:
    answer = project.paystack("up", expect=ExitCode.START_FAILED, STORE=GREEDY)
    names_cause(answer, "store crashed at start", "(OOM)", "its limit, 24 MiB")
    assert "mem_limit" in answer.stderr


def test_a_missing_image(project: DockerProject) -> None:
    answer = project.paystack(
        *("up", "--timeout", str(FETCH_TIMEOUT_S)),
        expect=ExitCode.START_FAILED,
        STORE_IMAGE="test-of-paystack/no-such-image:1",
    )
    names_cause(answer, "image", "test-of-paystack/no-such-image:1")


def test_a_full_volume(project: DockerProject) -> None:
    answer = project.paystack("up", expect=ExitCode.START_FAILED, STORE=FILLS)
    names_cause(answer, "store crashed at start", "its disk or volume is full")


@pytest.mark.parametrize(
    ("start_period", "trouble", "what"),
    [("0s", "unhealthy", "store is not healthy"), ("60s", "slow start", "store still starts")],
)
def test_an_unhealthy_dependency_and_a_slow_one(
    project: DockerProject, start_period: str, trouble: str, what: str
) -> None:
    answer = project.paystack(
        *("up", "--timeout", "3", "--output", "json"),
        expect=ExitCode.TIMED_OUT,
        STORE=NEVER_READY,
        START_PERIOD=start_period,
    )
    names_cause(answer, what, "no ledger yet")
    assert "not started for it: app" in answer.stderr
    assert answer.document["failure"]["trouble"] == trouble


def test_a_mistyped_variable(project: DockerProject) -> None:
    port = int(project.environment["PAYSTACK_STORE_PORT"])
    (project.folder / ".env").write_text(f"PAYSTACK_STORE_PROT={port}\n")
    with socket.create_server(("127.0.0.1", port)):
        answer = project.paystack("up", expect=ExitCode.PREFLIGHT)
    names_cause(answer, f"port {port} of store", "PAYSTACK_STORE_PROT, which nothing reads")
