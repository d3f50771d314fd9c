"""`paystack logs`."""

from datetime import datetime
from typing import Annotated

import typer

from paystack_cli.commands.completions import log_levels
from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import Exclude, Groups, Only, Services, asked

DEFAULT_TAIL = 100


def logs(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")
    ] = False,
    tail: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="LINES",
            help=f"Lines of each service to begin with. {DEFAULT_TAIL} by default; all that match"
            " when something is asked of them.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Nothing older: 10m, 2h, 1d ago, or ISO 8601."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Nothing of this time or later.")
    ] = None,
    grep: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Only lines in which this is found.")
    ] = None,
    payment: Annotated[
        str | None, typer.Option(metavar="ID", help="Only lines about this payment.")
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL",
            help="Only lines that matter so much, or more: debug, info, warning (warn), error,"
            " critical.",
            autocompletion=log_levels,
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="As written, at a terminal too.")] = False,
) -> None:
    """Show what services wrote, interleaved by time.

    All that is asked of a line must hold. One of plain text that names no level (a stack trace) is
    shown with every --level. At a terminal JSON lines are shown as time, level, event and fields;
    card numbers are masked everywhere.
    """
    from paystack_cli.errors import UsageError
    from paystack_cli.logs.chosen import Wanted, read_level, read_pattern, read_payment
    from paystack_cli.moment import read_moment
    from paystack_cli.output.log_lines import Style, print_logs
    from paystack_cli.stack.selection import select_exactly

    if follow and until is not None:
        raise UsageError(
            "--follow goes on, and --until ends: what is written later is never before a time",
            hint="leave one of them out: paystack logs --follow, or paystack logs --until TIME",
        )
    run = context_of(ctx)
    chosen = select_exactly(run.stack, asked(services, only, group, exclude)).services
    now = datetime.now().astimezone()
    wanted = Wanted(
        since=None if since is None else read_moment("--since", since, now),
        until=None if until is None else read_moment("--until", until, now),
        level=read_level(level),
        payment=read_payment(payment),
        pattern=read_pattern(grep),
    )
    if tail is None and wanted.everything:
        tail = DEFAULT_TAIL
    lines = run.engine.logs(
        chosen,
        follow=follow,
        tail=tail,
        since=wanted.since,
        keep=None if wanted.everything else wanted,
    )
    as_json = run.as_json
    style = Style.JSON if as_json else Style.RAW if raw else Style.FOR_PEOPLE
    print_logs(lines, tuple(run.stack.services), style, at_once=follow)
