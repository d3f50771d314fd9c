"""`paystack up`."""

from functools import partial
from typing import Annotated

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import (
    DryRun,
    Exclude,
    Groups,
    Only,
    ServicesWithNeeds,
    asked,
)
from paystack_cli.engines.base import UP_TIMEOUT_S


def up(
    ctx: typer.Context,
    services: ServicesWithNeeds = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    no_deps: Annotated[
        bool, typer.Option("--no-deps", help="Do not start or ask for what they need.")
    ] = False,
    recreate: Annotated[
        bool, typer.Option("--recreate", help="Restart what is running; data is kept.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds until all must be healthy.")
    ] = UP_TIMEOUT_S,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SERVICE=]SECONDS",
            help="Exit 6 when it took longer, once all are up; also PAYSTACK_BUDGET.",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Start the stack, or a part of it, and wait until it is healthy.

    Services that are named are started with what they need; what runs already and has not changed
    is left alone. When one does not become ready, its true cause is told first, with the command
    that helps.
    """
    from paystack_cli.engines.budget import read_budget
    from paystack_cli.engines.plan import plan_up
    from paystack_cli.engines.timing_history import TimingHistory
    from paystack_cli.engines.up_review import review
    from paystack_cli.errors import ThresholdExceeded
    from paystack_cli.output.failure_report import failures_told
    from paystack_cli.output.misspelt_report import misspelt_told
    from paystack_cli.output.plan_report import report_plan
    from paystack_cli.output.service_progress import telling
    from paystack_cli.output.up_report import failure_of_up, report_up
    from paystack_cli.stack.selection import select

    run = context_of(ctx)
    with misspelt_told(run.settings):
        selection = select(run.stack, asked(services, only, group, exclude), no_deps=no_deps)
        limits = read_budget((*run.settings.budget, *(budget or ())), run.stack)
        run.tell_engine()
        if dry_run:
            observed = run.engine.observe(selection.services)
            steps = plan_up(run.stack, selection, observed, recreate=recreate)
            report_plan("up", steps, engine=run.engine.name, as_json=run.as_json)
            return
        engine, as_json = run.engine.name, run.as_json
        with (
            failures_told(partial(failure_of_up, engine=engine) if as_json else None),
            telling(selection.services, run.verbosity) as progress,
        ):
            report = run.engine.up(selection, progress, recreate=recreate, timeout_s=timeout)
        history = TimingHistory.of(run.settings.state_dir(run.stack.name), engine)
        reviewed = review(report, run.stack, history, limits)
        report_up(reviewed, engine=engine, as_json=as_json)
        if reviewed.exceeded:
            slow = reviewed.exceeded[0].slow_service
            raise ThresholdExceeded(
                "\n".join(excess.sentence for excess in reviewed.exceeded),
                hint=f"paystack logs {slow} --tail 50, or a larger --budget",
            )
