"""Circuit breakers as a table or as `paystack.breaker-status/v1`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import typer
from rich.text import Text

from paystack_cli.breaker.actuator import State
from paystack_cli.breaker.overview import Seen, Silent
from paystack_cli.errors import ExitCode
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import print_document, versioned

STYLES: Mapping[str, str] = {
    State.CLOSED: "green",
    State.HALF_OPEN: "bold yellow",
    State.OPEN: "bold red",
}


def report(seen: Sequence[Seen], silent: Sequence[Silent], *, as_json: bool) -> ExitCode:
    """Tell them; 1 when one is not CLOSED, 5 when a service did not answer, else 0."""
    if as_json:
        print_document(_document(seen, silent))
    else:
        _show(seen, silent)
    if any(one.breaker.state != State.CLOSED for one in seen):
        return ExitCode.CHECK_FAILED
    return ExitCode.TIMED_OUT if silent else ExitCode.OK


def _show(seen: Sequence[Seen], silent: Sequence[Silent]) -> None:
    table = plain_table()
    for title in ("SERVICE", "BREAKER", "STATE", "FAILED", "SLOW", "CALLS", "REFUSED", "SINCE"):
        figures = title in {"FAILED", "SLOW", "CALLS", "REFUSED"}
        table.add_column(title, no_wrap=True, justify="right" if figures else "left")
    for one in seen:
        breaker = one.breaker
        table.add_row(
            one.service,
            breaker.name,
            Text(breaker.state, STYLES.get(breaker.state, "")),
            _percent(breaker.failure_rate_percent),
            _percent(breaker.slow_call_rate_percent),
            str(breaker.buffered_calls),
            str(breaker.not_permitted_calls),
            "its start" if one.since_s is None else _local(one.since_s),
        )
    if seen:
        stdout_console().print(table)
    for missing in silent:
        typer.echo(f"{missing.service}: {missing.reason}; next: {missing.hint}")
    if not seen and not silent:
        typer.echo("none of these services has a circuit breaker")


def _document(seen: Sequence[Seen], silent: Sequence[Silent]) -> dict[str, object]:
    return versioned(
        "breaker-status",
        breakers=[
            {
                "service": one.service,
                "name": one.breaker.name,
                "state": one.breaker.state,
                "failure_rate_percent": one.breaker.failure_rate_percent,
                "slow_call_rate_percent": one.breaker.slow_call_rate_percent,
                "buffered_calls": one.breaker.buffered_calls,
                "not_permitted_calls": one.breaker.not_permitted_calls,
                "since": None if one.since_s is None else _utc(one.since_s),
            }
            for one in seen
        ],
        unanswered=[
            {"service": one.service, "reason": one.reason, "next": one.hint} for one in silent
        ],
    )


def _percent(rate: float) -> str:
    """Below the minimum of calls a rate is not known, which resilience4j shows as -1."""
    return "-" if rate < 0 else f"{rate:.0f} %"


def _local(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s).astimezone():%Y-%m-%d %H:%M:%S}"


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
