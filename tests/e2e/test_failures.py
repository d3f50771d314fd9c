"""Failures of a start, provoked for real without containers: each names its true cause first.

A kill by the kernel for want of memory does not exist here (nothing sets a limit); a JVM that asks
for more than it may have is the nearest thing. Images do not exist here either.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode
from tests.support.compose_project import make_project
from tests.support.documents import keeps_schema
from tests.support.failures import names_cause
from tests.support.stack import StackUnderTest, own_stack, stack_environment
from tests.support.waiting import wait_for

SOON_S = "4"
"""Enough for a Python service to start and to say what it lacks."""
DOWN_WITHIN_S = 20
DISK_MIB = 24
"""Too little for a MariaDB data folder with its redo log."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """MariaDB with the migrated paydb; no Kafka. Tests leave it so."""
    state = tmp_path_factory.mktemp("failures")
    with own_stack("failures", state, "--only", "mariadb,db-migrate") as stack:
        yield stack


def test_a_taken_port(idle: StackUnderTest) -> None:
    port = idle.port("pg-simulator")
    with socket.create_server(("127.0.0.1", port)):
        answer = idle.paystack("up", "--only", "pg-simulator", expect=ExitCode.PREFLIGHT)
    names_cause(answer, f"port {port} of pg-simulator is taken by", str(os.getpid()))


def test_a_wrong_database_password(database: StackUnderTest) -> None:
    answer = database.paystack(
        "up", "--only", "db-migrate", expect=ExitCode.START_FAILED, MARIADB_PASSWORD="wrong"
    )
    names_cause(answer, "db-migrate failed", "the database refuses the password of payuser")
    assert "MARIADB_PASSWORD" in answer.stderr
    database.paystack("up", "--only", "db-migrate")


def test_a_broker_that_is_down(database: StackUnderTest) -> None:
    only = ("up", "--only", "consumer-worker", "--timeout", SOON_S)
    answer = database.paystack(*only, expect=ExitCode.TIMED_OUT)
    names_cause(answer, "consumer-worker", "kafka, which it needs, was never started")
    assert "way: consumer-worker -> kafka-topics -> kafka" in answer.stderr
    assert "next: paystack up kafka" in answer.stderr
    database.paystack("down", "consumer-worker")


def test_a_service_that_ends_with_1(database: StackUnderTest) -> None:
    answer = database.paystack(
        *("up", "--only", "outbox-relay", "--output", "json"),
        expect=ExitCode.START_FAILED,
        PAYSTACK_OUTBOX_RETENTION_HOURS="-1",
    )
    names_cause(answer, "outbox-relay crashed at start", "exit status 1", "negative: -1")
    keeps_schema("up", answer.document)
    failure = answer.document["failure"]
    assert (failure["trouble"], failure["evidence"][0]["exit_code"]) == ("crash loop", 1)

    # More and more time passes between two tries, in which the service is down.
    wait_for(
        lambda: "OUTBOX_RETENTION_HOURS is negative: -1" in database.paystack("status").stdout,
        "status says why",
        DOWN_WITHIN_S,
    )
    database.paystack("down", "outbox-relay")


def test_an_unhealthy_dependency(database: StackUnderTest) -> None:
    mariadb = database.pid("mariadb")
    os.kill(mariadb, signal.SIGSTOP)
    try:
        only = ("up", "--only", "pg-simulator,ingest-service,gateway", "--timeout", SOON_S)
        answer = database.paystack(*only, expect=ExitCode.TIMED_OUT)
    finally:
        os.kill(mariadb, signal.SIGCONT)
    names_cause(answer, "ingest-service", "mariadb, which it needs, is not healthy")
    assert "not started for it: gateway" in answer.stderr
    database.paystack("down", "ingest-service", "pg-simulator")


def test_a_failing_migration(idle: StackUnderTest) -> None:
    idle.paystack("up", "--only", "mariadb")
    with idle.database() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE payment (somebody_elses INT)")
    answer = idle.paystack("up", "--only", "db-migrate", expect=ExitCode.START_FAILED)
    names_cause(answer, "db-migrate failed, exit status 1", "Table 'payment' already exists")


def test_too_little_memory(idle: StackUnderTest) -> None:
    answer = idle.paystack(
        *("up", "--only", "kafka"), expect=ExitCode.START_FAILED, PAYSTACK_KAFKA_HEAP="-Xmx8m"
    )
    names_cause(answer, "kafka", "too little memory")


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Within it the folder is on a disk that is soon full."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root and the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_volume(idle: StackUnderTest) -> None:
    with _small_disk(idle.state_dir / "volumes"):
        answer = idle.paystack("up", "--only", "mariadb", expect=ExitCode.START_FAILED)
        names_cause(answer, "mariadb could not make its data folder", "disk or volume is full")


COMPOSE = """
services:
  store:
    command: [python, -m, http.server]
    ports: ["127.0.0.1:${PAYSTACK_STORE_PORT:-%d}:8080"]
"""


def test_a_mistyped_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        project = make_project(tmp_path, COMPOSE % port)
        (project / ".env").write_text(f"PAYSTACK_STORE_PROT={port + 1}\n")
        stack = StackUnderTest(stack_environment("mistyped", tmp_path / "state"))
        answer = stack.paystack("--project-dir", str(project), "up", expect=ExitCode.PREFLIGHT)
    names_cause(
        answer, f"port {port} of store", "PAYSTACK_STORE_PROT", "did you mean PAYSTACK_STORE_PORT"
    )
