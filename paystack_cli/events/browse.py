"""Single dead letters: pages of the oldest or newest, one by its place, those that arrive."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from confluent_kafka import TopicPartition

from paystack_cli.clients.errors import ServerRefused
from paystack_cli.clients.kafka import KafkaEndpoint, reader, typed_errors
from paystack_cli.events.dead_letter_headers import Header, Origin
from paystack_cli.events.letter import DeadLetter, Place, headers_of
from paystack_cli.events.selection import Selection
from paystack_cli.events.topic_reader import (
    BATCH_RECORDS_MAX,
    Partition,
    Span,
    Spans,
    kept,
    read,
    split,
)

WINDOW_RECORDS_MIN = 100
"""A first look at each partition; it doubles until enough is found."""
FOLLOW_TURN_S = 0.2
ONE_RECORD_MAX_S = 10.0


@dataclass(frozen=True, slots=True)
class Page:
    """Letters in the order that was asked for; `rest` is what further pages have to read."""

    letters: tuple[DeadLetter, ...]
    rest: dict[Partition, Span]


def page(
    endpoint: KafkaEndpoint,
    spans: Spans,
    selection: Selection,
    *,
    limit: int,
    newest: bool,
    timeout_s: float,
) -> Page:
    """The oldest or newest `limit` selected letters of all spans, ordered by time.

    Within a partition the order is that of the offsets. Raises what `topic_reader.read` raises.
    """
    found: dict[Partition, list[DeadLetter]] = {partition: [] for partition in spans}
    unread = {partition: span for partition, span in spans.items() if span.size}
    window = max(limit, WINDOW_RECORDS_MIN)
    while unread:
        looked = {partition: _edge(span, window, newest) for partition, span in unread.items()}
        fresh = _letters(endpoint, looked, selection, limit, newest, timeout_s)
        for partition, letters in fresh.items():
            found[partition] += letters
        unread = {
            partition: rest
            for partition, span in unread.items()
            if (rest := _without(span, looked[partition], newest)).size
            and len(found[partition]) < limit
        }
        window *= 2
    return _merged(found, spans, limit, newest)


def _edge(span: Span, size: int, newest: bool) -> Span:
    if newest:
        return Span(max(span.begin, span.end - size), span.end)
    return Span(span.begin, min(span.end, span.begin + size))


def _without(span: Span, edge: Span, newest: bool) -> Span:
    return Span(span.begin, edge.begin) if newest else Span(edge.end, span.end)


def _letters(
    endpoint: KafkaEndpoint,
    spans: Spans,
    selection: Selection,
    limit: int,
    newest: bool,
    timeout_s: float,
) -> dict[Partition, list[DeadLetter]]:
    """At most `limit` letters of each span, from the end that is asked for."""
    found: dict[Partition, list[DeadLetter]] = {partition: [] for partition in spans}
    for batch in read(endpoint, spans, timeout_s):
        for message in selection.select(batch):
            letter = DeadLetter.of(message)
            letters = found[letter.place.topic, letter.place.partition]
            if newest or len(letters) < limit:
                letters.append(letter)
            if len(letters) > limit:
                del letters[0]
    return {at: letters[::-1] if newest else letters for at, letters in found.items()}


def _merged(
    found: Mapping[Partition, Sequence[DeadLetter]], spans: Spans, limit: int, newest: bool
) -> Page:
    by_time = heapq.merge(
        *found.values(), key=lambda letter: (letter.at_ms or 0, letter.place), reverse=newest
    )
    letters = tuple(islice(by_time, limit))
    rest = dict(spans)
    for letter in letters:
        topic, partition, offset = letter.place
        span = rest[topic, partition]
        rest[topic, partition] = Span(span.begin, offset) if newest else Span(offset + 1, span.end)
    return Page(letters, rest)


def newest_of(
    endpoint: KafkaEndpoint,
    topics: Sequence[str],
    selection: Selection,
    limit: int,
    timeout_s: float,
) -> dict[str, tuple[DeadLetter, ...]]:
    """By topic, its newest `limit` selected letters."""
    if not limit:
        return {}
    spans = kept(endpoint, topics, since_ms=selection.since_ms)
    return {
        topic: page(
            endpoint,
            {at: span for at, span in spans.items() if at[0] == topic},
            selection,
            limit=limit,
            newest=True,
            timeout_s=timeout_s,
        ).letters
        for topic in topics
    }


def find(endpoint: KafkaEndpoint, place: Place) -> DeadLetter | None:
    """The letter there; None when there is none (any more). Raises ServerRefused, …"""
    topic, partition, offset = place
    span = kept(endpoint, [topic]).get((topic, partition))
    if span is None or not span.begin <= offset < span.end:
        return None
    wanted = {(topic, partition): Span(offset, offset + 1)}
    for batch in read(endpoint, wanted, ONE_RECORD_MAX_S):
        return DeadLetter.of(batch[0])
    return None


@dataclass(frozen=True, slots=True)
class Recovered:
    """The record that died, as it lies in its topic; or why it is `gone`."""

    key: bytes | None = None
    headers: tuple[Header, ...] = ()
    gone: str | None = None


def recover(endpoint: KafkaEndpoint, origin: Origin) -> Recovered | None:
    """The original record, by seeking to it; None when the letter does not say where it lay."""
    topic, partition, offset = origin.topic, origin.partition, origin.offset
    if topic is None or partition is None or offset is None:
        return None
    try:
        span = kept(endpoint, [topic]).get((topic, partition))
    except ServerRefused as error:
        return Recovered(gone=error.message)
    if span is None:
        return Recovered(gone=f"{topic} has no partition {partition}")
    if offset < span.begin:
        return Recovered(gone=f"retention has removed it: {topic} begins at {span.begin} there")
    wanted = {(topic, partition): Span(offset, min(offset + 1, span.end))}
    for batch in read(endpoint, wanted, ONE_RECORD_MAX_S):
        return Recovered(batch[0].key(), headers_of(batch[0]))
    return Recovered(gone=f"{topic} has no record at {partition}@{offset}")


def follow(
    endpoint: KafkaEndpoint, topics: Sequence[str], selection: Selection
) -> Iterator[DeadLetter]:
    """Selected letters as they arrive, from now on and without end."""
    starts = [TopicPartition(*at, span.end) for at, span in kept(endpoint, topics).items()]
    with typed_errors(endpoint, "follow"), reader(endpoint, starts) as consumer:
        while True:
            batch = consumer.consume(BATCH_RECORDS_MAX, FOLLOW_TURN_S)
            records, _ = split(batch, endpoint)
            yield from map(DeadLetter.of, selection.select(records))
