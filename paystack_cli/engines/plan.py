"""What a command has to do with each service, decided from what is there. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from paystack_cli.engines.base import ACTIVE, Action, Observed, State
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.selection import Selection, needs


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one service, why, and which steps must have succeeded before.

    `found` is the state it was decided upon; `build` is why the image is to be built first. Both
    reasons are "" where the state says enough.
    """

    service: str
    action: Action
    reason: str
    after: tuple[str, ...]
    found: State = State.NOT_STARTED
    build: str = ""


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
    starting = [name for name, (action, _) in decided.items() if action is not Action.UNCHANGED]
    for service in chosen:
        if service.one_shot:
            neighbour = _starting_neighbour(stack, service, starting)
            decided[service.name] = _decide_one_shot(observed[service.name], recreate, neighbour)
    return tuple(
        Step(
            service=service.name,
            action=decided[service.name][0],
            reason=decided[service.name][1],
            after=tuple(need for need in service.depends_on if need in selection.services),
            found=observed[service.name].state,
            build=observed[service.name].build,
        )
        for service in chosen
    )


def plan_down(
    stack: Stack, services: Sequence[str], found: Mapping[str, State]
) -> tuple[Step, ...]:
    """One step per service: it stops when everything that depends on it has stopped."""
    return tuple(
        Step(
            service=name,
            action=Action.STOPPED if found[name] in ACTIVE else Action.UNCHANGED,
            reason="",
            after=tuple(other for other in services if name in stack.services[other].depends_on),
            found=found[name],
        )
        for name in reversed(services)
    )


def plan_restart(
    stack: Stack, services: Sequence[str], found: Mapping[str, State]
) -> tuple[Step, ...]:
    """One step per service, in start order. Raises UsageError for one that there is nothing of."""
    missing = [name for name in services if found[name] is State.NOT_STARTED]
    if missing:
        raise UsageError(
            f"nothing to restart: {', '.join(missing)} is {State.NOT_STARTED}",
            hint=f"paystack up {' '.join(missing)}",
        )
    return tuple(
        Step(
            service=name,
            action=_again(stack, name, found[name]),
            reason="",
            after=tuple(need for need in stack.services[name].depends_on if need in services),
            found=found[name],
        )
        for name in services
    )


def plan_build(
    stack: Stack, services: Sequence[str], found: Mapping[str, State], due: Mapping[str, str]
) -> tuple[Step, ...]:
    """One step per service that has an image of its own; what runs is left alone.

    `due` says why an image is to be built. Raises as `with_images`.
    """
    return tuple(
        Step(
            service=name,
            action=Action.UNCHANGED,
            reason="" if name in due else "nothing that its image is made from has changed",
            after=(),
            found=found[name],
            build=due.get(name, ""),
        )
        for name in with_images(stack, services)
    )


def with_images(stack: Stack, services: Sequence[str]) -> tuple[str, ...]:
    """Those of the services whose images are ours. Raises UsageError when there is none."""
    chosen = tuple(name for name in services if stack.services[name].build is not None)
    if not chosen:
        raise UsageError(
            f"there is nothing to build: {', '.join(services)} runs an image of others",
            hint="paystack build, for all that there is",
        )
    return chosen


def restartable(
    stack: Stack, services: Sequence[str], found: Mapping[str, State]
) -> tuple[str, ...]:
    """Those that run, or should; not what has done its work. Raises UsageError when none does."""
    alive = {*ACTIVE, State.FAILED}
    chosen = tuple(n for n in services if found[n] in alive and not stack.services[n].one_shot)
    if not chosen:
        raise UsageError("nothing to restart: nothing runs", hint="paystack up")
    return chosen


def bereaved(
    stack: Stack, services: Collection[str], found: Mapping[str, State]
) -> dict[str, tuple[str, ...]]:
    """Services outside `services` that run and need some of them -> which ones, in their order.

    What a one-shot has done stays done, so nobody misses it.
    """
    missed = [name for name in services if not stack.services[name].one_shot]
    running = (n for n, state in found.items() if state in ACTIVE and n not in services)
    lacking = {name: tuple(n for n in missed if n in needs(stack, name)) for name in running}
    return {name: lacks for name, lacks in lacking.items() if lacks}


def _decide(observed: Observed, recreate: bool) -> tuple[Action, str]:
    if observed.state not in ACTIVE:
        return Action.STARTED, ""
    differs = _what_differs(observed, recreate)
    return (Action.RESTARTED, differs) if differs else (Action.UNCHANGED, "")


def _decide_one_shot(observed: Observed, recreate: bool, neighbour: str) -> tuple[Action, str]:
    if observed.state is not State.COMPLETED:
        return Action.COMPLETED, ""
    reason = _what_differs(observed, recreate) or neighbour
    return (Action.COMPLETED, reason) if reason else (Action.UNCHANGED, "")


def _what_differs(observed: Observed, recreate: bool) -> str:
    if recreate:
        return "asked for"
    return observed.change or ("its image is to be built" if observed.build else "")


def _starting_neighbour(stack: Stack, one_shot: Service, starting: Sequence[str]) -> str:
    """Who that waits for the one-shot, or that it needs, is about to start."""
    for name in starting:
        if one_shot.name in stack.services[name].depends_on:
            return f"{name} starts after it"
        if name in one_shot.depends_on:
            return f"{name} starts before it"
    return ""


def _again(stack: Stack, name: str, found: State) -> Action:
    if stack.services[name].one_shot:
        return Action.COMPLETED
    return Action.RESTARTED if found in ACTIVE else Action.STARTED
