"""How long each service has taken to be ready in earlier `up`s: what is usual on this machine."""

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from paystack_cli.engines.base import Action, ServiceTiming, UpReport

UPS_MAX = 50
"""Kept of each engine; older ones go."""
SAMPLES_MIN = 3
"""Fewer earlier starts of a service tell nothing about what is usual."""

STANDS_OUT_RATIO, STANDS_OUT_S = 1.5, 0.5
"""A time stands out when it is that many times the usual one, and that many seconds more."""


@dataclass(frozen=True, slots=True)
class TimingHistory:
    """One file of the state folder: a JSON line for each `up` that started something.

    The file is replaced as a whole, so a reader sees all of it or the one before; a line that
    cannot be read is left out, and so is a file that cannot.
    """

    path: Path

    @classmethod
    def of(cls, state: Path, engine: str) -> "TimingHistory":
        """The history of an engine; times of processes say nothing about containers."""
        return cls(state / history_file(engine))

    def usual_s(self) -> Mapping[str, float]:
        """The median time to ready of each service that was started often enough."""
        import statistics  # only `up` has a use for it, and every command imports this

        samples: defaultdict[str, list[float]] = defaultdict(list)
        for line in self._lines():
            for name, ready_s in _ready_times(line):
                samples[name].append(ready_s)
        return {
            name: statistics.median(times)
            for name, times in samples.items()
            if len(times) >= SAMPLES_MIN
        }

    def add(self, report: UpReport) -> None:
        """Keep the times of what this `up` has started; nothing when that is nothing.

        What cannot be written is not kept: all is healthy, and that is what was asked for.
        """
        started = {
            timing.name: round(timing.ready_s, 3)
            for timing in report.services
            if timing.action is not Action.UNCHANGED
        }
        if not started:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        lines = [*self._lines(), json.dumps({"at": at, "ready_s": started})]
        new = self.path.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):
            new.write_text("".join(f"{line}\n" for line in lines[-UPS_MAX:]), "utf-8")
            new.replace(self.path)

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []


def history_file(engine: str) -> str:
    """Its name in the state folder of a stack."""
    return f"timings-{engine}.jsonl"


def stands_out(timing: ServiceTiming, usual_s: float) -> bool:
    """Whether a service has taken noticeably longer than it usually does."""
    more_s = timing.ready_s - usual_s
    return more_s >= STANDS_OUT_S and timing.ready_s >= STANDS_OUT_RATIO * usual_s


def _ready_times(line: str) -> Iterator[tuple[str, float]]:
    try:
        times = json.loads(line)["ready_s"].items()
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    for name, ready_s in times:
        if isinstance(ready_s, int | float):
            yield name, float(ready_s)
