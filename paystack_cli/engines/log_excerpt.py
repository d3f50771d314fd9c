"""The lines of a log that matter when a service fails: what went wrong, not just the end. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from paystack_cli.clients.sanitize import sanitize

LINES_READ = 400
"""Of the end of a log: where a failure is looked for."""
LINES_MAX = 6
"""That are shown."""
TAIL_LINES = 3
"""That are shown where no line speaks of an error."""

_SEVERE = frozenset({"error", "critical", "fatal"})
"""Levels of a structured log."""

_LEADING_TIME = re.compile(
    r"^\[?\d{4}[-/]\d\d[-/]\d\d[ T]+\d{1,2}:\d\d:\d\d[.,]?\d*Z?\]?\s*(?:\d+ )?"
)
_TRACEBACK = "Traceback (most recent call last):"
_ERROR = re.compile(
    r"\[(?:error|emerg|crit|alert|fatal)\]|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b"
    r"|^(?:error|fatal)\b[: ]|^[\w.]+(?:Error|Exception)\b",
    re.IGNORECASE,
)
"""How servers and programs mark an error in a plain line: MariaDB, nginx, Kafka, Java, Python."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines that matter, oldest first; `error`: the first that tells of one, or ""."""

    lines: tuple[str, ...] = ()
    error: str = ""


def excerpt(lines: Iterable[str]) -> Excerpt:
    """The errors among the lines, each once, shortened to what they say; else the last lines.

    Of a structured line that is the event with its error, of a traceback its last line.
    """
    read = list(lines)
    errors = tuple(dict.fromkeys(map(sanitize, _errors(read))))[-LINES_MAX:]
    if errors:
        return Excerpt(errors, errors[0])
    told = [_shortened(line) for line in read if line.strip()][-TAIL_LINES:]
    return Excerpt(tuple(map(sanitize, told)))


def _errors(lines: Sequence[str]) -> Iterator[str]:
    in_traceback = False
    for line in lines:
        if in_traceback:
            in_traceback = line.startswith((" ", "\t")) or not line
            if not in_traceback:
                yield line
        elif line.startswith(_TRACEBACK):
            in_traceback = True
        elif line.startswith("{"):
            yield from _structured_error(line)
        elif _ERROR.search(plain := _shortened(line)):
            yield plain


def _structured_error(line: str) -> Iterator[str]:
    document = _document(line)
    if str(document.get("level", "")).lower() in _SEVERE:
        yield _told(document)


def _shortened(line: str) -> str:
    document = _document(line) if line.startswith("{") else {}
    return _told(document) if document else _LEADING_TIME.sub("", line).strip()


def _told(document: dict[str, object]) -> str:
    """`event: error (SomeError: …)`, as far as a structured line has them."""
    event, error = document.get("event") or document.get("message"), document.get("error")
    trace = str(document.get("exception") or "").strip().splitlines()
    parts = [str(part) for part in (event, error, *trace[-1:]) if part]
    return ": ".join(parts) or json.dumps(document)


def _document(line: str) -> dict[str, object]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
