"""The services' log files as one stream: interleaved by time, followed through rotation."""

import heapq
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path

from paystack_cli.engines.base import KeepLine, LogLine
from paystack_cli.engines.local.log_files import backwards, forwards, text_of
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.logs.parsed import time_of

FOLLOW_PAUSE_S = 0.1
UNTIMED_LINES_MAX = 1000
"""Of a stack trace, say: so many lines may follow one that tells its time."""

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def read_logs(
    folder: StateFolder,
    services: Iterable[str],
    *,
    tail: int | None = None,
    since: datetime | None = None,
    keep: KeepLine | None = None,
) -> Iterator[LogLine]:
    """What the services have written so far, oldest line first. See `Engine.logs`."""
    return _merged(_of_service(name, folder.log(name), tail, since, keep) for name in services)


class Follower:
    """What services write from the moment this is made."""

    def __init__(
        self, folder: StateFolder, services: Iterable[str], keep: KeepLine | None = None
    ) -> None:
        self._tails = [_Tail(name, folder.log(name)) for name in services]
        self._keep = keep

    def lines(self) -> Iterator[LogLine]:
        """The lines as they come, for ever."""
        while True:
            news = [tail.read() for tail in self._tails]
            yield from filter(self._keep, _merged(news)) if self._keep else _merged(news)
            if not any(news):
                time.sleep(FOLLOW_PAUSE_S)


class _Tail:
    """The lines appended to a file since the last look; a rotated file is read to its end first."""

    def __init__(self, service: str, path: Path) -> None:
        self._service = service
        self._path = path
        self._at: datetime | None = None
        self._inode = self._size = 0
        self._partial = b""
        if path.exists():
            found = path.stat()
            self._inode, self._size = found.st_ino, found.st_size

    def read(self) -> list[LogLine]:
        """Those that are whole by now."""
        lines = list(_stamped(self._service, self._appended(), self._at))
        if lines:
            self._at = lines[-1].at
        return lines

    def _appended(self) -> list[str]:
        lines: list[str] = []
        for path in (self._path.with_name(self._path.name + ".1"), self._path):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            if found.st_ino != self._inode:
                if path != self._path:
                    continue  # an older file than the one being read
                self._inode, self._size = found.st_ino, 0
            if found.st_size > self._size:
                lines.extend(self._append(path, found.st_size))
        return lines

    def _append(self, path: Path, size: int) -> list[str]:
        with path.open("rb") as file:
            file.seek(self._size)
            data = self._partial + file.read(size - self._size)
        self._size = size
        *whole, self._partial = data.split(b"\n")
        return [text_of(line) for line in whole]


def _of_service(
    service: str, log: Path, tail: int | None, since: datetime | None, keep: KeepLine | None
) -> Iterator[LogLine]:
    def new_enough(line: LogLine) -> bool:
        return since is None or (line.at is not None and line.at >= since)

    if tail is None:
        lines = filter(new_enough, _stamped(service, forwards(log, since)))
        return filter(keep, lines) if keep else lines
    # Of a line whose time is too far behind to be known the reading does not end.
    not_older = takewhile(
        lambda line: line.at is None or new_enough(line),
        _stamped_backwards(service, backwards(log)),
    )
    newest_first = filter(new_enough, not_older)
    last = list(islice(filter(keep, newest_first) if keep else newest_first, tail))
    return reversed(last)


def _merged(streams: Iterable[Iterable[LogLine]]) -> Iterator[LogLine]:
    """One stream by time; lines of one service stay in the order in which it wrote them."""
    return heapq.merge(*map(_growing, streams), key=_when)


def _when(line: LogLine) -> datetime:
    return line.at or _BEFORE_ALL


def _growing(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """The lines with times that never go back, as those of several threads do by a little."""
    newest: LogLine | None = None
    for line in lines:
        if newest is not None and _when(line) < _when(newest):
            yield replace(line, at=newest.at)
        else:
            newest = line
            yield line


def _stamped(service: str, lines: Iterable[str], at: datetime | None = None) -> Iterator[LogLine]:
    """Each line with its time; one without (a stack trace) has that of the line before it."""
    for text in lines:
        at = time_of(text) or at
        yield LogLine(service, text, at)


def _stamped_backwards(service: str, lines: Iterable[str]) -> Iterator[LogLine]:
    """The same from the last line to the first."""
    untimed: list[str] = []
    for text in lines:
        at = time_of(text)
        untimed.append(text)
        if at is not None or len(untimed) > UNTIMED_LINES_MAX:
            yield from (LogLine(service, one, at) for one in untimed)
            untimed.clear()
    yield from (LogLine(service, one) for one in untimed)
