"""What the programs of others see of a stack: kcat, Kafka's console consumer, MariaDB's client."""

import os
import subprocess
from pathlib import Path

from paystack_cli.engines.local.programs import Program
from tests.support.programs import fetched
from tests.support.stack import DATABASE_PASSWORD, StackUnderTest

SILENCE_MS = 3_000
"""The console consumer knows no end: it stops when nothing comes for so long."""
RUN_MAX_S = 60.0
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"

Seen = list[tuple[str, str]]
"""Of each committed record its key, and its headers in the witness' own words."""


def by_kcat(stack: StackUnderTest, topic: str) -> Seen:
    kcat = fetched("kcat")
    told = _run(
        kcat,
        *(*kcat.argv, "-b", stack.bootstrap, "-C", "-t", topic, "-e", "-q"),
        *("-X", "isolation.level=read_committed", "-f", r"%k\t%h\n"),
    )
    # Other tests' poison may be in the topic, and is printed as it is.
    return [(key, headers) for key, tab, headers in _cells(told) if tab]


def by_console_consumer(stack: StackUnderTest, topic: str) -> Seen:
    kafka = fetched("kafka")
    told = _run(
        kafka,
        *(*kafka.argv, CONSOLE_CONSUMER, "--bootstrap-server", stack.bootstrap),
        *("--topic", topic, "--from-beginning", "--isolation-level", "read_committed"),
        *("--timeout-ms", str(SILENCE_MS)),
        *("--property", "print.headers=true", "--property", "print.key=true"),
    )
    return [(rest.split("\t")[0], headers) for headers, tab, rest in _cells(told) if tab]


def by_mariadb_client(stack: StackUnderTest, query: str) -> list[list[str]]:
    """The rows, their values as text."""
    mariadb = fetched("mariadb")
    program = mariadb.home / "bin" / "mariadb"
    address = ("--host=127.0.0.1", f"--port={stack.port('mariadb')}", "--user=payuser")
    told = _run(
        mariadb,
        *(program, "--no-defaults", *address, "--batch", "--skip-column-names"),
        *("paydb", "--execute", query),
        MYSQL_PWD=DATABASE_PASSWORD,
    )
    return [line.split("\t") for line in told.splitlines()]


def _run(program: Program, *words: str | Path, **environment: str) -> str:
    return subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **program.environment, **environment},
        capture_output=True,
        timeout=RUN_MAX_S,
        check=True,
    ).stdout.decode(errors="replace")


def _cells(told: str) -> list[tuple[str, str, str]]:
    return [line.partition("\t") for line in told.splitlines()]
