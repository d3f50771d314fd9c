"""Runs checks: all at once (health) or one after the other (smoke), under one deadline."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from paystack_cli.checks.model import Check, CheckResult, Outcome
from paystack_cli.checks.progress import Progress
from paystack_cli.checks.retry import Deadline, run_check


def run_in_parallel(
    checks: Sequence[Check], deadline: Deadline, progress: Progress
) -> list[CheckResult]:
    """Results in the order of `checks`; Ctrl-C ends every check with its current attempt."""
    cancelled = Event()

    def run(check: Check) -> CheckResult:
        result = run_check(check, deadline, progress, cancelled)
        progress.finished(result)
        return result

    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as pool:
        try:
            return list(pool.map(run, checks))
        except BaseException:
            cancelled.set()
            raise


@dataclass(frozen=True, slots=True)
class Step:
    """A check in a row of them.

    `left_out` says why it is excluded, if it is; `takes`: the services that it needs to be well.
    """

    check: Check
    left_out: str | None = None
    takes: tuple[str, ...] = ()


def run_in_order(
    steps: Sequence[Step], deadline: Deadline, progress: Progress
) -> list[CheckResult]:
    """Each step once all before have passed; those after a failure are NOT_RUN."""
    results: list[CheckResult] = []
    stopped_at: str | None = None
    for step in steps:
        name = step.check.name
        if step.left_out is not None:
            result = CheckResult(name, Outcome.EXCLUDED, step.left_out)
        elif stopped_at is not None:
            result = CheckResult(name, Outcome.NOT_RUN, f"needs {stopped_at}")
        else:
            result = run_check(step.check, deadline, progress, Event())
            stopped_at = None if result.outcome is Outcome.PASSED else name
        progress.finished(result)
        results.append(result)
    return results
