"""`paystack build`."""

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import DryRun, Exclude, Groups, Only, Services, asked


def build(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    dry_run: DryRun = False,
) -> None:
    """Make the images of services whose sources changed, as `up` does before it starts.

    What is out of date is found by a digest of what each build reads, without asking Docker. The
    local engine runs the services as they are in this folder and builds none.
    """
    from paystack_cli.engines.plan import plan_build
    from paystack_cli.output.build_report import report_build
    from paystack_cli.output.plan_report import report_plan
    from paystack_cli.output.service_progress import telling
    from paystack_cli.stack.selection import select_exactly

    run = context_of(ctx)
    names = select_exactly(run.stack, asked(services, only, group, exclude)).services
    run.tell_engine()
    as_json = run.as_json
    if dry_run:
        due = run.engine.due_images(names)
        steps = plan_build(run.stack, names, run.engine.states(names), due)
        report_plan("build", steps, engine=run.engine.name, as_json=as_json)
        return
    with telling(names, run.verbosity) as progress:
        report = run.engine.build(names, progress)
    report_build(report, engine=run.engine.name, as_json=as_json)
