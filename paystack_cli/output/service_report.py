"""What `up`, `down` and `status` found or did: one JSON document or one table on stdout."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import typer
from rich.text import Text

from paystack_cli.engines.base import (
    DownReport,
    Health,
    ServiceStatus,
    ServiceTiming,
    State,
    UpReport,
)
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned

MEBIBYTE = 1024 * 1024

_STATE_STYLES: Mapping[str, str] = {
    State.RUNNING: "green",
    State.COMPLETED: "green",
    State.RESTARTING: "bold yellow",
    State.FAILED: "bold red",
    State.NOT_STARTED: "dim",
    State.STOPPED: "dim",
}
_HEALTH_STYLES: Mapping[str, str] = {Health.HEALTHY: "green", Health.UNHEALTHY: "bold red"}


def report_up(report: UpReport, *, engine: str, as_json: bool) -> None:
    """What `up` did with each service and how long it took."""
    if as_json:
        print_document(
            versioned(
                "up",
                engine=engine,
                total_s=round(report.total_s, TIME_DECIMALS),
                services=[_timing_document(timing) for timing in report.services],
            )
        )
        return
    table = plain_table()
    for title in ("SERVICE", "ACTION", "PREPARED", "WAITED", "READY IN", "AT"):
        numeric = title not in {"SERVICE", "ACTION"}
        table.add_column(title, no_wrap=numeric, justify="right" if numeric else "left")
    for timing in report.services:
        action = f"{timing.action}, {timing.reason}" if timing.reason else str(timing.action)
        table.add_row(
            timing.name,
            action,
            _seconds(timing.prepared_s),
            _seconds(timing.waited_s),
            _seconds(timing.ready_s),
            _seconds(timing.at_s),
        )
    stdout_console().print(table)
    typer.echo(f"up: healthy after {report.total_s:.1f} s")


def report_down(report: DownReport, *, engine: str, as_json: bool) -> None:
    """What `down` stopped and removed."""
    if as_json:
        print_document(
            versioned(
                "down",
                engine=engine,
                total_s=round(report.total_s, TIME_DECIMALS),
                stopped=list(report.stopped),
                removed_volumes=list(report.removed_volumes),
            )
        )
        return
    stopped = ", ".join(report.stopped) or "nothing was running"
    typer.echo(f"down: stopped {stopped} ({report.total_s:.1f} s)")
    if report.removed_volumes:
        typer.echo(f"down: removed volumes {', '.join(report.removed_volumes)}")


def report_status(
    statuses: Sequence[ServiceStatus], *, engine: str, problem: str | None, as_json: bool
) -> None:
    """The state of every service, and what is wrong with the engine itself."""
    if as_json:
        print_document(
            versioned(
                "status",
                engine=engine,
                problem=problem,
                services=[_status_document(status) for status in statuses],
            )
        )
        return
    # One space between columns: the table fits into 80.
    table = plain_table(gap=1)
    for title in ("SERVICE", "STATE", "HEALTH", "PID", "UPTIME", "RESTARTS", "PORT", "MEMORY"):
        numeric = title not in {"SERVICE", "STATE", "HEALTH"}
        table.add_column(title, no_wrap=True, justify="right" if numeric else "left")
    for status in statuses:
        table.add_row(
            status.name,
            Text("excluded", "dim") if _left_out(status) else _state(status),
            Text(status.health, _HEALTH_STYLES.get(status.health, "")),
            str(status.pid or "-"),
            _duration(status.uptime_s),
            str(status.restarts),
            str(next(iter(status.ports), "-")),
            "-" if status.memory_bytes is None else f"{status.memory_bytes / MEBIBYTE:.0f} MiB",
        )
    stdout_console().print(table)
    for line in _remarks(statuses, problem):
        typer.echo(line)


def _remarks(statuses: Sequence[ServiceStatus], problem: str | None) -> list[str]:
    lines = [f"problem: {problem}"] if problem else []
    lines += [
        f"{status.name}: {status.health_detail}" for status in statuses if status.health_detail
    ]
    lines += [
        f"{status.name}: ended, {status.ended}: paystack logs {status.name}"
        for status in statuses
        if status.ended and status.state in {State.FAILED, State.RESTARTING}
    ]
    return lines


def _left_out(status: ServiceStatus) -> bool:
    return status.excluded and status.state in {State.NOT_STARTED, State.STOPPED}


def _state(status: ServiceStatus) -> Text:
    return Text(status.state, _STATE_STYLES.get(status.state, ""))


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _duration(seconds: float | None) -> str:
    """At most two units: `2d 3h`, `5m 12s`."""
    if seconds is None:
        return "-"
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    parts = [(days, "d"), (hour, "h"), (minute, "m"), (second, "s")]
    first = next((i for i, (value, _) in enumerate(parts) if value), len(parts) - 1)
    return " ".join(f"{value}{unit}" for value, unit in parts[first : first + 2])


def _timing_document(timing: ServiceTiming) -> dict[str, object]:
    return {
        "name": timing.name,
        "action": timing.action.value,
        "reason": timing.reason,
        "prepared_s": round(timing.prepared_s, TIME_DECIMALS),
        "waited_s": round(timing.waited_s, TIME_DECIMALS),
        "ready_s": round(timing.ready_s, TIME_DECIMALS),
        "at_s": round(timing.at_s, TIME_DECIMALS),
    }


def _status_document(status: ServiceStatus) -> dict[str, object]:
    document = asdict(status)
    document["uptime_s"] = None if status.uptime_s is None else round(status.uptime_s, 1)
    return document
