"""What `down` and `status` found or did: one JSON document or one table on stdout."""

from collections.abc import Sequence
from dataclasses import asdict

import typer

from paystack_cli.engines.base import (
    DownReport,
    ServiceStatus,
    State,
)
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned


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
    # A document does without rich, whose import takes as long as all the rest.
    from paystack_cli.output import service_cells as cells
    from paystack_cli.output.console import plain_table, stdout_console

    # One space between columns: the table fits into 80.
    table = plain_table(gap=1)
    for title in ("SERVICE", "STATE", "HEALTH", "PID", "UPTIME", "RESTARTS", "PORT", "MEMORY"):
        numeric = title not in {"SERVICE", "STATE", "HEALTH"}
        table.add_column(title, no_wrap=True, justify="right" if numeric else "left")
    for status in statuses:
        table.add_row(
            status.name,
            cells.state(status),
            cells.health(status),
            str(status.pid or "-"),
            cells.uptime(status),
            str(status.restarts),
            str(next(iter(status.ports), "-")),
            cells.memory(status),
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
        f"{status.name}: ended, {status.ended}{_cause(status)}: paystack logs {status.name}"
        for status in statuses
        if status.ended and status.state in {State.FAILED, State.RESTARTING}
    ]
    return lines


def _cause(status: ServiceStatus) -> str:
    return f", {status.cause}" if status.cause else ""


def _status_document(status: ServiceStatus) -> dict[str, object]:
    document = asdict(status)
    document["uptime_s"] = None if status.uptime_s is None else round(status.uptime_s, 1)
    return document
