"""What happens meanwhile, on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

REFRESHES_PER_S = 10


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


def tell_line(text: str) -> None:
    """One write a line: several threads tell."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
