"""One root cause instead of its symptoms: which failed check another one's failure explains.

Of a check that fails while something that its service needs is not well, that is the cause. What is
wrong with the cause is told once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from paystack_cli.checks.model import CheckResult, Outcome
from paystack_cli.checks.runner import Step
from paystack_cli.engines.base import WELL, Engine, Health, ServiceStatus, State
from paystack_cli.engines.root_cause import ways_to_unwell_needs
from paystack_cli.stack.model import Stack

FAILURES = {Outcome.FAILED, Outcome.TIMED_OUT}
ENDED = {State.NOT_STARTED, State.STOPPED}


def blame_needs(
    stack: Stack, results: Sequence[CheckResult], statuses: Iterable[ServiceStatus]
) -> list[CheckResult]:
    """Results of checks that are named for their services; symptoms name their cause."""
    statuses = list(statuses)
    failed = {result.name for result in results if result.outcome in FAILURES}
    passed = {result.name for result in results if result.outcome is Outcome.PASSED}
    by_status = _wellness(stack, statuses)

    def is_well(name: str) -> bool:
        return name not in failed and (name in passed or by_status(name))

    hints = {**_hints(statuses), **{one.name: one.hint for one in results if one.hint}}
    return [
        _symptom(result, way[-1], hints)
        if result.name in failed & stack.services.keys()
        and not result.hopeless
        and (way := next(iter(ways_to_unwell_needs(stack, (result.name,), is_well)), ()))
        else result
        for result in results
    ]


def blame_services(
    stack: Stack,
    steps: Sequence[Step],
    results: Sequence[CheckResult],
    engine: Engine,
) -> list[CheckResult]:
    """Results of steps that take services: a failed one names the first that is not well."""
    if not any(result.outcome in FAILURES for result in results):
        return list(results)
    statuses = engine.ps()
    is_well, hints = _wellness(stack, statuses), _hints(statuses)
    blamed = []
    for step, result in zip(steps, results, strict=True):
        may_have_one = result.outcome in FAILURES and not result.hopeless
        cause = _first_unwell(stack, step.takes, is_well) if may_have_one else None
        blamed.append(_symptom(result, cause, hints) if cause else result)
    return blamed


def _first_unwell(
    stack: Stack, services: Iterable[str], is_well: Callable[[str], bool]
) -> str | None:
    for name in services:
        ways = ways_to_unwell_needs(stack, (name,), is_well)
        if ways:
            return ways[0][-1]
        if not is_well(name):
            return name
    return None


def _symptom(result: CheckResult, cause: str, hints: Mapping[str, str]) -> CheckResult:
    return replace(result, cause=cause, hint=hints[cause], details=())


def _hints(statuses: Iterable[ServiceStatus]) -> dict[str, str]:
    """The next command for each service that is a cause."""
    return {
        status.name: f"paystack {'up' if status.state in ENDED else 'health'} {status.name}"
        for status in statuses
    }


def _wellness(stack: Stack, statuses: Iterable[ServiceStatus]) -> Callable[[str], bool]:
    """Whether nothing speaks against a service; a one-shot need not have run this time."""
    unwell = {
        status.name
        for status in statuses
        if status.health is Health.UNHEALTHY
        or (
            status.state is State.FAILED
            if stack.services[status.name].one_shot
            else status.state not in WELL
        )
    }
    return lambda name: name not in unwell
