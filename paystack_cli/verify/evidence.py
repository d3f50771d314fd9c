"""What the rules look at: rows, records, the card network's call log. Reading changes nothing."""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

from confluent_kafka import Message

from paystack_cli.clients.database import Database, Row
from paystack_cli.clients.errors import ServerFailed
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.events.letter import DeadLetter, headers_of
from paystack_cli.events.topic_reader import kept, read
from paystack_cli.stack.catalog import Catalog
from paystack_cli.verify.journal import Journal

STATEMENT_MAX_S = 300.0
"""Of a query over whole tables."""
PAGE_ROWS = 20_000
"""Outbox rows that are read at once."""
CALLS_PAGE = 1_000
CALLS_MAX_S = 10.0

_ID = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Watermark:
    """What is judged: events up to `event_id` and what was done from `since` to `until` (UTC).

    Older outbox rows and records may have been removed after their retention.
    """

    event_id: int
    since: str
    until: str
    since_ms: int


class Sent(NamedTuple):
    """The first record of an event."""

    topic: str
    at_ms: int
    key: bytes | None
    event_type: bytes | None
    crc32: int
    place: str


class Origin(NamedTuple):
    """Where a record lay before it died; None where its letter does not say."""

    topic: str | None
    partition: int | None
    offset: int | None


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter, as far as a rule needs it."""

    place: str
    payment_id: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Call:
    """One key that the card network approved."""

    payment_id: int
    operation: str


@dataclass
class Evidence:
    """One look at everything."""

    database: Database
    catalog: Catalog
    mark: Watermark
    stuck_s: float
    """A step may take so long."""
    journal: Journal | None
    sent: Mapping[int, Sent] = field(default_factory=dict)
    """By event id."""
    strangers: Sequence[str] = ()
    """Records that are no events, by place."""
    buried: Sequence[Buried] = ()
    calls: Sequence[Call] | None = None
    """None when there is no call log that can be asked."""

    @property
    def consumers_of(self) -> dict[str, list[str]]:
        """Topic -> those that must have applied its events."""
        found: dict[str, list[str]] = {}
        for name, consumer in self.catalog.consumers.items():
            for topic in consumer.topics:
                found.setdefault(topic, []).append(name)
        return found

    def rows(self, statement: str) -> list[Row]:
        """Rows of one query that selects a JSON array each."""
        limit = f"SET SESSION max_statement_time = {STATEMENT_MAX_S:g}"
        return self.database.run((limit, statement), STATEMENT_MAX_S + 5)[1]

    def events(self) -> Iterator[Row]:
        """Event id, payment id, type, published, and the payload's CRC-32; oldest first."""
        after = 0
        while True:
            page = self.rows(
                "SELECT JSON_ARRAY(event_id, aggregate_id, event_type, published, CRC32(payload))"
                f" FROM outbox_event WHERE event_id > {after} AND event_id <= {self.mark.event_id}"
                f" AND created_at >= '{self.mark.since}' ORDER BY event_id LIMIT {PAGE_ROWS}"
            )
            yield from page
            if len(page) < PAGE_ROWS:
                return
            after = page[-1][0]


def take_watermark(database: Database, retention_h: float) -> Watermark:
    """The watermark of now. Rows younger than all but an hour of the retention are there still."""
    back_h = max(retention_h - 1, 0.0)
    statement = (
        "SELECT JSON_ARRAY(COALESCE((SELECT MAX(event_id) FROM outbox_event), 0),"
        f" UTC_TIMESTAMP(6) - INTERVAL {round(back_h * 3600)} SECOND, UTC_TIMESTAMP(6),"
        f" ROUND((UNIX_TIMESTAMP(NOW(6)) - {round(back_h * 3600)}) * 1000))"
    )
    ((event_id, since, until, since_ms),) = database.run([statement], STATEMENT_MAX_S)[0]
    return Watermark(int(event_id), since, until, int(since_ms))


def read_records(
    endpoint: KafkaEndpoint, topics: Sequence[str], mark: Watermark, timeout_s: float
) -> tuple[dict[int, Sent], list[str]]:
    """The first record of every event id, and the places of records that are no events."""
    sent: dict[int, Sent] = {}
    strangers = []
    spans = kept(endpoint, topics, since_ms=mark.since_ms)
    for batch in read(endpoint, spans, timeout_s):
        for message in batch:
            last = dict(headers_of(message))
            event_id = _event_id(last.get("ce_id"))
            record = _sent(message, last.get("ce_type"))
            if event_id is None:
                strangers.append(record.place)
            elif event_id not in sent or record.at_ms < sent[event_id].at_ms:
                sent[event_id] = record
    return sent, strangers


def read_buried(
    endpoint: KafkaEndpoint, topics: Sequence[str], mark: Watermark, timeout_s: float
) -> list[Buried]:
    """The dead letters since then."""
    found = []
    for batch in read(endpoint, kept(endpoint, topics, since_ms=mark.since_ms), timeout_s):
        for letter in map(DeadLetter.of, batch):
            origin = letter.origin
            found.append(
                Buried(
                    str(letter.place),
                    _decimal(letter.key),
                    Origin(origin.topic, origin.partition, origin.offset),
                )
            )
    return found


def read_calls(network: HttpClient) -> list[Call]:
    """Captures and refunds that the simulated card network approved, newest first.

    Raises ServerUnreachable or ServerFailed.
    """
    found: list[Call] = []
    path = f"/pg/calls?limit={CALLS_PAGE}"
    before = ""
    while True:
        answer = network.request("GET", path + before, timeout_s=CALLS_MAX_S)
        calls = answer.json().get("calls")
        if not isinstance(calls, list):
            raise ServerFailed(
                f"{network.base_url} has no call log: {answer}", hint="paystack health pg-simulator"
            )
        if not calls:
            return found
        found += [
            Call(call["paymentId"], call["operation"])
            for call in calls
            if call["httpStatus"] == HTTPStatus.OK and call["paymentId"] is not None
        ]
        before = f"&before={calls[-1]['callId']}"


def _sent(message: Message, event_type: str | bytes | None) -> Sent:
    return Sent(
        topic=message.topic() or "",
        at_ms=message.timestamp()[1],
        key=message.key(),
        event_type=event_type if isinstance(event_type, bytes) else None,
        crc32=zlib.crc32(message.value() or b""),
        place=f"{message.topic()} {message.partition()}@{message.offset()}",
    )


def _event_id(value: str | bytes | None) -> int | None:
    return _decimal(value) if isinstance(value, bytes) else None


def _decimal(text: bytes | None) -> int | None:
    return int(text) if text is not None and _ID.fullmatch(text) else None
