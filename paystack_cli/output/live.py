"""What happens meanwhile, on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from paystack_cli.output.terminal import is_live
from paystack_cli.output.verbosity import Verbosity

REFRESHES_PER_S = 10


def draws(verbosity: Verbosity) -> bool:
    """Whether progress is drawn over again and again; `--verbose` wants every line kept."""
    return verbosity is Verbosity.NORMAL and is_live(sys.stdout, sys.stderr)


@contextmanager
def live_display(render: Callable[[], Table], console: Console) -> Iterator[None]:
    """Draws what `render` returns, again and again, and wipes it at the end."""
    with Live(
        get_renderable=render,
        console=console,
        refresh_per_second=REFRESHES_PER_S,
        transient=True,
    ):
        yield


def live_table(columns: int) -> Table:
    """For rows of so many cells and a detail (see `one_line`), which alone gives way."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column(no_wrap=True)
    table.add_column()
    return table


def one_line(text: str) -> Text:
    """A detail: cut where it does not fit, so that the display keeps its height."""
    return Text(text, "dim", no_wrap=True, overflow="ellipsis")


def tell_line(text: str) -> None:
    """One write a line: several threads tell."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
