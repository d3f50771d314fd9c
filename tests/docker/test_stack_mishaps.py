"""What goes wrong while a stack comes up in containers: told with its cause, and `up` repairs."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import psutil
import pytest

from paystack_cli.errors import ExitCode
from tests.support.container_stack import ContainerStack, built_container_stack
from tests.support.docker import docker
from tests.support.failures import names_cause
from tests.support.stack import Answer
from tests.support.waiting import wait_for

ACCOUNT = ("-upayuser", "-ppaypass", "paydb")
SERVERS = ("up", "--only", "mariadb,kafka")
ENDS_WITHIN_S = 30.0
AT_WORK_WITHIN_S = 30.0
SOON_S = "6"
"""Enough for a service to start and to say what it lacks."""
LOOK_PAUSE_S = 0.02
"""Between two looks: a container is made, and MariaDB's data too, in a second."""
TOLD_WITHIN_S = 3.0
"""From the second end of a container that crashes at start until `up` has told why and ended."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerStack]:
    """A stack whose images are made."""
    with built_container_stack("mishap", tmp_path_factory.mktemp("mishap")) as stack:
        yield stack


@pytest.fixture
def idle(built: ContainerStack) -> Iterator[ContainerStack]:
    """A stack that nobody has started; `down` must remove all that a test leaves."""
    try:
        yield built
        built.paystack("down", "--volumes", "--yes")
        assert built.containers() == {}
        assert [*built.objects("volume"), *built.objects("network")] == []
    finally:
        built.remove_all()


def _told(answer: Answer, *words: str) -> None:
    """The error names what it is about and the next command, without a traceback."""
    assert "Traceback" not in answer.stderr, str(answer)
    assert "next: " in answer.stderr, str(answer)
    for word in words:
        assert word in answer.stderr, str(answer)


def _compose_commands(stack: ContainerStack) -> list[int]:
    """The `docker compose` commands for the stack that are under way."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if {"compose", stack.name} <= set(process.info["cmdline"] or ())
    ]


def test_a_crash_at_start_is_told_with_its_cause_at_once(idle: ContainerStack) -> None:
    began = time.time()
    answer = idle.paystack(
        *("up", "--only", "outbox-relay"),
        expect=ExitCode.START_FAILED,
        PAYSTACK_OUTBOX_RETENTION_HOURS="-1",
    )
    ended = time.time()
    _told(answer, "outbox-relay crashed at start", "OUTBOX_RETENTION_HOURS is negative: -1")
    assert "next: paystack logs" in answer.stderr
    ends = docker(
        *("events", "--since", f"{began:.3f}", "--until", f"{ended:.3f}"),
        *("--filter", "event=die", "--filter", f"container={idle.name}-outbox-relay"),
        *("--format", "{{.TimeNano}}"),
    ).split()
    assert ended - int(ends[1]) / 1e9 < TOLD_WITHIN_S


def test_a_wrong_database_password(idle: ContainerStack) -> None:
    idle.paystack("up", "--only", "mariadb")
    other = {"MARIADB_PASSWORD": "not-the-one-that-the-data-was-made-with"}
    answer = idle.paystack("up", "db-migrate", expect=ExitCode.START_FAILED, **other)
    names_cause(answer, "db-migrate failed", "the database refuses the password of payuser")
    assert "MARIADB_PASSWORD" in answer.stderr


def test_a_failing_migration(idle: ContainerStack) -> None:
    idle.paystack("up", "--only", "mariadb")
    statement = ("-e", "CREATE TABLE payment (somebody_elses INT)")
    docker("exec", f"{idle.name}-mariadb", "mariadb", *ACCOUNT, *statement)
    answer = idle.paystack("up", "db-migrate", expect=ExitCode.START_FAILED)
    names_cause(answer, "db-migrate failed, exit status 1", "Table 'payment' already exists")


def test_a_broker_that_is_down(idle: ContainerStack) -> None:
    idle.paystack("up", "--only", "mariadb,db-migrate")
    only = ("up", "--only", "consumer-worker", "--timeout", SOON_S)
    answer = idle.paystack(*only, expect=ExitCode.TIMED_OUT)
    names_cause(answer, "consumer-worker", "kafka, which it needs, was never started")
    assert "next: paystack up kafka" in answer.stderr


