"""Checks while they run: a live table on a terminal, plain lines elsewhere; always on stderr."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from paystack_cli.checks.model import Attempt, CheckResult, Outcome
from paystack_cli.checks.progress import Progress, Silent
from paystack_cli.output.check_report import STYLES
from paystack_cli.output.console import stderr_console
from paystack_cli.output.live import draws, live_display, live_table, one_line, tell_line
from paystack_cli.output.verbosity import Verbosity


@contextmanager
def telling(names: Sequence[str], verbosity: Verbosity) -> Iterator[Progress]:
    """Where the checks called `names` tell what happens."""
    if draws(verbosity):
        live = _LiveTable(names)
        with live_display(live.render, stderr_console()):
            yield live
    else:
        yield _PLAIN[verbosity]()


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


class _EveryAttempt:
    """One line an attempt, with its time."""

    def retrying(self, name: str, failed: Attempt) -> None:
        self._tell(name, failed)

    def finished(self, result: CheckResult) -> None:
        for attempt in result.attempts[-1:]:
            self._tell(result.name, attempt)
        verdict = result.outcome.value.replace("_", " ")
        tell_line(f"{result.name}: {verdict}: {result.summary}")

    def _tell(self, name: str, attempt: Attempt) -> None:
        tell_line(
            f"{name}: attempt {attempt.number} at {attempt.started_s:.2f} s,"
            f" {attempt.duration_s:.2f} s: {attempt.reason or 'passed'}"
        )


_PLAIN: Mapping[Verbosity, Callable[[], Progress]] = {
    Verbosity.QUIET: Silent,
    Verbosity.NORMAL: _PlainLines,
    Verbosity.VERBOSE: _EveryAttempt,
}


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
        table = live_table(columns=3)
        for name, row in self._rows.items():
            state = (
                self._spinner
                if row.outcome is None
                else Text(row.outcome.value.replace("_", " "), STYLES[row.outcome])
            )
            table.add_row(Text(name), state, str(row.tries), one_line(row.text))
        return table
