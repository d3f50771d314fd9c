"""`paystack build`."""

from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of


def build(
    ctx: typer.Context,
    services: Annotated[
        list[str] | None, typer.Argument(help="Services or groups; all when none is named.")
    ] = None,
) -> None:
    """Make the images of the services whose sources have changed, as `up` does before it starts."""
    from paystack_cli.output.build_report import report_build
    from paystack_cli.output.service_progress import telling
    from paystack_cli.stack.selection import expand

    run = context_of(ctx)
    names = tuple(expand(run.stack, services or ()))
    run.tell_engine()
    with telling(names) as progress:
        report = run.engine.build(names, progress)
    report_build(report, engine=run.engine.name, as_json=run.output is OutputFormat.JSON)
