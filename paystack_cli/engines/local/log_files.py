"""The log files of one service, rotated ones included, as lines: from a time on, or from the end.

Memory does not grow with the files: what is asked for is found by bisection or read backwards.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from paystack_cli.logs.parsed import time_of

LINE_BYTES_MAX = 64 * 1024
"""A longer line is cut."""
READ_BYTES = 64 * 1024
TICK_S = 1.0
"""A file's time may be older than the line last written to it: the kernel's clock for files ticks
every few milliseconds."""


def files_of(log: Path) -> list[Path]:
    """The files of a log that exist, oldest first: `app.log.2`, `app.log.1`, `app.log`."""
    rotated = sorted(log.parent.glob(f"{log.name}.*"), key=lambda path: -_number(path))
    return [path for path in (*rotated, log) if path.exists()]


def forwards(log: Path, since: datetime | None = None) -> Iterator[str]:
    """The lines from the first to the last; with `since` only a few of those that are older.

    A log's times only grow, so a place in it is found by bisection.
    """
    for path in files_of(log):
        if since is not None and path.stat().st_mtime + TICK_S < since.timestamp():
            continue
        with path.open("rb") as file:
            file.seek(0 if since is None else _place(file, since))
            yield from _lines(file)


def backwards(log: Path) -> Iterator[str]:
    """The lines from the last to the first."""
    for path in reversed(files_of(log)):
        with path.open("rb") as file:
            yield from _lines_backwards(file)


def text_of(line: bytes) -> str:
    """A line as text; what is no UTF-8 in it is replaced."""
    return line[:LINE_BYTES_MAX].decode("utf-8", "replace")


def _number(path: Path) -> int:
    return int(path.suffix[1:]) if path.suffix[1:].isdecimal() else 0


def _place(file: BinaryIO, since: datetime) -> int:
    """The begin of a line before which everything is older than `since`."""
    low, high = 0, file.seek(0, 2)
    while high - low > READ_BYTES:
        middle = (low + high) // 2
        at = _first_time(file, middle, high)
        if at is not None and at < since:
            low = middle
        else:
            high = middle
    return _next_line(file, low)


def _first_time(file: BinaryIO, begin: int, end: int) -> datetime | None:
    """The first time that a line between the two places tells."""
    file.seek(_next_line(file, begin))
    for line in _lines(file):
        at = time_of(line)
        if at is not None or file.tell() >= end:
            return at
    return None


def _next_line(file: BinaryIO, place: int) -> int:
    if place == 0:
        return 0
    file.seek(place - 1)
    while chunk := file.readline(LINE_BYTES_MAX):
        if chunk.endswith(b"\n"):
            break
    return file.tell()


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(LINE_BYTES_MAX):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES_MAX)  # of a line that is too long
        yield text_of(line.rstrip(b"\n"))


def _lines_backwards(file: BinaryIO) -> Iterator[str]:
    position = file.seek(0, 2)
    rest = b""
    at_end = True
    while position > 0:
        size = min(READ_BYTES, position)
        position -= size
        file.seek(position)
        rest, *whole = (file.read(size) + rest).split(b"\n")
        if at_end and whole and not whole[-1]:
            whole.pop()
        at_end = False
        yield from (text_of(line) for line in reversed(whole))
        rest = rest[:LINE_BYTES_MAX]
    if rest:
        yield text_of(rest)
