"""What a drained stack leaves behind: database, topics, card network's call log, journal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.journal import JournalRead, read_journal
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics

CALLS_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that the card network moved: one key that it approved, repeats of it not counted.

    `operation` is authorize, capture or refund. An authorize comes before the payment has an id;
    the others do not name the merchant.
    """

    operation: str
    payment_id: int | None
    merchant_id: str | None
    amount: int
    currency: str


@dataclass(frozen=True)
class Evidence:
    """All that the invariants look at."""

    rows: Callable[[str], Sequence[Mapping[str, Any]]]
    """Runs a query against paydb."""
    records: Sequence[Record]
    """Every record of the event topics."""
    movements: Sequence[Movement]
    journal: JournalRead
    topic_of: Mapping[str, str]
    """Event type -> topic."""
    consumers_of: Mapping[str, Sequence[str]]
    """Topic -> the consumers that must have applied its events."""


def catalog_maps(
    catalog: Mapping[str, Any],
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """`topic_of` and `consumers_of` of an event catalog."""
    topic_of = {name: event["topic"] for name, event in catalog["events"].items()}
    consumers_of: dict[str, list[str]] = {}
    for consumer, entry in catalog["consumers"].items():
        for topic in entry["topics"]:
            consumers_of.setdefault(topic, []).append(consumer)
    return topic_of, consumers_of


def collect(stack: StackUnderTest, journal: Path) -> Evidence:
    """Reads everything once; the stack must have drained."""
    topic_of, consumers_of = catalog_maps(stack.catalog)
    return Evidence(
        rows=stack.rows,
        records=read_topics(stack.bootstrap, stack.event_topics),
        movements=movements(stack),
        journal=read_journal(journal),
        topic_of=topic_of,
        consumers_of=consumers_of,
    )


def movements(stack: StackUnderTest) -> list[Movement]:
    """What the card network approved, read page by page from its call log."""
    found: list[Movement] = []
    page: dict[str, int] = {"limit": CALLS_PAGE}
    with httpx.Client(base_url=stack.url("pg-simulator")) as client:
        while True:
            answer = client.get("/pg/calls", params=page).raise_for_status()
            calls = answer.json()["calls"]
            found += [_movement(call) for call in calls if call["httpStatus"] == HTTPStatus.OK]
            if not calls:
                return found
            page["before"] = calls[-1]["callId"]


def _movement(call: Mapping[str, Any]) -> Movement:
    request = call["request"]
    return Movement(
        operation=call["operation"],
        payment_id=call["paymentId"],
        merchant_id=request.get("merchantId"),
        amount=request["amount"],
        currency=request["currency"],
    )
