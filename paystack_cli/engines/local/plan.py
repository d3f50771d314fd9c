"""What `up` has to do with each service, decided from what is there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from paystack_cli.engines.base import Action, State
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.selection import Selection

ACTIVE = {State.STARTING, State.RUNNING, State.RESTARTING}


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there of a service: its state, and whether its configuration differs by now."""

    state: State
    changed: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one service, why, and which steps must have succeeded before."""

    service: str
    action: Action
    reason: str
    after: tuple[str, ...]


def plan_up(
    stack: Stack, selection: Selection, observed: Mapping[str, Observed], *, recreate: bool
) -> tuple[Step, ...]:
    """One step per selected service, in start order.

    A one-shot runs when something that waits for it is about to start: what is left to migrate is
    migrated before new code meets the tables, and a stack that runs is not touched.
    """
    steps: dict[str, Step] = {}
    for name in reversed(selection.services):
        service = stack.services[name]
        waiting = [
            other
            for other in steps
            if name in stack.services[other].depends_on
            and steps[other].action is not Action.UNCHANGED
        ]
        action, reason = _decide(service, observed[name], waiting, recreate)
        after = tuple(need for need in service.depends_on if need in selection.services)
        steps[name] = Step(service=name, action=action, reason=reason, after=after)
    return tuple(steps[name] for name in selection.services)


def plan_down(stack: Stack, services: tuple[str, ...]) -> tuple[Step, ...]:
    """One step per service: it stops when everything that depends on it has stopped."""
    return tuple(
        Step(
            service=name,
            action=Action.STOPPED,
            reason="",
            after=tuple(other for other in services if name in stack.services[other].depends_on),
        )
        for name in reversed(services)
    )


def _decide(
    service: Service, observed: Observed, waiting: list[str], recreate: bool
) -> tuple[Action, str]:
    if service.one_shot:
        if observed.state is State.COMPLETED and not (observed.changed or recreate or waiting):
            return Action.UNCHANGED, ""
        return Action.COMPLETED, ""
    if observed.state not in ACTIVE:
        return Action.STARTED, ""
    if recreate:
        return Action.RESTARTED, "asked for"
    if observed.changed:
        return Action.RESTARTED, "its configuration changed"
    return Action.UNCHANGED, ""
