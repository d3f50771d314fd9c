"""`paystack trace`."""

from pathlib import Path
from typing import Annotated

import typer

from paystack_cli.commands.context import context_of
from paystack_cli.commands.server_options import Database, Kafka, open_endpoints


def trace(
    ctx: typer.Context,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PAYMENT|EVENT|IDEMPOTENCY-KEY|TRACEPARENT",
            help="A payment's id, an event's (event:ID), MERCHANT/KEY or a W3C trace.",
        ),
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the timeline as one page.")
    ] = None,
    kafka: Kafka = None,
    database: Database = None,
) -> int:
    """Show one payment's way through the stack, what is missing, and what to do next.

    Exit code 1 when something is missing, or when there is no such payment.
    """
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.clients.http import HttpxClient
    from paystack_cli.output.trace_page import write_page
    from paystack_cli.output.trace_report import report_trace
    from paystack_cli.trace.calls import CARD_NETWORK
    from paystack_cli.trace.gather import Witnesses, find_payment, gather
    from paystack_cli.trace.log_lines import SHOWN_MAX
    from paystack_cli.trace.subject import read_subject

    subjects = read_subject(subject)
    run = context_of(ctx)
    endpoints = open_endpoints(run, kafka=kafka, database=database)
    services = tuple(run.stack.default_services)
    witnesses = Witnesses(
        catalog=run.stack.catalog,
        database=PyMySqlDatabase(endpoints.database()),
        kafka=endpoints.kafka(),
        card_network=HttpxClient(
            endpoints.http_url(run.stack.services[CARD_NETWORK]), hint=f"paystack up {CARD_NETWORK}"
        ),
        logs=lambda since, keep: run.engine.logs(services, tail=SHOWN_MAX, since=since, keep=keep),
    )
    found = gather(witnesses, find_payment(witnesses, subjects))
    if html is not None:
        write_page(html, found)
    return report_trace(found, as_json=run.as_json)