@pytest.mark.parametrize("variable", ["MARIADB_PASSWORD", "MARIADB_ROOT_PASSWORD"])
def test_an_absent_secret_is_named_with_the_file_to_copy(
    idle: ContainerStack, variable: str
) -> None:
    _told(
        idle.paystack("up", expect=ExitCode.PREFLIGHT, **{variable: ""}), variable, ".env.example"
    )
    assert idle.containers() == {}


def test_a_taken_port_names_its_owner_before_anything_starts(idle: ContainerStack) -> None:
    port = idle.port("pg-simulator")
    with socket.create_server(("127.0.0.1", port)):
        answer = idle.paystack("up", "--only", "pg-simulator", expect=ExitCode.PREFLIGHT)
    _told(answer, str(port), "PAYSTACK_PG_SIMULATOR_PORT")
    assert idle.containers() == {}


def _wait_until_running(stack: ContainerStack, service: str) -> None:
    (name,) = stack.names(service)

    def look() -> bool:
        found = stack.containers().get(name)
        return found is not None and bool(found["State"]["Running"])

    wait_for(look, f"{service} at work", AT_WORK_WITHIN_S, LOOK_PAUSE_S)


@pytest.mark.parametrize("moment", ["at the first container", "while MariaDB makes its data"])
def test_an_interrupted_up_leaves_what_the_next_one_repairs(
    idle: ContainerStack, moment: str
) -> None:
    with idle.start(*SERVERS) as up:
        if moment == "at the first container":
            wait_for(idle.containers, "a container", AT_WORK_WITHIN_S, LOOK_PAUSE_S)
        else:
            _wait_until_running(idle, "mariadb")
        up.send_signal(signal.SIGINT)
        _, stderr = up.communicate(timeout=ENDS_WITHIN_S)
    assert up.returncode == ExitCode.INTERRUPTED, stderr
    assert "Traceback" not in stderr
    assert _compose_commands(idle) == []
    idle.paystack(*SERVERS)
    assert {row["health"] for row in idle.status().values() if row["pid"]} == {"healthy"}
    assert idle.containers().keys() == idle.names("mariadb", "kafka")


def test_down_in_the_middle_of_up_names_the_up_and_how_to_end_it(idle: ContainerStack) -> None:
    with idle.start("up") as up:
        _wait_until_running(idle, "mariadb")
        refused = idle.paystack("down", expect=ExitCode.PREFLIGHT)
        _told(refused, "paystack up", f"kill -INT {up.pid}")
        hint = re.search(r"kill -INT \d+", refused.stderr)
        assert hint is not None
        subprocess.run(hint[0].split(), check=True)
        up.communicate(timeout=ENDS_WITHIN_S)
    assert up.returncode == ExitCode.INTERRUPTED
    idle.paystack("down")  # while MariaDB makes its data
    assert idle.containers() == {}
    assert len(idle.objects("volume")) > 0
    idle.paystack("up", "--only", "mariadb")
    assert docker("exec", f"{idle.name}-mariadb", "mariadb", *ACCOUNT, "-e", "SELECT 1")


def test_a_container_that_somebody_removes_meanwhile_is_told(idle: ContainerStack) -> None:
    with idle.start(*SERVERS) as up:
        _wait_until_running(idle, "mariadb")
        docker("rm", "--force", f"{idle.name}-mariadb")
        _, stderr = up.communicate(timeout=ENDS_WITHIN_S)
    assert up.returncode == ExitCode.START_FAILED, stderr
    _told(Answer("paystack up", up.returncode, "", stderr), "mariadb")
    idle.paystack(*SERVERS)
    assert idle.containers().keys() == idle.names("mariadb", "kafka")


def test_down_does_not_mind_somebody_who_removes_the_same_container(idle: ContainerStack) -> None:
    idle.paystack("up", "--only", "pg-simulator")
    removal = ["docker", "rm", "--force", f"{idle.name}-pg-simulator"]
    with idle.start("down") as down, subprocess.Popen(removal, stdout=subprocess.DEVNULL):
        _, stderr = down.communicate(timeout=ENDS_WITHIN_S)
    assert down.returncode == 0, stderr
    assert idle.containers() == {}
