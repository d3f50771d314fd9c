"""`paystack health`."""

from typing import Annotated

import typer

from paystack_cli.commands.check_options import From, Junit
from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import Exclude, Groups, Only, Services, asked


def health(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    place: From = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds until all must be healthy.")
    ] = 60.0,
    max_lag: Annotated[int, typer.Option(min=0, help="Records a worker may be behind.")] = 1000,
    max_age: Annotated[
        float, typer.Option(min=0, help="Seconds an outbox row may wait for the relay.")
    ] = 30.0,
    max_parked: Annotated[
        int, typer.Option(min=0, help="Outbox rows the relay may have given up.")
    ] = 0,
    junit: Junit = None,
) -> int:
    """Prove that each service does its job, all at once, within one deadline.

    Exit code 1 when a service answers but is not healthy (or is not running), 5 when one never
    answered in time.
    """
    from paystack_cli.checks.health import check_health, choose
    from paystack_cli.checks.place import choose_place, open_reach
    from paystack_cli.checks.probes import Limits
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.output.check_progress import telling
    from paystack_cli.output.check_report import report
    from paystack_cli.plugins.checks import plugin_checks
    from paystack_cli.plugins.contract import Site

    run = context_of(ctx)
    variables = run.settings.variables
    place = choose_place(place, variables, run.engine)
    reach = open_reach(place, run.stack, run.engine, variables)
    more = plugin_checks(Site(run.stack, reach, variables))
    choice = choose(
        run.stack,
        asked(services, only, group, exclude),
        excluded_at_up=run.engine.excluded(),
        more=more,
    )
    with telling(choice.checked, run.verbosity) as progress:
        results = check_health(
            run.stack,
            reach,
            run.engine,
            choice,
            limits=Limits(max_lag, max_age, max_parked),
            deadline=Deadline.after(timeout),
            progress=progress,
            more=more,
        )
    return report(
        "health",
        results,
        as_json=run.as_json,
        junit=junit,
        about={"from": place.value},
    )
