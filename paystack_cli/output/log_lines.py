"""Log lines behind the name of their service: for people, as written, or as JSON lines.

Card numbers are masked and controls made visible in all of them.
"""

import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum, auto

import click

from paystack_cli.clients.sanitize import mask_card_numbers, printable
from paystack_cli.engines.base import LogLine
from paystack_cli.logs.parsed import Level, Parsed, parse
from paystack_cli.output.terminal import has_colour, is_screen

SCHEMA = "paystack.logs/v1"
"""Of each line: a stream may have no end, so no one document could hold it."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")
_LEVEL_STYLES: Mapping[Level, Mapping[str, object]] = {
    Level.DEBUG: {"dim": True},
    Level.WARNING: {"fg": "yellow"},
    Level.ERROR: {"fg": "red", "bold": True},
    Level.CRITICAL: {"fg": "red", "bold": True},
}
_LEVEL_WIDTH = max(map(len, Level))


class Style(Enum):
    """How a line is printed."""

    JSON = auto()
    RAW = auto()
    """As the service wrote it."""
    FOR_PEOPLE = auto()
    """RAW, but at a terminal: time, service, level, event, then the fields as `name=value`."""


def print_logs(
    lines: Iterable[LogLine], services: Sequence[str], style: Style, *, at_once: bool
) -> None:
    """Print lines as they come; `services` sets the width of the prefix and its colours.

    `at_once`: each line is wanted now. Ends when the reader of our output has gone
    (`paystack logs -f | head`).
    """
    render = _renderer(services, style)
    try:
        for line in lines:
            sys.stdout.write(render(line) + "\n")
            if at_once:
                sys.stdout.flush()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _renderer(services: Sequence[str], style: Style) -> Callable[[LogLine], str]:
    if style is Style.JSON:
        return _as_json
    paint = _Paint(services, coloured=has_colour(sys.stdout))
    for_people = style is Style.FOR_PEOPLE and is_screen(sys.stdout)
    return _ForPeople(paint) if for_people else _Raw(paint)


def _as_json(line: LogLine) -> str:
    parsed = parse(line.text)
    document = {
        "schema": SCHEMA,
        "service": line.service,
        "at": None if line.at is None else line.at.astimezone(UTC).isoformat(),
        "level": parsed.level,
        "event": mask_card_numbers(parsed.event),
        "payment_id": parsed.payment_id,
        "trace_id": parsed.trace_id,
        "line": mask_card_numbers(line.text),
    }
    return json.dumps(document, ensure_ascii=False)


class _Paint:
    """Colours where they are wanted; the same one for all lines of a service."""

    def __init__(self, services: Sequence[str], *, coloured: bool) -> None:
        self._coloured = coloured
        width = max(map(len, services), default=0)
        self._names = {
            name: self(f"{name:<{width}}", fg=colour)
            for name, colour in zip(services, itertools.cycle(_COLOURS), strict=False)
        }

    def __call__(self, text: str, **style: object) -> str:
        return click.style(text, **style) if self._coloured and style else text  # type: ignore[arg-type]

    def service(self, name: str) -> str:
        return self._names[name]


class _Raw:
    """The line behind its service's name."""

    def __init__(self, paint: _Paint) -> None:
        self._paint = paint

    def __call__(self, line: LogLine) -> str:
        return f"{self._paint.service(line.service)} | {_shown(line.text)}"


class _ForPeople:
    """`17:00:01.234 ingest-service | info payment_decided payment_id=100001 http_status=200`."""

    def __init__(self, paint: _Paint) -> None:
        self._paint = paint
        self._today = date.today()

    def __call__(self, line: LogLine) -> str:
        parsed = parse(line.text)
        time = self._paint(self._time(line.at), dim=True)
        return f"{time} {self._paint.service(line.service)} | {self._said(parsed)}"

    def _time(self, at: datetime | None) -> str:
        if at is None:
            return "-" * len("00:00:00.000")
        local = at.astimezone()
        day = "" if local.date() == self._today else f"{local:%m-%d} "
        return f"{day}{local:%H:%M:%S}.{local.microsecond // 1000:03}"

    def _said(self, parsed: Parsed) -> str:
        event = _shown(parsed.event)
        if not parsed.structured:
            return self._paint(event, **_LEVEL_STYLES.get(parsed.level or Level.INFO, {}))
        level = parsed.level or Level.INFO
        named = self._paint(f"{level:<{_LEVEL_WIDTH}}", **_LEVEL_STYLES.get(level, {}))
        payment = {"payment_id": parsed.payment_id} if parsed.payment_id else {}
        fields = " ".join(
            f"{name}={_shown(_value(value))}"
            for name, value in {**payment, **parsed.fields}.items()
        )
        return f"{named} {self._paint(event, bold=True)}  {self._paint(fields, dim=True)}".rstrip()


def _value(value: object) -> str:
    """Text as it is where that is one word, else as JSON."""
    plain = isinstance(value, str) and value and not any(map(str.isspace, value))
    return str(value) if plain else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(text: str) -> str:
    return printable(mask_card_numbers(text.expandtabs()))
