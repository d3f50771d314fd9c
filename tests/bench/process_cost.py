"""What processes cost: CPU time over a stretch, memory now. From Linux' /proc."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB: resident, and the fair share of what is shared with other processes."""

    rss_kib: int
    pss_kib: int


def cpu_s(pid: int) -> float:
    """The CPU time so far of all threads, children's included, from the scheduler's clock (ns)."""
    tasks = (task for member in _family(pid) for task in (PROC / str(member) / "task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far by name."""
    return {name: cpu_s(pid) for name, pid in pids.items()}


def memory(pid: int) -> Memory:
    """Of the process and its children."""
    rss_kib = pss_kib = 0
    for member in _family(pid):
        rollup = (PROC / str(member) / "smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup if line[-3:] == " kB"}
        rss_kib += sizes["Rss"]
        pss_kib += sizes["Pss"]
    return Memory(rss_kib, pss_kib)


def _family(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
