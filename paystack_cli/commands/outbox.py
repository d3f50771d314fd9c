"""`paystack outbox`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of

outbox = typer.Typer(
    help="The transactional outbox: what waits, what is parked.", no_args_is_help=True
)

STATEMENT_TIMEOUT_S = 35.0
"""A little more than the server's own limit for one statement, so that its answer arrives."""


@outbox.callback()
def _group() -> None:
    """Without a callback Typer turns a group of one command into that command."""


@outbox.command()
def status(
    ctx: typer.Context,
    max_age: Annotated[
        float | None, typer.Option(min=0, help="Exit 6 when a row waits longer (seconds).")
    ] = None,
    max_pending: Annotated[
        int | None, typer.Option(min=0, help="Exit 6 when more rows wait.")
    ] = None,
) -> None:
    """Show waiting rows by event type, parked rows with their reasons, and the publish rate."""
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.clients.endpoints import Endpoints
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.events.outbox import breaches, read_status
    from paystack_cli.output.outbox_report import report

    run = context_of(ctx)
    database = Endpoints(run.stack, run.engine, run.settings.variables).database()
    found = read_status(PyMySqlDatabase(database), STATEMENT_TIMEOUT_S)
    exceeded = list(breaches(found, max_age_s=max_age, max_pending=max_pending))
    report(found, exceeded, as_json=run.output is OutputFormat.JSON)
    if exceeded:
        raise ThresholdExceeded("; ".join(exceeded), hint="paystack health outbox-relay")
