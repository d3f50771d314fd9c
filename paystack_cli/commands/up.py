"""`paystack up`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of
from paystack_cli.engines.base import UP_TIMEOUT_S


def up(
    ctx: typer.Context,
    services: Annotated[
        list[str] | None,
        typer.Argument(help="Services or groups, with what they need; all when none is named."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Exactly these, and nothing they need.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave these out (also comma-separated).")
    ] = None,
    no_deps: Annotated[
        bool, typer.Option("--no-deps", help="Do not start or ask for what they need.")
    ] = False,
    recreate: Annotated[
        bool, typer.Option("--recreate", help="Restart what is running; data is kept.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds until all must be healthy.")
    ] = UP_TIMEOUT_S,
) -> None:
    """Start the stack, or a part of it, and wait until it is healthy."""
    from paystack_cli.output.service_progress import telling
    from paystack_cli.output.service_report import report_up
    from paystack_cli.stack.selection import select

    run = context_of(ctx)
    selection = select(
        run.stack, names=services or (), only=only or (), exclude=exclude or (), no_deps=no_deps
    )
    run.tell_engine()
    with telling(selection.services) as progress:
        report = run.engine.up(selection, progress, recreate=recreate, timeout_s=timeout)
    report_up(report, engine=run.engine.name, as_json=run.output is OutputFormat.JSON)
