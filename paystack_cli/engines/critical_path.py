"""Which chain of services made `up` take as long as it did. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from paystack_cli.engines.base import Action, ServiceTiming


@dataclass(frozen=True, slots=True)
class Link:
    """One service of the chain: the time from the moment its need was ready until it was."""

    service: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The chain that ends with the service that was ready last.

    Each waited for the one before it, so nothing else of the stack can make `up` faster.
    `before_s`: until the first of them was begun (checks, images); all add up to when the last one
    was ready.
    """

    before_s: float = 0.0
    links: tuple[Link, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The names along the chain."""
        return tuple(link.service for link in self.links)

    @property
    def slowest(self) -> str:
        """The service that took the largest part; "" of an empty chain."""
        return max(self.links, key=lambda link: link.seconds).service if self.links else ""


def critical_path(
    timings: Sequence[ServiceTiming], needs: Mapping[str, Collection[str]]
) -> CriticalPath:
    """The chain of what was started, given what each service directly waits for.

    What ran already ends it; so does a service that waited for nobody. Empty when nothing was
    started.
    """
    started = {one.name: one for one in timings if one.action is not Action.UNCHANGED}
    if not started:
        return CriticalPath()
    chain = [max(started.values(), key=_ready_at)]
    while waited_for := [started[need] for need in needs[chain[0].name] if need in started]:
        chain.insert(0, max(waited_for, key=_ready_at))
    first = chain[0]
    before_s = max(0.0, first.at_s - first.prepared_s - first.ready_s)
    begun_s = (before_s, *(timing.at_s for timing in chain))
    return CriticalPath(
        before_s=before_s,
        links=tuple(
            Link(timing.name, timing.at_s - begun)
            for timing, begun in zip(chain, begun_s, strict=False)
        ),
    )


def _ready_at(timing: ServiceTiming) -> float:
    return timing.at_s
