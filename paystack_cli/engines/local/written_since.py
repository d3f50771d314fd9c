"""What a service has written since a command began, without the lines of its earlier lives.

By the size of its log, for a line may have no time of its own.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

READ_BYTES_MAX = 256 * 1024
"""Of the end of a log."""
EARLIER_BYTES = 8 * 1024
"""Read of what was there before, when nothing was written since."""


def sizes(logs: Iterable[Path]) -> dict[Path, int]:
    """How long each log is now."""
    return {log: _size(log) for log in logs}


def written_since(log: Path, before: Mapping[Path, int]) -> list[str]:
    """The lines written since `sizes`, or the last ones before that when there are none.

    A log that has shrunk was rotated: all that it holds is new.
    """
    size, begin = _size(log), before.get(log, 0)
    if begin > size:
        begin = 0
    if begin == size:
        return last_written(log)
    return _lines(log, max(begin, size - READ_BYTES_MAX))


def last_written(log: Path) -> list[str]:
    """The last lines of the log, by whichever process."""
    return _lines(log, max(0, _size(log) - EARLIER_BYTES))


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _lines(log: Path, begin: int) -> list[str]:
    """From there on; the first line may be half of one."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(begin)
        return file.read(READ_BYTES_MAX).decode("utf-8", "replace").splitlines()
