"""What happened to the processes, read from supervisor's own log: starts, exits, restarts.

Supervisor's RPC tells neither the signal that ended a process nor how often it was restarted.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \w+ "
    r"(?:(?P<spawned>spawned): '(?P<name>[\w.-]+)' with pid (?P<pid>\d+)"
    r"|(?P<ended>exited|stopped): (?P<ended_name>[\w.-]+) "
    r"\((?P<how>exit status (?P<status>\d+)|terminated by (?P<signal>\w+))[^)]*.*)"
)


class Kind(StrEnum):
    """What happened: a process was started, ended by itself, or was stopped on request."""

    SPAWNED = "spawned"
    EXITED = "exited"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a service; `how` is "exit status 1" or "terminated by SIGKILL".

    Of an end, either `exit_code` or `signal` is set.
    """

    at: datetime
    service: str
    kind: Kind
    how: str
    exit_code: int | None = None
    signal: str | None = None


def read_journal(log: Path) -> list[Entry]:
    """All entries of the log and of its rotated predecessor, oldest first."""
    entries: list[Entry] = []
    for path in (log.with_name(log.name + ".1"), log):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as lines:
                entries.extend(_entries(lines))
    return entries


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    for line in lines:
        parsed = _LINE.match(line)
        if parsed is not None:
            yield Entry(
                at=datetime.strptime(parsed["at"], "%Y-%m-%d %H:%M:%S,%f").astimezone(),
                service=parsed["name"] or parsed["ended_name"],
                kind=Kind(parsed["spawned"] or parsed["ended"]),
                how=parsed["how"] or f"pid {parsed['pid']}",
                exit_code=int(parsed["status"]) if parsed["status"] else None,
                signal=parsed["signal"],
            )


def restarts(entries: Iterable[Entry], service: str) -> int:
    """How often the service came back by itself since it was last started on request."""
    count = 0
    ended_by_itself = False
    for entry in entries:
        if entry.service != service:
            continue
        if entry.kind is Kind.SPAWNED:
            count = count + 1 if ended_by_itself else 0
        ended_by_itself = entry.kind is Kind.EXITED
    return count


def exits_since(entries: Iterable[Entry], service: str, since: datetime) -> list[Entry]:
    """The times the service ended by itself at or after `since`."""
    return [
        entry
        for entry in entries
        if entry.service == service and entry.kind is Kind.EXITED and entry.at >= since
    ]
