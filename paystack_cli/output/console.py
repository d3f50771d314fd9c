"""Where tables go: stdout as rich sees it, without wrapping where nobody looks at a screen."""

import os
import sys

from rich.console import Console
from rich.table import Table

PIPED_WIDTH_CHARACTERS = 240
"""Width of a table in a file or a CI log, whose lines are read unwrapped."""


def is_live() -> bool:
    """Whether somebody looks at a terminal on which a live display may be drawn."""
    return sys.stdout.isatty() and sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def stdout_console() -> Console:
    """Colours and the width of a terminal; plain wide lines elsewhere (or with NO_COLOR)."""
    console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH_CHARACTERS
    return console


def plain_table(*titles: str, header: bool = True, gap: int = 2) -> Table:
    """A table without frame, which also reads well in a log; `gap` in characters."""
    return Table(
        *titles,
        box=None,
        pad_edge=False,
        padding=(0, gap, 0, 0),
        show_header=header,
        header_style="bold",
    )
