"""One line of a log understood: a JSON object of a service of ours, or a server's plain text."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_TIME_KEYS = ("timestamp", "time")
_EVENT_KEYS = ("event", "message")
_PAYMENT_KEYS = ("payment_id", "paymentId")

_LEADING_TIME = re.compile(
    r"\[?(?P<day>\d{4}[-/]\d\d[-/]\d\d)[ T]+(?P<hour>\d{1,2}):(?P<rest>\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d{1,6})\d*)?(?P<utc>Z)?\]?\s*(?:\d+ (?=\[))?"
)
"""As MariaDB (with a thread's number), Kafka and nginx begin a line; local time without a Z."""
_PLAIN_LEVEL = re.compile(r"\[(?P<bracketed>[a-zA-Z]+)\]|\b(?P<word>[A-Z]{4,8})\b")
_PLAIN_LEVEL_WITHIN_CHARACTERS = 40
"""A server names the level before it says anything else."""


class Level(StrEnum):
    """How much a line matters, ascending; the names of Python's logging."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    def reaches(self, least: "Level") -> bool:
        """Whether this one matters as much as `least`."""
        return _RANKS[self] >= _RANKS[least]


_RANKS = {level: rank for rank, level in enumerate(Level)}
_LEVELS: Mapping[str, Level] = {
    **{level.value: level for level in Level},
    "trace": Level.DEBUG,
    "note": Level.INFO,
    "notice": Level.INFO,
    "system": Level.INFO,
    "warn": Level.WARNING,
    "err": Level.ERROR,
    "crit": Level.CRITICAL,
    "alert": Level.CRITICAL,
    "emerg": Level.CRITICAL,
    "fatal": Level.CRITICAL,
    "panic": Level.CRITICAL,
}
"""What structlog, MariaDB, nginx, Kafka and Java call their levels, in lower case."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a line says; `fields` are those of a JSON object, without the ones named here.

    `event` of plain text is the text without its time. `level` is None where the line names none.
    """

    event: str
    level: Level | None = None
    payment_id: str | None = None
    trace_id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    structured: bool = False


def level_named(name: str) -> Level | None:
    """The level that some program calls so ("warn", "ERROR", "fatal"); None for no level's name."""
    return _LEVELS.get(name.lower())


def parse(text: str) -> Parsed:
    """What the line says."""
    document = _document(text)
    return _plain(text) if document is None else _structured(document)


def time_of(text: str) -> datetime | None:
    """When the line says it was written; None where it does not say."""
    document = _document(text)
    if document is not None:
        return _moment(_first(document, _TIME_KEYS))
    leading = _LEADING_TIME.match(text)
    if leading is None:
        return None
    day, fraction = leading["day"].replace("/", "-"), (leading["fraction"] or "0").ljust(6, "0")
    zone = "+00:00" if leading["utc"] else ""
    return _moment(f"{day}T{int(leading['hour']):02}:{leading['rest']}.{fraction}{zone}")


def _structured(document: dict[str, Any]) -> Parsed:
    event, payment = _first(document, _EVENT_KEYS), _first(document, _PAYMENT_KEYS)
    trace = document.get("trace_id")
    told = {"level", "service", "trace_id", *_TIME_KEYS, *_EVENT_KEYS, *_PAYMENT_KEYS}
    return Parsed(
        event="" if event is None else str(event),
        level=level_named(str(document.get("level", ""))),
        payment_id=None if payment is None else str(payment),
        trace_id=None if trace is None else str(trace),
        fields={name: value for name, value in document.items() if name not in told},
        structured=True,
    )


def _plain(text: str) -> Parsed:
    leading = _LEADING_TIME.match(text)
    said = text[leading.end() :] if leading else text
    named = _PLAIN_LEVEL.finditer(said[:_PLAIN_LEVEL_WITHIN_CHARACTERS])
    words = (found["bracketed"] or found["word"] for found in named)
    level = next(filter(None, map(level_named, words)), None)
    return Parsed(event=said, level=level)


def _document(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _first(document: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((document[key] for key in keys if document.get(key) is not None), None)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
