"""Consoles and tables of all commands: fitted to a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from paystack_cli.output.terminal import has_colour

PLAIN_WIDTH_CHARACTERS = 4096
"""Where nobody looks at a screen a line is never wrapped: it is searched and parsed."""
WRAPPED_MIN_CHARACTERS = 16
"""A column that may wrap is still readable at this width."""

BLOCK_INDENT = 2


def stdout_console() -> Console:
    """Where results go."""
    return _console(sys.stdout)


def stderr_console() -> Console:
    """Where progress goes."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    screen = stream.isatty()
    colours = ("auto" if screen else "standard") if has_colour(stream) else None
    console = Console(
        file=stream,
        force_terminal=screen,  # rich itself would take FORCE_COLOR for a terminal
        color_system=colours,  # type: ignore[arg-type]  # its Literal is not exported
        highlight=False,
        soft_wrap=False,
    )
    if not screen and "COLUMNS" not in os.environ:
        console.width = PLAIN_WIDTH_CHARACTERS
    return console


class FittedTable(Table):
    """A table without frame or trailing blanks; where it does not fit, each row as a block."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For rich: the table, or its rows one below the other."""
        if self._needs() > options.max_width:
            yield from _without_trailing_blanks(console.render(Group(*self._blocks()), options))
        else:
            yield from _without_trailing_blanks(super().__rich_console__(console, options))

    def _needs(self) -> int:
        """The width below which something would be cut off or torn apart."""
        _, gap, _, _ = self.padding
        return sum(_needed(column) + gap for column in self.columns) - gap

    def _blocks(self) -> Iterator[RenderableType]:
        """The first cell of each row alone, the others below it, behind their titles."""
        titles = [str(column.header) for column in self.columns]
        for head, *cells in zip(*(column.cells for column in self.columns), strict=True):
            yield _text(head)
            told = (
                Text(f"{title} " if title else "").append_text(_text(cell))
                for title, cell in zip(titles[1:], cells, strict=True)
                if str(cell) not in {"", "-"}
            )
            yield Padding(Text("  ").join(told), (0, 0, 0, BLOCK_INDENT))


def plain_table(*titles: str, header: bool = True, gap: int = 2) -> FittedTable:
    """A table which also reads well in a log; `gap` in characters."""
    return FittedTable(
        *titles,
        box=None,
        pad_edge=False,
        padding=(0, gap, 0, 0),
        show_header=header,
        header_style="bold",
    )


def _needed(column: Column) -> int:
    cells = [str(column.header), *(_text(cell).plain for cell in column.cells)]
    widest = max(cell_len(line) for cell in cells for line in cell.split("\n"))
    return widest if column.no_wrap else min(widest, WRAPPED_MIN_CHARACTERS)


def _text(cell: object) -> Text:
    return cell.copy() if isinstance(cell, Text) else Text(str(cell))


def _without_trailing_blanks(rendered: RenderResult) -> Iterator[Segment]:
    segments = (segment for segment in rendered if isinstance(segment, Segment))
    for line in Segment.split_lines(segments):
        while line and not line[-1].text.strip():
            line.pop()
        if line:
            *before, last = line
            yield from before
            yield Segment(last.text.rstrip(), last.style)
        yield Segment.line()
