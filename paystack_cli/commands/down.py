"""`paystack down`."""

from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.consent import Yes, confirm
from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import DryRun, Exclude, Groups, Only, Services, asked

if TYPE_CHECKING:
    from paystack_cli.engines.base import Engine


def down(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Also remove the data; asks first.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Stop the stack, or a part of it; data is kept unless --volumes.

    In reverse order of need. What is protected (jenkins, ngrok) goes on unless it is named. Nothing
    to stop is no error.
    """
    from paystack_cli.engines.plan import plan_down
    from paystack_cli.output.plan_report import report_plan, tell_bereaved
    from paystack_cli.output.service_progress import telling
    from paystack_cli.output.service_report import report_down
    from paystack_cli.stack.selection import EVERYTHING, select_exactly

    run = context_of(ctx)
    wish = asked(services, only, group, exclude)
    names = select_exactly(run.stack, wish).services
    run.tell_engine()
    tell_bereaved(run.stack, names, run.engine.states(tuple(run.stack.services)))
    if dry_run:
        steps = plan_down(run.stack, names, run.engine.states(names))
        report_plan(
            "down",
            steps,
            engine=run.engine.name,
            as_json=run.as_json,
            removed_volumes=run.engine.volumes(names) if volumes else (),
        )
        return
    if volumes and not yes:
        _confirm(run.engine, names)
    with telling(names, run.verbosity) as progress:
        # Without a name the engine's own parts go too.
        meant = () if wish == EVERYTHING else names
        report = run.engine.down(meant, progress, volumes=volumes)
    report_down(report, engine=run.engine.name, as_json=run.as_json)


def _confirm(engine: "Engine", services: tuple[str, ...]) -> None:
    """Say which data would be removed, if any, and ask."""
    if volumes := engine.volumes(services):
        plan = f"the data in {', '.join(volumes)} will be removed for good"
        confirm(plan, "paystack down --volumes --yes")
