"""`paystack status`."""

import typer

from paystack_cli.commands.context import OutputFormat, context_of


def status(ctx: typer.Context) -> None:
    """Show every service: state, health, process, restarts, ports, memory. Changes nothing."""
    from paystack_cli.output.service_report import report_status

    run = context_of(ctx)
    run.tell_engine()
    report_status(
        run.engine.ps(),
        engine=run.engine.name,
        problem=run.engine.problem(),
        as_json=run.output is OutputFormat.JSON,
    )
