"""What is there: the state of each service out of its container."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from paystack_cli.engines.base import DOWN, Health, ServiceStatus, State
from paystack_cli.engines.compose.container import Container, how_ended
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.memory import resident_bytes
from paystack_cli.stack.model import Service

_STATES: Mapping[str, State] = {
    "created": State.NOT_STARTED,
    "running": State.RUNNING,
    "paused": State.RUNNING,
    "restarting": State.RESTARTING,
    "removing": State.STOPPING,
    "dead": State.FAILED,
}
"""Docker's word -> ours; `exited` depends on how, and on what the service is."""

_HEALTH: Mapping[str | None, Health] = {
    "healthy": Health.HEALTHY,
    "unhealthy": Health.UNHEALTHY,
}


def newest(containers: Iterable[Container]) -> dict[str, Container]:
    """The container of each service; one-off ones (`run`) are none of it."""
    found: dict[str, Container] = {}
    for container in containers:
        other = found.get(container.service)
        if not container.one_off and (other is None or _since(container) > _since(other)):
            found[container.service] = container
    return found


def state_of(service: Service, container: Container | None) -> State:
    """The state of a service, given its container."""
    if container is None:
        return State.NOT_STARTED
    if container.error:  # it could not even be started
        return State.FAILED
    if container.status == "exited":
        if service.one_shot:
            return State.COMPLETED if container.exit_code == 0 else State.FAILED
        # What is always started again has ended because somebody wanted it so.
        return State.STOPPED if service.restarts or container.exit_code == 0 else State.FAILED
    state = _STATES[container.status]
    if state is State.RUNNING and (container.health == "starting" or service.one_shot):
        return State.STARTING
    return state


def observe(
    services: Iterable[Service],
    containers: Mapping[str, Container],
    excluded: frozenset[str],
    daemon: Daemon,
) -> list[ServiceStatus]:
    """One status per service, each looked at in a thread of its own."""

    chosen = list(services)
    memory = resident_bytes(container.pid for container in containers.values() if container.pid)

    def status(service: Service) -> ServiceStatus:
        container = containers.get(service.name)
        return _status(service, container, service.name in excluded, daemon, memory)

    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        return list(pool.map(status, chosen))


def _status(
    service: Service,
    container: Container | None,
    excluded: bool,
    daemon: Daemon,
    memory: Mapping[int, int],
) -> ServiceStatus:
    running = container is not None and container.pid > 0
    return ServiceStatus(
        name=service.name,
        group=service.group,
        state=state_of(service, container),
        health=_health(container) if container and running else Health.NONE,
        health_detail=_detail(container) if container else "",
        excluded=excluded,
        pid=container.pid if container and running else None,
        ended=_ended(container, daemon) if container else None,
        uptime_s=_uptime_s(container) if container and running else None,
        restarts=container.restarts if container else 0,
        ports=_host_ports(service, container),
        memory_bytes=_memory_bytes(container, daemon, memory) if container and running else None,
        cause=_cause(service, container, daemon) if container else None,
    )


def _cause(service: Service, container: Container, daemon: Daemon) -> str | None:
    """Why a service is down; its log is read, and what reads it imported, for those alone."""
    state = state_of(service, container)
    if state not in DOWN:
        return None
    from paystack_cli.engines.compose.evidence import evidence_of
    from paystack_cli.engines.root_cause import words_for

    return words_for(evidence_of(service, state, container, daemon)) or None


def _health(container: Container) -> Health:
    if container.status == "paused":
        return Health.UNHEALTHY
    return _HEALTH.get(container.health, Health.NONE)


def _detail(container: Container) -> str:
    if container.status == "paused":
        return f"it is paused: docker unpause {container.name}"
    if container.error:
        return container.error
    return "" if container.health in {None, "healthy"} else container.last_probe


def _memory_bytes(container: Container, daemon: Daemon, memory: Mapping[int, int]) -> int | None:
    """From /proc where the process is this machine's: the engine may take a second to answer."""
    try:
        is_ours = container.id in Path(f"/proc/{container.pid}/cgroup").read_text("utf-8")
    except OSError:  # gone, or in a virtual machine
        is_ours = False
    return memory.get(container.pid) if is_ours else daemon.memory(container.id)


def _ended(container: Container, daemon: Daemon) -> str | None:
    """How the last process ended; of one that runs again only the engine's memory knows."""
    if container.finished_at is None:
        return None
    if container.pid == 0:
        return container.ended
    at = container.finished_at.timestamp()
    past = daemon.history(since=at - 1, until=at + 1, container=container.id)
    codes = [event.exit_code for event in past if event.action == "die"]
    return how_ended(codes[-1]) if codes and codes[-1] is not None else None


def _uptime_s(container: Container) -> float | None:
    if container.started_at is None:
        return None
    return max(0.0, time.time() - container.started_at.timestamp())


def _host_ports(service: Service, container: Container | None) -> tuple[int, ...]:
    """As the container has them, else as it would get them."""
    bound = container.ports if container else {}
    return tuple(
        bound.get(f"{port.target}/{port.protocol}", ("", port.published))[1]
        for port in service.ports
    )


def _since(container: Container) -> datetime:
    return container.started_at or datetime.fromtimestamp(0, UTC)
