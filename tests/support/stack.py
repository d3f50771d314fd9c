"""A stack of its own for tests: free ports, own state folder, driven by the `paystack` command.

Nothing here knows an engine: what the tests see is what a person at a terminal sees.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pymysql
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

from tests.support.ports import free_ports
from tests.support.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = PROJECT / "stack" / "compose.yaml"
PAYSTACK = Path(sys.executable).with_name("paystack")
UP_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 120
KEPT_LINES = 20_000
"""Of each service, when a stack goes."""
STATUS_PAUSE_S = 0.25
"""Between two looks at `paystack status`, which costs a process each."""

DATABASE_PASSWORD = "paypass"
ROOT_PASSWORD = "root-of-a-test-stack"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run of the command line gave."""

    command: str
    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it must be."""
        parsed: dict[str, Any] = json.loads(self.stdout)
        return parsed

    def __str__(self) -> str:
        return f"{self.command} -> {self.exit_code}\n{self.stdout}\n{self.stderr}"


def stack_environment(name: str, state_dir: Path, **extra: str) -> dict[str, str]:
    """The environment of a stack that shares nothing with others but the fetched programs.

    Every `PAYSTACK_…_PORT` of compose.yaml gets a free port. `extra` wins.
    """
    kept = {"PAYSTACK_TOOLS_DIR"}
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key in kept or not key.startswith(("PAYSTACK_", "MARIADB_"))
    }
    variables = sorted(set(re.findall(r"\$\{(PAYSTACK_\w+_PORT)", COMPOSE_FILE.read_text("utf-8"))))
    ports = dict(zip(variables, map(str, free_ports(len(variables))), strict=True))
    return {
        **inherited,
        **ports,
        "PAYSTACK_NAME": name,
        "PAYSTACK_STATE_DIR": str(state_dir),
        "PAYSTACK_ENGINE": "local",
        "MARIADB_PASSWORD": DATABASE_PASSWORD,
        "MARIADB_ROOT_PASSWORD": ROOT_PASSWORD,
        **extra,
    }


@dataclass(frozen=True)
class StackUnderTest:
    """The command line and the public doors of one stack."""

    environment: Mapping[str, str]

    @property
    def state_dir(self) -> Path:
        return Path(self.environment["PAYSTACK_STATE_DIR"])

    def port(self, service: str) -> int:
        """The host port of a service, by its variable in compose.yaml."""
        short = service.removesuffix("-service").upper().replace("-", "_")
        return int(self.environment[f"PAYSTACK_{short}_PORT"])

    def url(self, service: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port(service)}{path}"

    @property
    def gateway(self) -> str:
        """The public door."""
        return self.url("gateway", "/api/payments")

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return f"127.0.0.1:{self.port('kafka')}"

    def start(
        self, *arguments: str, prefix: Sequence[str] = (), **environment: str
    ) -> "subprocess.Popen[str]":
        """A `paystack` command under way; `prefix` is a command that runs it (`prlimit …`)."""
        return subprocess.Popen(
            [*prefix, str(PAYSTACK), *arguments],
            cwd=PROJECT,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def paystack(
        self,
        *arguments: str,
        expect: int | None = 0,
        prefix: Sequence[str] = (),
        timeout_s: float = COMMAND_TIMEOUT_S,
        **environment: str,
    ) -> Answer:
        """One `paystack` command to its end; its exit code must be `expect` unless that is None."""
        with self.start(*arguments, prefix=prefix, **environment) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        answer = Answer(" ".join(["paystack", *arguments]), process.returncode, stdout, stderr)
        assert expect is None or answer.exit_code == expect, str(answer)
        return answer

    def status(self, *services: str) -> dict[str, dict[str, Any]]:
        """The rows of `paystack status` by service name."""
        document = self.paystack("status", *services, "--output", "json", expect=None).document
        return {row["name"]: row for row in document["services"]}

    def pid(self, service: str) -> int:
        """The process of a service that must be running."""
        pid = self.status()[service]["pid"]
        assert isinstance(pid, int), f"{service} has no process"
        return pid

    def kill(self, service: str) -> int:
        """SIGKILLs the one process of a service and returns the pid that died."""
        pid = self.pid(service)
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_child(self, service: str) -> int:
        """SIGKILLs the one process that a service has started; the service's own pid stays."""
        (child,) = psutil.Process(self.pid(service)).children()
        child.kill()
        return child.pid

    def wait_back(self, service: str, killed_pid: int, timeout_s: float) -> dict[str, Any]:
        """Waits until all is well again after the service's process `killed_pid` died.

        Nothing is done for it. Returns the service's new row of `status`.
        """

        def look() -> dict[str, Any] | None:
            rows = self.status()
            unwell = [row for row in rows.values() if not is_well(row)]
            assert not unwell, unwell
            return rows[service] if rows[service]["pid"] != killed_pid else None

        return wait_for(look, f"all well after {service} died", timeout_s, STATUS_PAUSE_S)

    @contextmanager
    def database(self) -> "Iterator[Connection[DictCursor]]":
        """A connection of payuser to paydb; each statement sees what is committed."""
        connection = pymysql.connect(
            host="127.0.0.1",
            port=self.port("mariadb"),
            user="payuser",
            password=DATABASE_PASSWORD,
            database="paydb",
            autocommit=True,
            cursorclass=DictCursor,
        )
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """The rows of one query, on a connection of its own."""
        with self.database() as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    @cached_property
    def catalog(self) -> dict[str, Any]:
        """The event catalog, as data."""
        text = (COMPOSE_FILE.parent / "schemas" / "catalog.json").read_text("utf-8")
        catalog: dict[str, Any] = json.loads(text)
        return catalog

    @property
    def event_topics(self) -> list[str]:
        return [event["topic"] for event in self.catalog["events"].values()]

    @property
    def dead_letter_topics(self) -> list[str]:
        return [entry["deadLetterTopic"] for entry in self.catalog["consumers"].values()]


AnyStack = TypeVar("AnyStack", bound=StackUnderTest)


def is_well(row: Mapping[str, Any]) -> bool:
    """Whether a row of `status` needs nobody: healthy, done, or left out on purpose."""
    return bool(row["excluded"]) or row["state"] == "completed" or row["health"] == "healthy"


@contextmanager
def own_stack(name: str, state_dir: Path, *up: str, **extra: str) -> Iterator[StackUnderTest]:
    """A running stack (`paystack up` with the arguments `up`), gone with its data afterwards."""
    with brought_up(StackUnderTest(stack_environment(name, state_dir, **extra)), *up) as stack:
        yield stack


@contextmanager
def brought_up(stack: AnyStack, *up: str, timeout_s: float = UP_TIMEOUT_S) -> Iterator[AnyStack]:
    """The stack between `paystack up` with the arguments `up` and the removal of its data.

    What it logged stays beside its folder, as `<state_dir>.log`.
    """
    try:
        stack.paystack("up", *up, "--timeout", str(timeout_s))
        yield stack
    finally:
        logged = stack.paystack("logs", "--tail", str(KEPT_LINES), expect=None).stdout
        stack.state_dir.with_suffix(".log").write_text(logged, "utf-8")
        stack.paystack("down", "--volumes", "--yes")
