"""Log lines behind the name of their service: coloured on a terminal, or as JSON lines."""

import json
import os
import sys
from collections.abc import Iterable, Sequence

import click

from paystack_cli.engines.base import LogLine

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green")


def print_logs(lines: Iterable[LogLine], services: Sequence[str], *, as_json: bool) -> None:
    """Print lines as they come; `services` sets the width of the prefix and its colours."""
    width = max(map(len, services), default=0)
    colour_of = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(services)}
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in lines:
        if as_json:
            text = json.dumps({"service": line.service, "line": line.text})
        else:
            prefix = f"{line.service:<{width}} |"
            text = f"{click.style(prefix, colour_of[line.service]) if coloured else prefix} "
            text += _harmless(line.text)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _harmless(text: str) -> str:
    """Control characters in a log must not drive the reader's terminal."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)
