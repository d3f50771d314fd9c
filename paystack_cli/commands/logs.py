"""`paystack logs`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of

DEFAULT_TAIL = 100


def logs(
    ctx: typer.Context,
    services: Annotated[
        list[str] | None, typer.Argument(help="Services or groups; all when none is named.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")
    ] = False,
    tail: Annotated[
        int, typer.Option(min=0, help="Lines of each service to begin with; 0 is none.")
    ] = DEFAULT_TAIL,
) -> None:
    """Show what services wrote, interleaved by time."""
    from paystack_cli.output.log_lines import print_logs
    from paystack_cli.stack.selection import expand

    run = context_of(ctx)
    chosen = tuple(expand(run.stack, services or ()))
    lines = run.engine.logs(chosen, follow=follow, tail=tail)
    print_logs(lines, tuple(run.stack.services), as_json=run.output is OutputFormat.JSON)
