"""`down` of containers: stop and remove what is meant, and never more.

Compose's own `down` is not asked: it takes the network and the containers of protected services
with it. Services stop in reverse order of need; a network goes when nothing belongs to it any more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from paystack_cli.engines.base import Action, Progress
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.daemon import Daemon
from paystack_cli.engines.compose.observe import newest, state_of
from paystack_cli.engines.executor import Gate, execute
from paystack_cli.engines.plan import Step, plan_down
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import in_order

DEFAULT_GRACE_S = 10.0
"""For a container whose service is not in compose.yaml any more; Docker's default."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What is there of a stack, sorted by what `down` may do with it.

    `of_services`: containers of the meant services; `strays`: containers that no service has any
    more, and one-off ones that an interrupted `run` has left behind; `left`: what runs on.
    """

    of_services: tuple[Container, ...]
    strays: tuple[Container, ...] = ()
    left: tuple[Container, ...] = ()


def sort_out(
    stack: Stack, containers: Iterable[Container], services: Collection[str], *, everything: bool
) -> Remains:
    """Which containers `down` of these services removes; strays only when it means everything."""
    there = list(containers)
    meant, strays = [], []
    for container in there:
        service = stack.services.get(container.service)
        protected = container.protected or (service is not None and service.protected)
        if service is not None and not container.one_off:
            if container.service in services:
                meant.append(container)
        elif everything and not protected:
            strays.append(container)
    gone = {container.id for container in (*meant, *strays)}
    left = tuple(one for one in there if one.pid and one.id not in gone)
    return Remains(tuple(meant), tuple(strays), left if everything else ())


def obstacles(
    stack: Stack, steps: Iterable[Step], changes: Mapping[str, str], containers: Iterable[Container]
) -> Remains:
    """The containers that `up` must remove before Compose can make them as they should be.

    Those of services that start anew, and of an interrupted command: created and never started, a
    second one, one under another name. What ended and is unchanged is kept with its log.
    """
    there = list(containers)
    current = newest(there)
    anew = {step.service for step in steps if step.action is not Action.UNCHANGED}

    def is_in_the_way(container: Container) -> bool:
        service = stack.services[container.service]
        if container.id != current[container.service].id:
            return True
        if service.container_name not in {None, container.name}:
            return True
        reusable = container.status == "exited" and not service.one_shot
        return service.name in anew and not (reusable and service.name not in changes)

    chosen = {step.service for step in steps}
    return Remains(
        of_services=tuple(
            container
            for container in there
            if container.service in chosen and not container.one_off and is_in_the_way(container)
        )
    )


def take_down(
    stack: Stack, daemon: Daemon, remains: Remains, progress: Progress
) -> tuple[str, ...]:
    """Stop and remove the containers; the names of services that ran, in the order they stopped.

    What has ended already is removed too, so that the plan only gives the order here.
    """
    for stray in remains.strays:
        progress.note(f"removing {stray.name}, which belongs to no service of the stack")
        _remove(daemon, stray, DEFAULT_GRACE_S)

    if remains.left:
        left = ", ".join(container.service for container in remains.left)
        progress.note(f"left running, for it was not named: {left}")
    return _in_reverse(stack, remains.of_services, partial(_remove, daemon), progress)


def halt(
    stack: Stack, daemon: Daemon, containers: Sequence[Container], progress: Progress
) -> tuple[str, ...]:
    """Stop the containers and keep them; the names of services that ran, as `take_down`."""
    return _in_reverse(stack, containers, partial(_stop, daemon), progress)


def _in_reverse(
    stack: Stack,
    containers: Sequence[Container],
    act: Callable[[Container, float], None],
    progress: Progress,
) -> tuple[str, ...]:
    """`act` upon each container, with its grace time, once all that needs it has ended."""

    def stop(step: Step, gate: Gate) -> str | None:
        gate.wait_for_needs()
        ours = [one for one in containers if one.service == step.service]
        for container in ours:
            act(container, stack.services[step.service].stop_grace_s)
        if not any(container.pid for container in ours):
            return None
        progress.service(step.service, "stopped")
        return step.service

    there = {one.service: state_of(stack.services[one.service], one) for one in containers}
    names = in_order(stack, there) if there else ()
    return tuple(name for name in execute(plan_down(stack, names, there), stop) if name)


def _stop(daemon: Daemon, container: Container, grace_s: float) -> None:
    if container.pid:
        daemon.stop(container.id, grace_s)


def _remove(daemon: Daemon, container: Container, grace_s: float) -> None:
    _stop(daemon, container, grace_s)
    daemon.remove(container.id)
