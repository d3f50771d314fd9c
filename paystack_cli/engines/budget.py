"""How long `up` may take, as a whole and for each service, and who has taken longer. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from paystack_cli.engines.base import Action, UpReport
from paystack_cli.engines.critical_path import CriticalPath
from paystack_cli.errors import UsageError
from paystack_cli.stack.model import Stack
from paystack_cli.stack.selection import expand


@dataclass(frozen=True, slots=True)
class Excess:
    """A budget that was not kept: a sentence, and the service whose log may tell why."""

    sentence: str
    slow_service: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds: `whole_s` until all is healthy, None for no limit; `services` to ready, each."""

    whole_s: float | None = None
    services: Mapping[str, float] = field(default_factory=dict)

    def exceeded(self, report: UpReport, path: CriticalPath) -> tuple[Excess, ...]:
        """Who has taken longer, and whether that made `up` slow."""
        return tuple(self._excesses(report, path))

    def _excesses(self, report: UpReport, path: CriticalPath) -> Iterator[Excess]:
        way = " -> ".join(path.services)
        if self.whole_s is not None and report.total_s > self.whole_s:
            took = f"up took {report.total_s:.1f} s, its budget is {self.whole_s:g} s"
            yield Excess(f"{took}: {way}" if way else took, path.slowest)
        for timing in report.services:
            budget_s = self.services.get(timing.name, math.inf)
            if timing.action is not Action.UNCHANGED and timing.ready_s > budget_s:
                critical = timing.name in path.services
                where = f"on the critical path {way}" if critical else "not on the critical path"
                took = f"{timing.name} took {timing.ready_s:.1f} s, its budget is {budget_s:g} s"
                yield Excess(f"{took}, {where}", timing.name)


def read_budget(texts: Iterable[str], stack: Stack) -> Budget:
    """A budget out of `20` (the whole) and `kafka=8` (a service, or each of a group).

    Raises UsageError for what is neither, and for an unknown name. The last of a name counts.
    """
    whole_s: float | None = None
    services: dict[str, float] = {}
    for text in texts:
        name, _, seconds = text.rpartition("=")
        if name:
            services.update(dict.fromkeys(expand(stack, [name]), _seconds(seconds, text)))
        else:
            whole_s = _seconds(text, text)
    return Budget(whole_s, services)


def _seconds(text: str, whole: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UsageError(
            f"budget {whole!r} names no time in seconds",
            hint="--budget 20 for all of up, --budget kafka=8 for a service;"
            " PAYSTACK_BUDGET holds both: '20 kafka=8'",
        )
    return seconds
