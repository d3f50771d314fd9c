"""Checks while they run: a live table on a terminal, plain lines elsewhere; always on stderr."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.checks.progress import Progress
from paystack_cli.output.check_report import STYLES
from paystack_cli.output.console import is_live

REFRESHES_PER_S = 10


@contextmanager
def telling(names: Sequence[str]) -> Iterator[Progress]:
    """Where the checks called `names` tell what happens."""
    if is_live():
        live = _LiveTable(names)
        with Live(
            get_renderable=live.render,
            console=Console(stderr=True),
            refresh_per_second=REFRESHES_PER_S,
            transient=True,
        ):
            yield live
    else:
        yield _PlainLines()


class _PlainLines:
    """One line when a check ends, and one whenever the reason for waiting changes."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def retrying(self, name: str, failed: Attempt) -> None:
        if failed.reason is not None and self._reasons.get(name) != failed.reason:
            self._reasons[name] = failed.reason
            self._tell(f"{name}: attempt {failed.number}: {failed.reason}")

    def finished(self, result: CheckResult) -> None:
        verdict = result.outcome.value.replace("_", " ")
        self._tell(f"{result.name}: {verdict}: {result.summary}")

    def _tell(self, line: str) -> None:
        # One write a line: several threads tell.
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@dataclass(slots=True)
class _Row:
    tries: int = 0
    text: str = "…"
    outcome: Outcome | None = None


class _LiveTable:
    """The newest word of each check. Each row is written by one thread and read by the display."""

    def __init__(self, names: Sequence[str]) -> None:
        self._rows: Mapping[str, _Row] = {name: _Row() for name in names}
        self._spinner = Spinner("dots")

    def retrying(self, name: str, failed: Attempt) -> None:
        row = self._rows[name]
        row.tries, row.text = failed.number, failed.reason or row.text

    def finished(self, result: CheckResult) -> None:
        row = self._rows[result.name]
        row.outcome, row.tries, row.text = result.outcome, len(result.attempts), result.summary

    def render(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, row in self._rows.items():
            state = (
                self._spinner
                if row.outcome is None
                else Text(row.outcome.value.replace("_", " "), STYLES[row.outcome])
            )
            table.add_row(Text(name), state, str(row.tries), Text(row.text, overflow="ellipsis"))
        return table
