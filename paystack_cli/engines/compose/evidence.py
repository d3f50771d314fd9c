"""What is known of a service whose container fails or has failed."""

from datetime import datetime, timedelta

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import Health, State
from paystack_cli.engines.compose.container import Container, signal_of
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.watch import Ends
from paystack_cli.engines.failure import Evidence
from paystack_cli.engines.log_excerpt import LINES_READ, excerpt
from paystack_cli.stack.model import Service

NEVER = Ends()

NOTED_LATE = timedelta(seconds=0.5)
"""The engine notes a start when a quick process has written its first lines already."""
LAST_WORDS = timedelta(seconds=10)
"""Before a process ends: what it writes then tells why."""


def evidence_of(
    service: Service, state: State, container: Container, daemon: Daemon, ends: Ends = NEVER
) -> Evidence:
    """Of a service in this state; `ends`: by itself, since the command began."""
    exit_code = ends.exit_code  # the container may have been started again meanwhile
    if exit_code is None and not container.pid and container.finished_at is not None:
        exit_code = container.exit_code
    return Evidence(
        service=service.name,
        state=state,
        health=Health.UNHEALTHY if container.health == "unhealthy" else Health.NONE,
        exit_code=exit_code,
        signal=None if exit_code is None else signal_of(exit_code),
        out_of_memory=ends.out_of_memory or container.oom_killed,
        memory_limit_bytes=container.memory_limit_bytes,
        crashes=ends.count,
        probe=_probe_of(service),
        probe_output="" if container.health == "healthy" else sanitize(container.last_probe),
        engine_error=sanitize(container.error),
        log=excerpt(_lines_of_last_run(daemon, container)),
    )


def _lines_of_last_run(daemon: Daemon, container: Container) -> list[str]:
    """A container that is started again keeps what its earlier runs wrote.

    In a crash loop the newest run may have written nothing yet; then it is the end of the one
    before.
    """
    lines = _lines(daemon, container, container.started_at and container.started_at - NOTED_LATE)
    if not lines and container.restarts and container.finished_at is not None:
        lines = _lines(daemon, container, container.finished_at - LAST_WORDS)
    return lines


def _lines(daemon: Daemon, container: Container, since: datetime | None) -> list[str]:
    pieces = daemon.log_stream(container.id, since, LINES_READ, follow=False)
    stamped = b"".join(pieces).decode("utf-8", "replace").split("\n")
    return [line.partition(" ")[2].rstrip("\r") for line in stamped if line]


def _probe_of(service: Service) -> str:
    """What the health check asks, for people."""
    if service.healthcheck is None:
        return ""
    url = service.healthcheck.readiness_url
    return f"GET {url}" if url else "its health check"
