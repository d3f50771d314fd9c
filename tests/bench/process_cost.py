"""What processes cost: CPU time over a stretch, memory now. From Linux' /proc."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB: resident, and the fair share of what is shared with other processes."""

    rss_kib: int
    pss_kib: int


def cpu_s(pid: int) -> float:
    """The CPU time of all threads so far, from the scheduler's own clock (ns)."""
    tasks = (PROC / str(pid) / "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far by name."""
    return {name: cpu_s(pid) for name, pid in pids.items()}


def memory(pid: int) -> Memory:
    rollup = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup if line.endswith(" kB")}
    return Memory(sizes["Rss"], sizes["Pss"])
