"""Where the evidence comes from, and taking one look after the other at it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from paystack_cli.clients.database import Database
from paystack_cli.clients.errors import ServerUnreachable
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.stack.catalog import Catalog
from paystack_cli.verify.evidence import (
    Evidence,
    Watermark,
    read_buried,
    read_calls,
    read_records,
)
from paystack_cli.verify.journal import Journal


@dataclass(frozen=True)
class Sources:
    """Everything that is asked. `network` is None where the card network has no call log.

    `stuck_s`: how long a step of a payment may take; `timeout_s`: for reading the topics once.
    """

    database: Database
    kafka: KafkaEndpoint
    network: HttpClient | None
    catalog: Catalog
    journal: Journal | None
    stuck_s: float
    timeout_s: float


def looking(sources: Sources, mark: Watermark) -> Callable[[], Evidence]:
    """A function that reads everything anew; it raises what the servers' clients raise."""

    def look() -> Evidence:
        topics = [event.topic for event in sources.catalog.events.values()]
        sent, strangers = read_records(sources.kafka, topics, mark, sources.timeout_s)
        buried = read_buried(
            sources.kafka, sources.catalog.dead_letter_topics, mark, sources.timeout_s
        )
        calls = None
        if sources.network is not None:
            with suppress(ServerUnreachable):
                calls = read_calls(sources.network)
        return Evidence(
            database=sources.database,
            catalog=sources.catalog,
            mark=mark,
            stuck_s=sources.stuck_s,
            journal=sources.journal,
            sent=sent,
            strangers=strangers,
            buried=buried,
            calls=calls,
        )

    return look
