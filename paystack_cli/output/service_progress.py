"""What an engine does with services: live on a terminal, plain lines elsewhere; on stderr."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from paystack_cli.engines.base import Progress
from paystack_cli.output.console import stderr_console
from paystack_cli.output.live import draws, live_display, live_table, one_line, tell_line
from paystack_cli.output.verbosity import Verbosity

FINAL = {"healthy": "green", "running": "green", "done": "green", "stopped": "dim"}
"""The phases that a service stays in, and their style."""


@contextmanager
def telling(services: Sequence[str], verbosity: Verbosity) -> Iterator[Progress]:
    """Where an engine tells what it does with `services`."""
    if not draws(verbosity):
        yield Silent() if verbosity is Verbosity.QUIET else _PlainLines()
        return
    console = stderr_console()
    live = _LiveTable(services, console)
    with live_display(live.render, console):
        yield live


class Silent:
    """Tells nobody."""

    def service(self, name: str, phase: str, detail: str = "") -> None:
        """Nothing to tell."""

    def note(self, text: str) -> None:
        """Nothing to tell."""


class _PlainLines:
    """One line whenever a service enters another phase."""

    def service(self, name: str, phase: str, detail: str = "") -> None:
        self.note(f"{name}: {phase} {detail}".rstrip())

    def note(self, text: str) -> None:
        tell_line(text)


class _LiveTable:
    """The newest phase of each service; notes scroll above it."""

    def __init__(self, services: Sequence[str], console: Console) -> None:
        self._phases = dict.fromkeys(services, ("queued", ""))
        self._console = console
        self._spinner = Spinner("dots")

    def service(self, name: str, phase: str, detail: str = "") -> None:
        self._phases[name] = (phase, detail)

    def note(self, text: str) -> None:
        self._console.print(Text(text, "dim"))

    def render(self) -> Table:
        table = live_table(columns=3)
        for name, (phase, detail) in self._phases.items():
            mark = Text("✔", FINAL[phase]) if phase in FINAL else self._spinner
            table.add_row(mark, Text(name), Text(phase, FINAL.get(phase, "")), one_line(detail))
        return table
