"""What the times of one `up` say: against earlier ones, as a chain, against a budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paystack_cli.engines.base import UpReport
from paystack_cli.engines.budget import Budget, Excess
from paystack_cli.engines.critical_path import CriticalPath, critical_path
from paystack_cli.engines.timing_history import TimingHistory
from paystack_cli.stack.model import Stack


@dataclass(frozen=True, slots=True)
class UpReview:
    """A report with what it means.

    `usual_s`: the median time to ready in earlier `up`s, of the services that have one; `exceeded`:
    the budgets that were not kept.
    """

    report: UpReport
    path: CriticalPath = CriticalPath()  # noqa: RUF009 - it is frozen
    usual_s: Mapping[str, float] = field(default_factory=dict)
    exceeded: tuple[Excess, ...] = ()


def review(report: UpReport, stack: Stack, history: TimingHistory, budget: Budget) -> UpReview:
    """Judge a report, and add it to the history for the next one."""
    usual_s = history.usual_s()
    history.add(report)
    needs = {name: service.depends_on for name, service in stack.services.items()}
    path = critical_path(report.services, needs)
    return UpReview(report, path, usual_s, budget.exceeded(report, path))
