"""Each exit code that a command documents, without containers. The rows are in the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paystack_cli.errors import ExitCode
from tests.support.compose_project import make_project
from tests.support.exit_codes import (
    OF_A_SMALL_PROJECT,
    OF_A_WHOLE_STACK,
    Row,
    ends_as_the_row_says,
)
from tests.support.ports import free_ports
from tests.support.small_project import SmallProject
from tests.support.stack import StackUnderTest, stack_environment

SERVER = """
import http.server, os, signal, sys
mode = os.environ["MODE"]
print("cannot read the ledger" if mode == "crashes" else "started", flush=True)
if mode == "crashes":
    sys.exit(3)
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "deaf" else lambda *_: sys.exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if mode == "never ready" else 200)
        self.end_headers()
    def log_message(self, *arguments): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["SERVER_PORT"])), Handler).serve_forever()
"""
COMPOSE = """
x-server: &server
  command: [python, -c, "${SERVER}"]
  restart: unless-stopped
  stop_grace_period: 3s
  healthcheck: {test: [CMD, curl, -fsS, "http://127.0.0.1:8080/"]}
services:
  store:
    <<: *server
    ports: ["127.0.0.1:${PAYSTACK_STORE_PORT}:8080"]
    volumes: ["store-data:/data"]
    environment: {SERVER_PORT: "8080", MODE: "${MODE:-serves}"}
  app:
    <<: *server
    ports: ["127.0.0.1:${PAYSTACK_APP_PORT}:8080"]
    environment: {SERVER_PORT: "8080", MODE: serves}
    depends_on: {store: {condition: service_healthy}}
volumes:
  store-data:
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[StackUnderTest]:
    """Nothing of it runs yet."""
    folder = make_project(tmp_path / "project", COMPOSE)
    store, app = map(str, free_ports(2))
    own = {"PAYSTACK_STORE_PORT": store, "PAYSTACK_APP_PORT": app, "SERVER": SERVER}
    environment = stack_environment("codes", tmp_path / "state", **own)
    stack = SmallProject(environment, folder)
    try:
        yield stack
    finally:
        stack.paystack("down", "--volumes", "--yes")


@pytest.mark.parametrize("row", OF_A_SMALL_PROJECT, ids=str)
def test_of_a_small_project(project: StackUnderTest, row: Row) -> None:
    ends_as_the_row_says(project, row)


@pytest.mark.parametrize("row", OF_A_WHOLE_STACK, ids=str)
def test_of_a_whole_stack(stack: StackUnderTest, row: Row) -> None:
    ends_as_the_row_says(stack, row)


def test_images_are_for_containers(project: StackUnderTest) -> None:
    answer = project.paystack("build", expect=ExitCode.PREFLIGHT)
    assert "next: paystack build --engine compose" in answer.stderr
