"""Every host port of the stack: who holds it, and the variable that moves it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import psutil

from paystack_cli.checks.doctor.model import Finding, failure, well
from paystack_cli.checks.doctor.scene import Scene
from paystack_cli.engines.compose.daemon import Neighbour
from paystack_cli.engines.local.environment import bound_ports
from paystack_cli.engines.ports import Holder, holders, why_not_bindable
from paystack_cli.stack.model import Port, Service

PORT_MAX = 65_535

Key = tuple[str, int]
"""Protocol and number of a host port."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Who holds ports of this machine: processes and containers; the stack's own process ids."""

    processes: Mapping[Key, Holder]
    containers: Mapping[Key, Neighbour]
    own_pids: frozenset[int]
    stack_name: str


def examine_ports(scene: Scene) -> Iterator[Finding]:
    """One finding a port, of what "all" means and was not left out."""
    if scene.engine and scene.engine.has_network and not (scene.daemon and scene.daemon.is_local):
        return  # they are ports of another machine
    excluded = scene.engine.excluded() if scene.engine else frozenset()
    services = [scene.stack.services[n] for n in scene.stack.default_services - excluded]
    claims = [(service, port) for service in services for port in _ports_of(service, scene)]
    held = _look(scene, {port.protocol for _, port in claims})
    for service, port in sorted(claims, key=lambda claim: claim[1].published):
        yield _examine(service, port, held)


def _ports_of(service: Service, scene: Scene) -> tuple[Port, ...]:
    in_containers = scene.engine is not None and scene.engine.has_network
    return service.ports if in_containers else bound_ports(service)


def _look(scene: Scene, protocols: set[str]) -> _Held:
    neighbours = scene.daemon.neighbours() if scene.daemon and scene.daemon.is_local else []
    return _Held(
        processes={
            (protocol, number): holder
            for protocol in protocols
            for number, holder in holders(protocol).items()
        },
        containers={key: one for one in neighbours if one.running for key in one.ports},
        own_pids=frozenset(_families(status.pid for status in scene.statuses if status.pid)),
        stack_name=scene.stack.name,
    )


def _families(pids: Iterator[int]) -> Iterator[int]:
    """The processes and all below them."""
    for pid in pids:
        yield pid
        try:
            yield from (child.pid for child in psutil.Process(pid).children(recursive=True))
        except psutil.Error:  # it has ended in the meantime
            continue


def _examine(service: Service, port: Port, held: _Held) -> Finding:
    suffix = "" if port.protocol == "tcp" else f"/{port.protocol}"
    id, title = f"port.{service.name}.{port.target}{suffix}", f"Port {port.published}{suffix}"
    key = (port.protocol, port.published)
    container, process = held.containers.get(key), held.processes.get(key)
    moved = f"moved by {port.variable}" if port.variable else "fixed in compose.yaml"
    if container and container.project == held.stack_name:
        return well(id, title, f"{service.name} has it ({container.name}); {moved}")
    if process and process.pid in held.own_pids:
        return well(id, title, f"{service.name} has it (pid {process.pid}); {moved}")
    problem = why_not_bindable(port)
    if problem is None:
        return well(id, title, f"free for {service.name}; {moved}")
    return failure(
        id,
        title,
        f"{service.name} needs it, and it {_by_whom(problem, container, process)}",
        _way_out(port, container, process),
    )


def _by_whom(problem: str, container: Neighbour | None, process: Holder | None) -> str:
    if container:
        return f"is taken by the container {container.name}"
    return f"is taken by {process} (user {process.user})" if process else problem


def _way_out(port: Port, container: Neighbour | None, process: Holder | None) -> str:
    ways = []
    if container:
        ways.append(f"docker stop {container.name}")
    elif process:
        ways.append(f"kill {process.pid}")
    if port.variable:
        ways.append(f"{port.variable}={_free_above(port)} paystack up")
    return "; or: ".join(ways) or f"ss -lnp 'sport = :{port.published}'"


def _free_above(port: Port) -> int:
    """The next port that could be had."""
    above = (replace(port, published=number) for number in range(port.published + 1, PORT_MAX))
    return next((candidate.published for candidate in above if not why_not_bindable(candidate)), 0)
