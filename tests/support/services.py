"""One service of the stack as a process of the test, against the servers that tests share."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.stack import DATABASE_PASSWORD, StackUnderTest
from tests.support.waiting import wait_for

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 15.0
LOG_TAIL_CHARS = 4_000


@dataclass
class Service:
    """A service that runs after `start`; its log is a file of JSON lines."""

    name: str
    module: str
    environment: Mapping[str, str]
    port: int
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)

    def start(self) -> None:
        """Starts it and waits until its readiness is UP; again after `kill`, if need be."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._wait_ready()

    def get(self, path: str) -> dict[str, Any]:
        """The JSON document under `path`, whatever its status code."""
        answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}{path}").json()
        return answer

    def _wait_ready(self) -> None:
        def look() -> bool:
            assert self.process.poll() is None, f"{self.name} ended:\n{self.tail()}"
            try:
                return bool(self.get("/actuator/health/readiness")["status"] == "UP")
            except httpx.HTTPError:
                return False

        wait_for(look, f"{self.name} ready\n{self.tail()}", READY_WITHIN_S)

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far; the last line may still be being written."""
        complete = self.log.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines() if line.startswith("{")]

    def tail(self) -> str:
        return self.log.read_text("utf-8")[-LOG_TAIL_CHARS:]

    def kill(self) -> None:
        """SIGKILL, as a crash is."""
        self.process.kill()
        self.process.wait(STOP_WITHIN_S)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_WITHIN_S)


@contextmanager
def service(
    stack: StackUnderTest, name: str, folder: Path, module: str | None = None, **environment: str
) -> Iterator[Service]:
    """Service `name`, ready, until the end of the block, with more `environment`.

    It has the stack's own port of that service, unless SERVER_PORT says another (a second relay).
    `module` is what to run when that is not the service's own.
    """
    port = int(environment.get("SERVER_PORT") or stack.port(name))
    log = folder / f"{name}-{port}.log"
    settings = {
        "SERVER_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "INFO",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(stack.port("mariadb")),
        "DB_NAME": "paydb",
        "DB_USER": "payuser",
        "DB_PASSWORD": DATABASE_PASSWORD,
        "KAFKA_BOOTSTRAP": stack.bootstrap,
        "OUTBOX_WAKE": f"127.0.0.1:{stack.environment['PAYSTACK_OUTBOX_WAKE_PORT']}",
        "CARD_NETWORK_URL": stack.url("pg-simulator"),
        "CALL_LOG": str(folder / "calls.db"),
    }
    running = Service(
        name, module or name.replace("-", "_"), {**settings, **environment}, port, log
    )
    try:
        running.start()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
