"""Finds the records and dead letters of a payment's events by time, not by reading whole topics."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from confluent_kafka import Message

from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.events.letter import DeadLetter, headers_of, moment, timestamp_ms
from paystack_cli.events.topic_reader import Partition, Span, kept, read
from paystack_cli.stack.catalog import Catalog
from paystack_cli.trace.model import OutboxRow, PaymentFacts, Record

EVENT_ID_HEADER = "ce_id"

DELIVERY_MAX = timedelta(seconds=130)
"""From a record's own time to its acknowledgement: librdkafka gives up after 120 s."""

CLOCKS_MAX = timedelta(seconds=2)
"""How far the clocks of database and relay may be apart."""

PROMPT = timedelta(seconds=1)
"""A consumer that received an event later than this may have refused it before."""

READ_MAX_S = 5.0
"""For one window; a time-out is told and the rest of the trace is shown."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which some topics hold records of these events."""

    topics: frozenset[str]
    events: frozenset[int]
    begin: datetime
    end: datetime


def record_windows(facts: PaymentFacts, catalog: Catalog) -> list[Window]:
    """Where the records of the published events are; windows that overlap are one."""
    windows: list[Window] = []
    for event in facts.events:
        known = catalog.events.get(event.event_type)
        if known is None or event.published_at is None:
            continue
        begin = max(event.created_at, event.published_at - DELIVERY_MAX) - CLOCKS_MAX
        window = Window(
            frozenset({known.topic}),
            frozenset({event.event_id}),
            begin,
            event.published_at + CLOCKS_MAX,
        )
        if windows and windows[-1].begin <= begin <= windows[-1].end:
            window = _joined(windows.pop(), window)
        windows.append(window)
    return windows


def letter_windows(facts: PaymentFacts, catalog: Catalog) -> list[Window]:
    """Where a dead letter may be: of an event that a consumer has not received, or not at once."""
    received = {(one.consumer, one.event_id): one.received_at for one in facts.receipts}
    windows = []
    for event in facts.events:
        for consumer in consumers_of(event, catalog):
            at = received.get((consumer, event.event_id), facts.read_at)
            if event.published_at is not None and at - event.published_at > PROMPT:
                windows.append(
                    Window(
                        frozenset({catalog.consumers[consumer].dead_letter_topic}),
                        frozenset({event.event_id}),
                        event.published_at - CLOCKS_MAX,
                        at + CLOCKS_MAX,
                    )
                )
    return windows


def consumers_of(event: OutboxRow, catalog: Catalog) -> tuple[str, ...]:
    """Who has to receive the event."""
    known = catalog.events.get(event.event_type)
    if known is None:
        return ()
    return tuple(
        name for name, consumer in catalog.consumers.items() if known.topic in consumer.topics
    )


def find_records(endpoint: KafkaEndpoint, windows: Sequence[Window]) -> Iterator[Record]:
    """The records of the events. Raises TimedOut, ServerUnreachable, ServerRefused, …"""
    for window in windows:
        for message, event_id in _messages(endpoint, window):
            at = moment(timestamp_ms(message))
            if at is not None:
                yield Record(
                    message.topic() or "",
                    message.partition() or 0,
                    message.offset() or 0,
                    event_id,
                    at,
                )


def find_letters(endpoint: KafkaEndpoint, windows: Sequence[Window]) -> Iterator[DeadLetter]:
    """The dead letters of the events. Raises TimedOut, ServerUnreachable, ServerRefused, …"""
    for window in windows:
        for message, _ in _messages(endpoint, window):
            yield DeadLetter.of(message)


def _messages(endpoint: KafkaEndpoint, window: Window) -> Iterator[tuple[Message, int]]:
    wanted = {str(event_id).encode(): event_id for event_id in window.events}
    spans = _spans(endpoint, window.topics, window.begin, window.end)
    for batch in read(endpoint, spans, READ_MAX_S):
        for message in batch:
            event_id = wanted.get(_event_id(message))
            if event_id is not None:
                yield message, event_id


def _spans(
    endpoint: KafkaEndpoint, topics: Collection[str], begin: datetime, end: datetime
) -> Mapping[Partition, Span]:
    """The offsets of a stretch of time, of every partition: producers may choose differently."""
    starts = kept(endpoint, sorted(topics), since_ms=_milliseconds(begin))
    ends = kept(endpoint, sorted(topics), since_ms=_milliseconds(end))
    return {at: Span(start.begin, ends[at].begin) for at, start in starts.items()}


def _event_id(message: Message) -> bytes:
    values: Iterable[object] = (
        value for name, value in headers_of(message) if name == EVENT_ID_HEADER
    )
    found = next(iter(values), None)
    return found if isinstance(found, bytes) else b""


def _joined(first: Window, second: Window) -> Window:
    return Window(
        first.topics | second.topics,
        first.events | second.events,
        first.begin,
        max(first.end, second.end),
    )


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
