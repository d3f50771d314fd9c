"""`paystack restart`."""

from functools import partial
from typing import Annotated

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import DryRun, Exclude, Groups, Only, Services, asked
from paystack_cli.engines.base import UP_TIMEOUT_S


def restart(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds until all must be healthy.")
    ] = UP_TIMEOUT_S,
    dry_run: DryRun = False,
) -> None:
    """Stop services and start them again as they were made.

    Returns when all are healthy. Changed settings are not taken over: `up` does that. Without names
    it is all that runs.
    """
    from paystack_cli.engines.plan import plan_restart, restartable
    from paystack_cli.output.failure_report import failures_told
    from paystack_cli.output.plan_report import report_plan, tell_bereaved
    from paystack_cli.output.restart_report import failure_of_restart, report_restart
    from paystack_cli.output.service_progress import telling
    from paystack_cli.stack.selection import select_exactly

    run = context_of(ctx)
    wish = asked(services, only, group, exclude)
    names = select_exactly(run.stack, wish).services
    run.tell_engine()
    states = run.engine.states(tuple(run.stack.services))
    if wish.names_nothing:
        names = restartable(run.stack, names, states)
    tell_bereaved(run.stack, names, states)
    engine, as_json = run.engine.name, run.as_json
    if dry_run:
        report_plan(
            "restart", plan_restart(run.stack, names, states), engine=engine, as_json=as_json
        )
        return
    with (
        failures_told(partial(failure_of_restart, engine=engine) if as_json else None),
        telling(names, run.verbosity) as progress,
    ):
        report = run.engine.restart(names, progress, timeout_s=timeout)
    report_restart(report, engine=engine, as_json=as_json)
