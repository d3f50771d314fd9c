"""The services' log files as one stream: interleaved by time, followed through rotation."""

import heapq
import json
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from paystack_cli.engines.base import LogLine
from paystack_cli.engines.local.state import StateFolder

FOLLOW_PAUSE_S = 0.1
LINE_BYTES_MAX = 64 * 1024
READ_BYTES = 64 * 1024

_TIME_KEYS = ("timestamp", "time")
_LEADING_TIME = re.compile(r"\[?(\d{4}-\d\d-\d\d)[ T](\d{1,2}):(\d\d:\d\d)(?:[.,](\d{1,6}))?(Z)?")

Stamped = tuple[float, LogLine]


def read_logs(folder: StateFolder, services: Iterable[str], tail: int | None) -> Iterator[LogLine]:
    """What the services have written so far, oldest line first; `tail` lines of each at most."""
    streams = [_stamped(name, _last_lines(folder.log(name), tail)) for name in services]
    for _, line in heapq.merge(*streams, key=lambda stamped: stamped[0]):
        yield line


class Follower:
    """What services write from the moment this is made."""

    def __init__(self, folder: StateFolder, services: Iterable[str]) -> None:
        self._tails = {name: _Tail(folder.log(name)) for name in services}

    def lines(self) -> Iterator[LogLine]:
        """The lines as they come, for ever."""
        while True:
            news = [list(_stamped(name, tail.read())) for name, tail in self._tails.items()]
            for _, line in heapq.merge(*news, key=lambda stamped: stamped[0]):
                yield line
            if not any(news):
                time.sleep(FOLLOW_PAUSE_S)


class _Tail:
    """The lines appended to a file since the last look; a rotated file is read to its end first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = self._size = 0
        self._partial = b""
        if path.exists():
            found = path.stat()
            self._inode, self._size = found.st_ino, found.st_size

    def read(self) -> list[str]:
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
        return [_text(line) for line in whole]


def _stamped(service: str, lines: Iterable[str]) -> Iterator[Stamped]:
    """Each line with its time; one without (a stack trace) stays behind the line before it."""
    at = 0.0
    for line in lines:
        at = max(at, _time_of(line) or at)
        yield at, LogLine(service=service, text=line)


def _time_of(line: str) -> float | None:
    if line.startswith("{"):
        try:
            document = json.loads(line)
            return next(
                datetime.fromisoformat(document[key]).timestamp()
                for key in _TIME_KEYS
                if key in document
            )
        except (ValueError, TypeError, StopIteration):
            return None
    leading = _LEADING_TIME.match(line)
    if leading is None:
        return None
    day, hour, rest, fraction, utc = leading.groups()
    text = f"{day}T{int(hour):02}:{rest}.{(fraction or '0').ljust(6, '0')}"
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=UTC) if utc else moment).timestamp()


def _last_lines(path: Path, count: int | None) -> list[str]:
    """The last `count` lines of the log and of its rotated predecessors; all of them without."""
    files = [*sorted(path.parent.glob(f"{path.name}.*"), reverse=True), path]
    if count is None:
        return [line for file in files for line in _lines(file)]
    reversed_lines = (line for file in reversed(files) for line in _lines_backwards(file))
    return list(islice(reversed_lines, count))[::-1]


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                yield _text(line.rstrip(b"\n"))


def _lines_backwards(path: Path) -> Iterator[str]:
    """The lines from the last to the first, without reading the whole file for a few of them."""
    if not path.exists():
        return
    with path.open("rb") as file:
        position = file.seek(0, 2)
        rest = b""
        first = True
        while position > 0:
            size = min(READ_BYTES, position)
            position -= size
            file.seek(position)
            rest, *whole = (file.read(size) + rest).split(b"\n")
            if first and whole and whole[-1] == b"":
                whole.pop()
            first = False
            for line in reversed(whole):
                yield _text(line)
        if rest:
            yield _text(rest)


def _text(line: bytes) -> str:
    return line[:LINE_BYTES_MAX].decode("utf-8", "replace")
