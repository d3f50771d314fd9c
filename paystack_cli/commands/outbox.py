"""`paystack outbox`: what waits, what is parked, and putting it right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.check_options import Junit
from paystack_cli.commands.consent import Yes, confirm
from paystack_cli.commands.context import Context, context_of
from paystack_cli.commands.server_options import Database, open_endpoints
from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.events.outbox_rows import OutboxRow

outbox = typer.Typer(
    help="The transactional outbox: what waits, what is parked.", no_args_is_help=True
)

STATEMENT_TIMEOUT_S = 35.0
"""A little more than the server's own limit for one statement, so that its answer arrives."""

EventIds = Annotated[list[int], typer.Argument(min=1, metavar="ID…", help="Outbox event ids.")]


@outbox.command()
def status(
    ctx: typer.Context,
    max_age: Annotated[
        float | None, typer.Option(min=0, help="Exit 6 when a row waits longer (seconds).")
    ] = None,
    max_pending: Annotated[
        int | None, typer.Option(min=0, help="Exit 6 when more rows wait.")
    ] = None,
    database: Database = None,
) -> None:
    """Show what waits, what is parked and why, and the publish rate.

    What waits is counted by event type and by slice; each slice of the payments belongs to one
    relay. All figures are of one moment, and nothing is locked.
    """
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.events.outbox import breaches, read_status
    from paystack_cli.output.outbox_report import report

    run = context_of(ctx)
    found = read_status(_open(run, database), STATEMENT_TIMEOUT_S)
    exceeded = list(breaches(found, max_age_s=max_age, max_pending=max_pending))
    report(found, exceeded, as_json=run.as_json)
    if exceeded:
        raise ThresholdExceeded("; ".join(exceeded), hint="paystack health outbox-relay")


@outbox.command("list")
def list_rows(
    ctx: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(metavar="STATE", help="waiting or parked; published with --payment."),
    ] = None,
    payment: Annotated[
        int | None, typer.Option(min=1, help="Only rows of this payment, published ones too.")
    ] = None,
    event_type: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only rows of this event type.")
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Begin after this event id.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 50,
    database: Database = None,
) -> None:
    """List rows that are not published, oldest first.

    With --payment all rows of that payment, published ones too. A full list says where the
    next one begins.
    """
    from paystack_cli.events.outbox_rows import State, find_rows
    from paystack_cli.output.outbox_rows_report import report_rows

    if state is not None and state not in (allowed := [*State] if payment else [*State][:2]):
        raise UsageError(
            f"there is no list of {state!r} rows", hint=f"--state {' or '.join(allowed)}"
        )
    run = context_of(ctx)
    found = find_rows(
        _open(run, database),
        state=None if state is None else State(state),
        payment_id=payment,
        event_type=event_type,
        after=after,
        limit=limit,
    )
    more = found[-1].event_id if len(found) == limit else None
    report_rows(found, more, as_json=run.as_json)


@outbox.command()
def show(
    ctx: typer.Context,
    event_id: Annotated[int, typer.Argument(min=1, metavar="ID", help="The outbox event id.")],
    database: Database = None,
) -> None:
    """Show one row in full, and who has applied its event.

    State, attempts, the reason of the last failure, the payload with card numbers masked, and the
    consumers that have the event in their inbox.
    """
    from paystack_cli.events.outbox_rows import applied_by, find_row
    from paystack_cli.output.outbox_rows_report import report_row

    run = context_of(ctx)
    opened = _open(run, database)
    row = find_row(opened, event_id)
    consumers = applied_by(opened, event_id, run.stack.catalog.consumers)
    report_row(row, consumers, as_json=run.as_json)


@outbox.command()
def retry(
    ctx: typer.Context,
    event_ids: Annotated[
        list[int] | None, typer.Argument(min=1, metavar="ID…", help="Parked outbox event ids.")
    ] = None,
    all_parked: Annotated[
        bool, typer.Option("--all-parked", help="All parked rows, 1000 at a time.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only where the reason contains this.")
    ] = None,
    yes: Yes = False,
    database: Database = None,
) -> None:
    """Let the relay send parked rows again.

    Together with those that wait behind them in their payment, and only after they have been shown
    and the question is answered. Safe while a relay runs: it sends them as if they were new, in the
    order of their payment.
    """
    from paystack_cli.events import outbox_rows

    if bool(event_ids) is all_parked:
        raise UsageError(
            "name the events, or say --all-parked", hint="paystack outbox list --state parked"
        )
    run = context_of(ctx)
    opened = _open(run, database)
    rows = outbox_rows.parked_with_payments(opened, event_ids=event_ids or (), reason=reason)
    _ask(rows, "sent again", "paystack outbox retry … --yes", yes)
    _told(run, "retry", rows, outbox_rows.retry(opened, rows))


@outbox.command()
def park(
    ctx: typer.Context,
    event_ids: EventIds,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with the row.")],
    yes: Yes = False,
    database: Database = None,
) -> None:
    """Take waiting rows out of the relay's way.

    The later rows of their payments go with them, so that order holds; all of them are shown and
    the question is asked first. A row that the relay has in hand at this moment may still be
    published; then it stays so.
    """
    from paystack_cli.events import outbox_rows

    run = context_of(ctx)
    opened = _open(run, database)
    rows = outbox_rows.waiting_behind(opened, event_ids)
    _ask(rows, "parked", "paystack outbox park … --yes", yes)
    _told(run, "park", rows, outbox_rows.park(opened, event_ids, reason))


@outbox.command()
def doctor(
    ctx: typer.Context,
    junit: Junit = None,
    database: Database = None,
) -> int:
    """Find what keeps the outbox from draining.

    Indexes, the oldest rows, long transactions, clocks and the relays are looked at. Exit code 1
    when something is found.
    """
    from paystack_cli.events.outbox_doctor import examine
    from paystack_cli.output.check_report import report

    run = context_of(ctx)
    results = examine(_open(run, database))
    return report("outbox-doctor", results, as_json=run.as_json, junit=junit)


def _open(run: Context, database: str | None) -> "PyMySqlDatabase":
    from paystack_cli.clients.database import PyMySqlDatabase

    return PyMySqlDatabase(open_endpoints(run, database=database).database())


def _ask(rows: "Sequence[OutboxRow]", becomes: str, command: str, yes: bool) -> None:
    """Show what would change and ask, unless `yes`; nobody to answer means no."""
    from paystack_cli.output.outbox_rows_report import show_rows

    show_rows(rows)
    plan = f"{len(rows)} row(s) will be {becomes}"
    if rows and not yes:
        confirm(plan, command)


def _told(run: Context, change: str, rows: "Sequence[OutboxRow]", changed: int) -> None:
    from paystack_cli.output.outbox_rows_report import report_change

    report_change(change, rows, changed, as_json=run.as_json)
