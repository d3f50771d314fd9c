"""`paystack smoke`."""

from pathlib import Path
from typing import Annotated

import typer

from paystack_cli.commands.context import OutputFormat, context_of


def smoke(
    ctx: typer.Context,
    gateway: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The public door; this stack's own when not given."),
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
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.checks.runner import run_in_order
    from paystack_cli.checks.smoke import Journey, require_way_in
    from paystack_cli.clients.endpoints import Endpoints
    from paystack_cli.clients.http import HttpClient
    from paystack_cli.output.check_progress import telling
    from paystack_cli.output.check_report import report

    run = context_of(ctx)
    endpoints = Endpoints(run.stack, run.engine, run.settings.variables)
    url = gateway or endpoints.gateway_url()
    journey = Journey(
        HttpClient(url, hint="paystack health gateway"), merchant_id=merchant, amount=amount
    )
    # A stack behind a URL of its own knows nothing of what this one left out.
    steps = journey.steps(frozenset() if gateway else run.engine.excluded())
    if url == endpoints.own_gateway_url():
        require_way_in(run.engine.ps())
    with telling([step.check.name for step in steps]) as progress:
        results = run_in_order(steps, Deadline.after(timeout), progress)
    return report(
        "smoke",
        results,
        as_json=run.output is OutputFormat.JSON,
        junit=junit,
        about={"gateway": url, "payment_id": journey.payment_id},
    )
