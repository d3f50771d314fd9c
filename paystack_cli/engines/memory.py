"""The memory of services' processes, from this machine's /proc."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

PARENT, RESIDENT_PAGES = 1, 21
"""Fields of /proc/PID/stat behind the name, which may hold anything. Source: proc(5)."""


def resident_bytes(pids: Iterable[int]) -> dict[int, int]:
    """Resident memory of each process and of all below it; what is gone is left out.

    All of /proc is read once, whatever the number of processes.
    """
    asked = set(pids)
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for pid in (int(path.name) for path in PROC.iterdir() if path.name.isdigit()):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
            parents[pid] = int(fields[PARENT])
            resident[pid] = int(fields[RESIDENT_PAGES]) * PAGE_BYTES
    total = dict.fromkeys(asked & parents.keys(), 0)
    for pid, size in resident.items():
        ancestor = pid
        while ancestor and ancestor not in asked:
            ancestor = parents.get(ancestor, 0)
        if ancestor in total:
            total[ancestor] += size
    return total
