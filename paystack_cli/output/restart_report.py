"""What `restart` did: one JSON document or one table on stdout."""

import typer

from paystack_cli.engines.base import UpReport
from paystack_cli.engines.failure import FailureReport
from paystack_cli.output.console import plain_table, stdout_console
from paystack_cli.output.document import TIME_DECIMALS, print_document, versioned
from paystack_cli.output.failure_report import failure_document


def report_restart(report: UpReport, *, engine: str, as_json: bool) -> None:
    """Tell how long each service took to be ready again."""
    if as_json:
        print_document(document(report, engine))
        return
    table = plain_table("SERVICE", "ACTION")
    table.add_column("READY IN", justify="right")
    for timing in report.services:
        table.add_row(timing.name, timing.action, f"{timing.ready_s:.2f} s")
    stdout_console().print(table)
    typer.echo(f"restart: healthy after {report.total_s:.1f} s")


def document(report: UpReport, engine: str) -> dict[str, object]:
    """`paystack.restart/v1` of a restart after which all is healthy."""
    return versioned(
        "restart",
        ok=True,
        engine=engine,
        total_s=round(report.total_s, TIME_DECIMALS),
        services=[
            {
                "name": timing.name,
                "action": timing.action.value,
                "ready_s": round(timing.ready_s, TIME_DECIMALS),
            }
            for timing in report.services
        ],
        failure=None,
    )


def failure_of_restart(failure: FailureReport, engine: str) -> dict[str, object]:
    """`paystack.restart/v1` of a restart that failed: nothing else is known then."""
    return versioned(
        "restart",
        ok=False,
        engine=engine,
        total_s=None,
        services=None,
        failure=failure_document(failure),
    )
