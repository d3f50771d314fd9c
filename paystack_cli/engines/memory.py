"""The memory of a service's processes, from this machine's /proc."""

import psutil


def resident_bytes(pid: int) -> int | None:
    """Resident memory of the process and of what it started; None when it is gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)
    except psutil.Error:
        return None
