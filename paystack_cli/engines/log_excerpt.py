"""The lines of a log that matter when a service fails: what went wrong, not just the end. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.logs.parsed import Level, Parsed, parse

LINES_READ = 400
"""Of the end of a log: where a failure is looked for."""
LINES_MAX = 6
"""That are shown."""
TAIL_LINES = 3
"""That are shown where no line speaks of an error."""

_TRACEBACK = "Traceback (most recent call last):"
_ERROR = re.compile(
    r"\b(?:error|fatal|critical|panic)\b|^[\w.]+(?:Error|Exception)\b", re.IGNORECASE
)
"""How programs mark an error in a line that names no level."""


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
    told = [_told(line, parse(line)) for line in read if line.strip()][-TAIL_LINES:]
    return Excerpt(tuple(map(sanitize, told)))


def _errors(lines: Iterable[str]) -> Iterator[str]:
    in_traceback = False
    for line in lines:
        if in_traceback:
            in_traceback = line.startswith((" ", "\t")) or not line
            if not in_traceback:
                yield line
        elif line.startswith(_TRACEBACK):
            in_traceback = True
        elif _is_error(parsed := parse(line)):
            yield _told(line, parsed)


def _is_error(parsed: Parsed) -> bool:
    if parsed.level is not None:
        return parsed.level.reaches(Level.ERROR)
    return not parsed.structured and _ERROR.search(parsed.event) is not None


def _told(line: str, parsed: Parsed) -> str:
    """`event: error: last line of the exception`, as far as a structured line has them."""
    trace = str(parsed.fields.get("exception") or "").strip().splitlines()
    parts = (parsed.event.strip(), parsed.fields.get("error"), *trace[-1:])
    return ": ".join(str(part) for part in parts if part) or line
