"""What `up` has to do with each service, decided from what is there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from paystack_cli.engines.base import Action, State
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import Selection

ACTIVE = {State.STARTING, State.RUNNING, State.RESTARTING}


@dataclass(frozen=True, slots=True)
class Observed:
    """What is there of a service: its state, and what about it differs by now ("" for nothing)."""

    state: State
    change: str = ""


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

    A one-shot runs when something that waits for it, or something that it needs, is about to start:
    new code meets migrated tables, an emptied database gets them again, and a stack that runs is
    not touched.
    """
    chosen = [stack.services[name] for name in selection.services]
    decided = {
        service.name: _decide(observed[service.name], recreate)
        for service in chosen
        if not service.one_shot
    }
    starting = {name for name, (action, _) in decided.items() if action is not Action.UNCHANGED}
    for service in chosen:
        if service.one_shot:
            waiting = any(service.name in stack.services[name].depends_on for name in starting)
            due = waiting or recreate or not starting.isdisjoint(service.depends_on)
            decided[service.name] = _decide_one_shot(observed[service.name], due)
    return tuple(
        Step(
            service=service.name,
            action=decided[service.name][0],
            reason=decided[service.name][1],
            after=tuple(need for need in service.depends_on if need in selection.services),
        )
        for service in chosen
    )


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


def _decide(observed: Observed, recreate: bool) -> tuple[Action, str]:
    if observed.state not in ACTIVE:
        return Action.STARTED, ""
    if recreate:
        return Action.RESTARTED, "asked for"
    if observed.change:
        return Action.RESTARTED, observed.change
    return Action.UNCHANGED, ""


def _decide_one_shot(observed: Observed, due: bool) -> tuple[Action, str]:
    if observed.state is State.COMPLETED and not observed.change and not due:
        return Action.UNCHANGED, ""
    return Action.COMPLETED, ""
