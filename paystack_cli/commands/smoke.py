"""`paystack smoke`."""

from pathlib import Path
from typing import Annotated

import typer

from paystack_cli.checks.place import Place
from paystack_cli.commands.context import OutputFormat, context_of


def smoke(
    ctx: typer.Context,
    gateway: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The public door; this stack's own when not given."),
    ] = None,
    place: Annotated[
        Place | None,
        typer.Option("--from", help="Ask from inside the stack's network, or from this machine."),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds for the whole way.")] = 60.0,
    merchant: Annotated[str, typer.Option(help="Merchant of the payment.")] = "PAYSTACK-SMOKE",
    amount: Annotated[int, typer.Option(min=1, help="Amount in minor units.")] = 1000,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML to this file.")] = None,
) -> int:
    """Follow one payment: authorize, capture, ledger, idempotent repeat, refund.

    Exit code 1 when a step is answered wrongly, 5 when nothing answered in time; the steps after it
    are not run.
    """
    from paystack_cli.checks.place import choose_place, open_reach
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.checks.runner import run_in_order
    from paystack_cli.checks.smoke import Journey, require_way_in
    from paystack_cli.output.check_progress import telling
    from paystack_cli.output.check_report import report

    run = context_of(ctx)
    variables = run.settings.variables
    place = choose_place(place, variables, run.engine, of_own_stack=gateway is None)
    reach = open_reach(place, run.stack, run.engine, variables)
    url = gateway or reach.gateway_url()
    journey = Journey(
        reach.http(url, hint="paystack health gateway"), merchant_id=merchant, amount=amount
    )
    # A stack behind a URL of its own knows nothing of what this one left out or stopped.
    own = url == reach.own_gateway_url()
    steps = journey.steps(run.engine.excluded() if own else frozenset())
    if own:
        require_way_in(run.engine.ps())
    with telling([step.check.name for step in steps]) as progress:
        results = run_in_order(steps, Deadline.after(timeout), progress)
    return report(
        "smoke",
        results,
        as_json=run.output is OutputFormat.JSON,
        junit=junit,
        about={"from": place.value, "gateway": url, "payment_id": journey.payment_id},
    )
