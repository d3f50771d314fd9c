"""`paystack down`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of
from paystack_cli.errors import UsageError

if TYPE_CHECKING:
    from paystack_cli.engines.base import Engine


def down(
    ctx: typer.Context,
    services: Annotated[
        list[str] | None, typer.Argument(help="Services or groups; all when none is named.")
    ] = None,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Also remove the data; asks first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the stack, or a part of it; data is kept unless --volumes."""
    from paystack_cli.output.service_progress import telling
    from paystack_cli.output.service_report import report_down
    from paystack_cli.stack.selection import expand, in_order

    run = context_of(ctx)
    names = in_order(run.stack, expand(run.stack, services)) if services else ()
    run.tell_engine()
    if volumes and not yes:
        _confirm(run.engine, names)
    with telling(names or in_order(run.stack)) as progress:
        report = run.engine.down(names, progress, volumes=volumes)
    report_down(report, engine=run.engine.name, as_json=run.output is OutputFormat.JSON)


def _confirm(engine: "Engine", services: tuple[str, ...]) -> None:
    """Show what would be removed, and ask; without anybody to answer, `--yes` is needed."""
    volumes = engine.volumes(services)
    if not volumes:
        return
    plan = f"the data in {', '.join(volumes)} will be removed for good"
    if not sys.stdin.isatty():
        raise UsageError(plan, hint="paystack down --volumes --yes")
    typer.confirm(f"{plan}; go on?", abort=True, err=True)
