"""Checks while they run: a live table on a terminal, plain lines elsewhere; always on stderr."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.checks.progress import Progress
from paystack_cli.output.check_report import STYLES
from paystack_cli.output.console import is_live, plain_table
from paystack_cli.output.live import live_display, tell_line


@contextmanager
def telling(names: Sequence[str]) -> Iterator[Progress]:
    """Where the checks called `names` tell what happens."""
    if is_live():
        live = _LiveTable(names)
        with live_display(live.render, Console(stderr=True)):
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
            tell_line(f"{name}: attempt {failed.number}: {failed.reason}")

    def finished(self, result: CheckResult) -> None:
        verdict = result.outcome.value.replace("_", " ")
        tell_line(f"{result.name}: {verdict}: {result.summary}")


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
        table = plain_table(header=False)
        for name, row in self._rows.items():
            state = (
                self._spinner
                if row.outcome is None
                else Text(row.outcome.value.replace("_", " "), STYLES[row.outcome])
            )
            table.add_row(Text(name), state, str(row.tries), Text(row.text, overflow="ellipsis"))
        return table
