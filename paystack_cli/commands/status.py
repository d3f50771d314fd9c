"""`paystack status`."""

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import Exclude, Groups, Only, Services, asked


def status(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
) -> None:
    """Show every service: state, health, process, restarts, ports, memory.

    Changes nothing, waits for no other command, and ends with 0 whatever state the services are in.
    What is wrong stands below the table.
    """
    from paystack_cli.output.service_report import report_status
    from paystack_cli.stack.selection import EVERYTHING, select_exactly

    run = context_of(ctx)
    wish = asked(services, only, group, exclude)
    # Without a name the engine also shows what runs of services with a profile.
    names = () if wish == EVERYTHING else select_exactly(run.stack, wish).services
    run.tell_engine()
    report_status(
        run.engine.ps(names),
        engine=run.engine.name,
        problem=run.engine.problem(),
        as_json=run.as_json,
    )
