"""Small stand-in services under the real local engine: supervisor, files, ports."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from paystack_cli.engines.base import Engine, UpReport
from paystack_cli.engines.registry import open_engine
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.selection import Asked, select
from paystack_cli.stack.settings import Settings
from tests.support.compose_project import make_project, settings_of
from tests.support.ports import free_ports
from tests.support.told import Told

SERVER = """
import http.server, json, os, pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(json.dumps({"event": "started"}), flush=True)
if os.environ.get("CRASH"):
    sys.exit(int(os.environ["CRASH"]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(os.environ)).encode()
        down = {"components": {"disk": {"status": "DOWN", "details": {"why": "worn"}}}}
        if os.environ.get("UNREADY"):
            body = json.dumps(down).encode()
        self.send_response(503 if os.environ.get("UNREADY") else 200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments): pass
host, port = os.environ["BIND_HOST"], int(os.environ["SERVER_PORT"])
http.server.ThreadingHTTPServer((host, port), Handler).serve_forever()
"""
ONE_SHOT = """
import os, sys
print("one-shot at work")
sys.exit(int(os.environ.get("EXIT_CODE") or 0))
"""

COMPOSE = """
name: stand-ins
x-paystack:
  local:
    environment: {BIND_HOST: 127.0.0.1}
x-http: &http
  restart: unless-stopped
  stop_grace_period: 2s
  command: [python, "${SCRIPTS}/server.py"]
  healthcheck: {test: [CMD, curl, -fsS, "http://127.0.0.1:8080/health"]}
services:
  store:
    <<: *http
    ports: ["127.0.0.1:${STORE_PORT}:8080"]
    volumes: ["store-data:/data"]
    environment: {BIND_HOST: 0.0.0.0, SERVER_PORT: "8080", CRASH: "${STORE_CRASH:-}"}
  init:
    command: [python, "${SCRIPTS}/one_shot.py"]
    stop_grace_period: 2s
    environment: {EXIT_CODE: "${INIT_EXIT_CODE:-0}"}
    depends_on: {store: {condition: service_healthy}}
  app:
    <<: *http
    ports: ["127.0.0.1:${APP_PORT}:8080"]
    environment:
      BIND_HOST: 0.0.0.0
      SERVER_PORT: "8080"
      CRASH: "${APP_CRASH:-}"
      UNREADY: "${APP_UNREADY:-}"
      GREETING: ${GREETING:-hello}
    depends_on: {init: {condition: service_completed_successfully}}
"""


class StandIns:
    """The project of the stand-ins; each look at the engine is that of a new command."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.told = Told()
        scripts = folder / "scripts"
        scripts.mkdir(parents=True)
        (scripts / "server.py").write_text(SERVER)
        (scripts / "one_shot.py").write_text(ONE_SHOT)
        self._project = make_project(folder / "project", COMPOSE)
        store, app = free_ports(2)
        self.ports = {"store": store, "app": app}
        self._environment = {
            "SCRIPTS": str(scripts),
            "PAYSTACK_STATE_DIR": str(self.state),
            "PAYSTACK_ENGINE": "local",
            "STORE_PORT": str(store),
            "APP_PORT": str(app),
        }

    def _settings(self, **environment: str) -> Settings:
        return settings_of(self._project, **self._environment, **environment)

    def engine(self, **environment: str) -> Engine:
        """The engine as a new command opens it."""
        settings = self._settings(**environment)
        return open_engine(load_stack(settings), settings)

    def up(self, *names: str, timeout_s: float = 20.0, **environment: str) -> UpReport:
        """`paystack up NAME…` in this environment."""
        selection = select(load_stack(self._settings(**environment)), Asked(names=tuple(names)))
        return self.engine(**environment).up(selection, self.told, timeout_s=timeout_s)

    def up_only(self, name: str, *, timeout_s: float, **environment: str) -> UpReport:
        """`paystack up --only NAME` in this environment."""
        selection = select(load_stack(self._settings(**environment)), Asked(only=(name,)))
        return self.engine(**environment).up(selection, self.told, timeout_s=timeout_s)

    def actions(self, report: UpReport) -> Mapping[str, str]:
        """What was done with each service."""
        return {timing.name: timing.action.value for timing in report.services}


@contextmanager
def stand_ins(folder: Path) -> Iterator[StandIns]:
    """The project in `folder`; afterwards everything is stopped and removed."""
    project = StandIns(folder)
    try:
        yield project
    finally:
        project.engine().down((), Told(), volumes=True)
