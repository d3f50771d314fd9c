"""The one cause behind a service that did not become ready, out of what is known of each. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from paystack_cli.engines.base import State
from paystack_cli.engines.failure import Cause, Evidence, Failed, FailureReport, Trouble, ended
from paystack_cli.engines.log_excerpt import Excerpt
from paystack_cli.engines.signs import Reading, read_signs
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.selection import needs, start_order

MEBIBYTE = 1024 * 1024
KILLED = "SIGKILL"

Look = Callable[[str], Evidence]
"""What is known of a service, by its name."""

_STATES: Mapping[State, str] = {
    State.NOT_STARTED: "was never started",
    State.STOPPED: "is stopped",
    State.STOPPING: "is being stopped",
    State.RESTARTING: "keeps crashing",
    State.FAILED: "has failed",
}
"""What the state of a need means to those that need it."""

_UP_HELPS = {State.NOT_STARTED, State.STOPPED, State.STOPPING}
"""States of a need out of which `up` brings it."""

_NEXT: Mapping[Trouble, str] = {
    Trouble.SLOW_START: "more time: paystack up {} --timeout SECONDS",
    Trouble.WAITING: "more time: paystack up {} --timeout SECONDS",
    Trouble.STOPPED: "paystack up {}",
}
"""The next command where the service itself says nothing that has one."""

LOOK_AT_LOG = "paystack logs {} --tail 50"


def late(service: Service, waited_s: float, crashes: int = 0) -> Failed:
    """A service that runs and was not ready at the deadline, `waited_s` after its start."""
    if crashes:
        what = f"is not ready after {waited_s:.0f} s and has {ended(crashes)}"
        return Failed(service.name, Trouble.UNHEALTHY, what)
    if service.healthcheck is not None and waited_s < service.healthcheck.start_period_s:
        what = f"still starts after {waited_s:.0f} s, without a crash"
        return Failed(service.name, Trouble.SLOW_START, what)
    return Failed(service.name, Trouble.UNHEALTHY, f"is not healthy after {waited_s:.0f} s")


def explain(
    stack: Stack,
    failed: Failed,
    look: Look,
    *,
    selected: Collection[str] = (),
    also_late: Sequence[str] = (),
) -> FailureReport:
    """Why the service failed: by its own words, else by the deepest need that is not well.

    `selected`: the services that the command was about; `also_late`: those that were not ready
    either and wait for nobody.
    """
    own = look(failed.service)
    path = () if _explains_itself(own) else _path_to_blame(stack, own, look)
    culprit = look(path[-1]) if path else own
    return FailureReport(
        service=failed.service,
        trouble=failed.trouble,
        what=failed.what,
        cause=_cause_of_need(culprit) if path else _own_cause(own, failed.trouble),
        path=path or (failed.service,),
        evidence=(own, _without_good_days(culprit)) if path else (own,),
        held_up=tuple(
            name
            for name in start_order(stack)
            if name in selected and name != failed.service and failed.service in needs(stack, name)
        ),
        also_late=tuple(also_late),
    )


def ways_to_unwell_needs(
    stack: Stack, path: tuple[str, ...], is_well: Callable[[str], bool]
) -> tuple[tuple[str, ...], ...]:
    """From the end of `path` to each need that is not well while all that it needs is."""
    ways: list[tuple[str, ...]] = []
    for need in stack.services[path[-1]].depends_on:
        deeper = ways_to_unwell_needs(stack, (*path, need), is_well)
        if deeper:
            ways.extend(deeper)
        elif not is_well(need):
            ways.append((*path, need))
    return tuple(ways)


def words_for(evidence: Evidence) -> str:
    """What is wrong with a service, in a few words; "" when nothing is known."""
    if evidence.out_of_memory:
        limit = evidence.memory_limit_bytes // MEBIBYTE
        return "it wanted more memory than " + (f"its limit, {limit} MiB" if limit else "there is")
    reading = _read(evidence)
    if reading is not None:
        return reading.means
    said = evidence.engine_error or evidence.log.error or evidence.probe_output
    if not said and evidence.signal == KILLED:
        return "somebody killed it, or the kernel for want of memory (see: dmesg)"
    return said or next(iter(evidence.log.lines[-1:]), "")


def _explains_itself(own: Evidence) -> bool:
    """Whether what is wrong is its own, or it speaks of what it needs, or not at all."""
    reading = _read(own)
    if reading is not None:
        return own.out_of_memory or not reading.sign.of_need
    return own.out_of_memory or bool(own.log.error or own.engine_error)


def _path_to_blame(stack: Stack, own: Evidence, look: Look) -> tuple[str, ...]:
    """From the service to the need at fault: one that it speaks of, else the first; () for none."""
    paths = ways_to_unwell_needs(stack, (own.service,), lambda need: look(need).well)
    words = " ".join((own.probe_output, *own.log.lines))
    spoken_of = (path for path in paths if _is_spoken_of(stack.services[path[-1]], words))
    return next(spoken_of, next(iter(paths), ()))


def _is_spoken_of(service: Service, words: str) -> bool:
    """By its name, or by the address that others have of it."""
    ports = {number for port in service.ports for number in (port.published, port.target)}
    return any(re.search(rf"[\w.]:{number}\b", words) for number in ports) or (
        re.search(rf"\b{re.escape(service.name)}\b", words) is not None
    )


def _without_good_days(need: Evidence) -> Evidence:
    """What was only not started, or stopped, has written nothing about it."""
    return replace(need, log=Excerpt()) if need.state in _UP_HELPS else need


def _own_cause(own: Evidence, trouble: Trouble) -> Cause:
    reading = _read(own)
    if own.out_of_memory:
        following = f"raise mem_limit in stack/compose.yaml, then: paystack up {own.service}"
    elif reading is not None:
        following = reading.next_command(own.service)
    else:
        following = _NEXT.get(trouble, LOOK_AT_LOG).format(own.service)
    return Cause(own.service, words_for(own) or "it wrote nothing that says why", following)


def _cause_of_need(need: Evidence) -> Cause:
    state = _STATES.get(need.state, "is not healthy")
    if need.state in _UP_HELPS:
        return Cause(need.service, state, f"paystack up {need.service}")
    words, reading = words_for(need), _read(need)
    following = reading.next_command(need.service) if reading else LOOK_AT_LOG.format(need.service)
    return Cause(need.service, f"{state}: {words}" if words else state, following)


def _read(evidence: Evidence) -> Reading | None:
    """The most telling sign in what it wrote, else in what its probe said.

    Not that the probe reached nobody: that is the service itself, which does not listen.
    """
    reading = read_signs((evidence.engine_error, *evidence.log.lines))
    if reading is None:
        reading = read_signs([evidence.probe_output])
        if reading is not None and reading.sign.of_need:
            return None
    return reading
