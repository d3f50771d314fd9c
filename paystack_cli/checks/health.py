"""`paystack health`: one check per service, made from its check kind in compose.yaml."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paystack_cli.checks.blame import blame_needs
from paystack_cli.checks.model import Check, CheckResult, Evidence, Hopeless, Outcome, Probe
from paystack_cli.checks.probes import Limits, ProbeMaker, Target
from paystack_cli.checks.probes.gateway import gateway_probe
from paystack_cli.checks.probes.http import http_probe
from paystack_cli.checks.probes.kafka import kafka_probe
from paystack_cli.checks.probes.mariadb import mariadb_probe
from paystack_cli.checks.probes.page import page_probe
from paystack_cli.checks.probes.relay import relay_probe
from paystack_cli.checks.probes.worker import worker_probe
from paystack_cli.checks.progress import Progress
from paystack_cli.checks.reach import Reach
from paystack_cli.checks.retry import Deadline
from paystack_cli.checks.runner import run_in_parallel
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import Engine, ServiceStatus, State
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Service, Stack
from paystack_cli.stack.selection import Asked, left_out, named

PROBES: Mapping[str, ProbeMaker] = {
    "mariadb": mariadb_probe,
    "kafka": kafka_probe,
    "http": http_probe,
    "page": page_probe,
    "gateway": gateway_probe,
    "worker": worker_probe,
    "relay": relay_probe,
}
"""Check kind in compose.yaml -> how to prove it. What runs once or is a tool has none."""

NO_MORE: Mapping[str, Sequence[Check]] = {}
"""No checks but those of services."""

LOG_TAIL_LINES = 5
"""Of a failed service's log."""

_NOT_RUNNING: Mapping[State, tuple[str, str]] = {
    State.NOT_STARTED: ("was never started", "paystack up {}"),
    State.STOPPED: ("is stopped", "paystack up {}"),
    State.FAILED: ("has failed and is not restarted", "paystack logs {} --tail 50"),
}
"""States that no waiting mends: what to say and the next command."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Names of what to check and of what is left out: services in compose.yaml's order, others."""

    checked: tuple[str, ...]
    excluded: tuple[str, ...]


def choose(
    stack: Stack,
    asked: Asked,
    *,
    excluded_at_up: Collection[str],
    more: Mapping[str, Sequence[Check]] = NO_MORE,
) -> Choice:
    """What is named; without names all but those with a profile. Named is checked in any case.

    `more` are checks of no service by the name of who made them, which stands for all of them where
    it is none of theirs. Raises UsageError for an unknown name and for a service that has nothing
    to check.
    """
    others = {maker: [check.name for check in checks] for maker, checks in more.items()}
    single = [name for names in others.values() for name in names]
    others |= {name: [name] for name in single}
    meant_by_name = named(stack, asked, others)
    wanted = meant_by_name or stack.default_services.union(single)
    meant = [s.name for s in stack.services.values() if s.check and s.name in wanted]
    meant += [name for name in single if name in wanted]
    if not meant:
        names = ", ".join(sorted(wanted))
        raise UsageError(f"{names} has no health check", hint="paystack status")
    excluded = left_out(stack, asked, others) | (set(excluded_at_up) - meant_by_name)
    return Choice(
        checked=tuple(name for name in meant if name not in excluded),
        excluded=tuple(name for name in meant if name in excluded),
    )


def check_health(
    stack: Stack,
    reach: Reach,
    engine: Engine,
    choice: Choice,
    *,
    limits: Limits,
    deadline: Deadline,
    progress: Progress,
    more: Mapping[str, Sequence[Check]] = NO_MORE,
) -> list[CheckResult]:
    """A result for each that is chosen, in the order of `choose`; failures with their cause."""
    others = {check.name: check for checks in more.values() for check in checks}
    states = {status.name: status.state for status in engine.ps()}
    problem = engine.problem()
    checks = [
        others.get(name)
        or _check(
            Target(stack.services[name], reach, stack.catalog, limits),
            states.get(name, State.NOT_STARTED),
            problem,
        )
        for name in choice.checked
    ]
    results = [
        *_explained(stack, run_in_parallel(checks, deadline, progress), engine),
        *(CheckResult(name, Outcome.EXCLUDED, "left out on purpose") for name in choice.excluded),
    ]
    order = [*stack.services, *others]
    return sorted(results, key=lambda result: order.index(result.name))


def _explained(
    stack: Stack, results: Sequence[CheckResult], engine: Engine
) -> Sequence[CheckResult]:
    """Symptoms with their cause; a cause with what its process did and last wrote."""
    if all(result.outcome is Outcome.PASSED for result in results):
        return results
    statuses = {status.name: status for status in engine.ps()}
    return [
        replace(result, details=_details(result, statuses.get(result.name), engine))
        for result in blame_needs(stack, results, statuses.values())
    ]


def _details(result: CheckResult, status: ServiceStatus | None, engine: Engine) -> tuple[str, ...]:
    """Of a failure that is its own; an engine may not know the status of one with a profile."""
    own = result.outcome is not Outcome.PASSED and result.cause is None
    if not own or status is None or status.state is State.NOT_STARTED:
        return ()
    return tuple(_account(status, engine))


def _account(status: ServiceStatus, engine: Engine) -> Iterator[str]:
    ended = f", last ended: {status.ended}" if status.ended else ""
    yield f"process: {status.state}, restarts: {status.restarts}{ended}"
    for line in engine.logs([status.name], tail=LOG_TAIL_LINES):
        yield f"log: {sanitize(line.text)}"


def _check(target: Target, state: State, problem: str | None) -> Check:
    service = target.service
    probe = _not_running(service, state, problem) if state in _NOT_RUNNING else _probe(target)
    return Check(service.name, probe, hint=f"paystack logs {service.name} --tail 50")


def _probe(target: Target) -> Probe:
    return PROBES[target.service.check or ""](target)


def _not_running(service: Service, state: State, problem: str | None) -> Probe:
    """Fails at once; what is wrong with the engine is told, for it may be why."""
    said, command = _NOT_RUNNING[state]
    if problem is not None:
        said = f"does not run; {problem}"

    def probe(_timeout_s: float) -> Evidence:
        raise Hopeless(f"{service.name} {said}", hint=command.format(service.name))

    return probe
