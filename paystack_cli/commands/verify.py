"""`paystack verify`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paystack_cli.commands.check_options import Junit
from paystack_cli.commands.context import Context, context_of
from paystack_cli.commands.server_options import Database, Kafka, open_endpoints

if TYPE_CHECKING:
    from paystack_cli.verify.look import Sources

CARD_NETWORK, RELAY = "pg-simulator", "outbox-relay"
"""Services that a rule asks; a stack elsewhere may have others in their place."""
RETENTION = "OUTBOX_RETENTION_HOURS"
OUTBOX_RETENTION_H = 168.0
FOR_EVER_H = 24.0 * 365 * 100


def verify(
    ctx: typer.Context,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What clients asked and were told, as JSON lines."),
    ] = None,
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds for what is under way to arrive.")
    ] = 20.0,
    max_stuck: Annotated[
        float, typer.Option(min=0, help="Seconds that a step of a payment may take.")
    ] = 60.0,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for reading the topics once.")
    ] = 300.0,
    junit: Junit = None,
    kafka: Kafka = None,
    database: Database = None,
) -> int:
    """Prove ten invariants over database and topics: no money lost, none moved twice.

    Reads only, and judges what was there when it began. Exit code 1 when one is violated.
    """
    from paystack_cli.output.check_report import report
    from paystack_cli.verify.evidence import take_watermark
    from paystack_cli.verify.look import looking
    from paystack_cli.verify.settling import verify as settled

    run = context_of(ctx)
    sources = _sources(run, kafka, database, journal, max_stuck, timeout)
    mark = take_watermark(sources.database, _retention_h(run))
    return report(
        "verify",
        settled(looking(sources, mark), settle),
        as_json=run.as_json,
        junit=junit,
        about={"since": mark.since, "until": mark.until, "event_id": mark.event_id},
    )


def _sources(
    run: Context,
    kafka: str | None,
    database: str | None,
    journal: Path | None,
    max_stuck: float,
    timeout: float,
) -> "Sources":
    from paystack_cli.clients.database import PyMySqlDatabase
    from paystack_cli.clients.http import HttpxClient
    from paystack_cli.verify.journal import read_journal
    from paystack_cli.verify.look import Sources

    endpoints = open_endpoints(run, kafka=kafka, database=database)
    simulator = run.stack.services.get(CARD_NETWORK)
    elsewhere = kafka is not None or database is not None
    network = None
    if simulator is not None and not elsewhere:
        network = HttpxClient(endpoints.http_url(simulator), hint=f"paystack health {CARD_NETWORK}")
    return Sources(
        database=PyMySqlDatabase(endpoints.database()),
        kafka=endpoints.kafka(),
        network=network,
        catalog=run.stack.catalog,
        journal=None if journal is None else read_journal(journal),
        stuck_s=max_stuck,
        timeout_s=timeout,
    )


def _retention_h(run: Context) -> float:
    """How long published outbox rows stay; 0 in the relay's environment is for ever."""
    relay = run.stack.services.get(RELAY)
    text = None if relay is None else relay.environment.get(RETENTION)
    return float(text or OUTBOX_RETENTION_H) or FOR_EVER_H
