"""`paystack smoke`."""

from typing import Annotated

import typer

from paystack_cli.commands.check_options import From, Junit
from paystack_cli.commands.context import context_of
from paystack_cli.commands.selection_options import Exclude, Groups, Only, Services, asked


def smoke(
    ctx: typer.Context,
    services: Services = None,
    only: Only = None,
    group: Groups = None,
    exclude: Exclude = None,
    gateway: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The public door; this stack's own when not given."),
    ] = None,
    place: From = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds for the whole way.")] = 60.0,
    merchant: Annotated[str, typer.Option(help="Merchant of the payment.")] = "PAYSTACK-SMOKE",
    amount: Annotated[int, typer.Option(min=1, help="Amount in minor units.")] = 1000,
    junit: Junit = None,
) -> int:
    """Follow one payment: authorize, capture, ledger, idempotent repeat, refund.

    Exit code 1 when a step is answered wrongly, 5 when nothing answered in time; the steps after it
    are not run.
    """
    from paystack_cli.checks.blame import blame_services
    from paystack_cli.checks.place import choose_place, open_reach
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.checks.runner import run_in_order
    from paystack_cli.checks.smoke import Journey, beyond, require_way_in
    from paystack_cli.output.check_progress import telling
    from paystack_cli.output.check_report import report
    from paystack_cli.stack.selection import left_out, named

    run = context_of(ctx)
    variables = run.settings.variables
    place = choose_place(place, variables, run.engine, of_own_stack=gateway is None)
    reach = open_reach(place, run.stack, run.engine, variables)
    url = gateway or reach.gateway_url()
    journey = Journey(
        reach.http(url, hint="paystack health gateway"), merchant_id=merchant, amount=amount
    )
    wish = asked(services, only, group, exclude)
    meant = named(run.stack, wish)
    # A stack behind a URL of its own knows nothing of what this one left out or stopped.
    own = url == reach.own_gateway_url()
    excluded_at_up = run.engine.excluded() - meant if own else frozenset()
    steps = journey.steps(excluded_at_up | left_out(run.stack, wish) | beyond(meant))
    if own:
        require_way_in(run.engine.ps())
    with telling([step.check.name for step in steps], run.verbosity) as progress:
        results = run_in_order(steps, Deadline.after(timeout), progress)
    if own:
        results = blame_services(run.stack, steps, results, run.engine)
    return report(
        "smoke",
        results,
        as_json=run.as_json,
        junit=junit,
        about={"from": place.value, "gateway": url, "payment_id": journey.payment_id},
    )
