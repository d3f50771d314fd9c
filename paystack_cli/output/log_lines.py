"""Log lines behind the name of their service: coloured on a terminal, or as JSON lines."""

import itertools
import json
import os
import sys
from collections.abc import Iterable, Sequence

import click

from paystack_cli.clients.sanitize import printable
from paystack_cli.engines.base import LogLine

SCHEMA = "paystack.logs/v1"
"""Of each line: a stream may have no end, so no one document could hold it."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")


def print_logs(lines: Iterable[LogLine], services: Sequence[str], *, as_json: bool) -> None:
    """Print lines as they come; `services` sets the width of the prefix and its colours.

    Ends when the reader of our output has gone (`paystack logs -f | head`).
    """
    render = _as_json if as_json else _Prefixed(services)
    try:
        for line in lines:
            sys.stdout.write(render(line) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _as_json(line: LogLine) -> str:
    return json.dumps({"schema": SCHEMA, "service": line.service, "line": line.text})


class _Prefixed:
    """The line behind its service's name, coloured on a terminal."""

    def __init__(self, services: Sequence[str]) -> None:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        width = max(map(len, services), default=0)
        colours = itertools.cycle(_COLOURS)
        self._prefixes = {
            name: click.style(f"{name:<{width}} |", colour) if coloured else f"{name:<{width}} |"
            for name, colour in zip(services, colours, strict=False)
        }

    def __call__(self, line: LogLine) -> str:
        return f"{self._prefixes[line.service]} {printable(line.text.expandtabs())}"
