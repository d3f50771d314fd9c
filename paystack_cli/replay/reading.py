"""Reads stretches of partitions to a known end, committed records only; joins no group."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

from confluent_kafka import KafkaError, Message, TopicPartition

from paystack_cli.clients.kafka import (
    KafkaEndpoint,
    admin_client,
    kafka_error,
    partitions_of,
    reader,
    typed_errors,
    watermarks,
)
from paystack_cli.errors import TimedOut, UsageError
from paystack_cli.events.browse import recover
from paystack_cli.events.letter import DeadLetter, Place, place_of
from paystack_cli.events.selection import Selection
from paystack_cli.events.topic_reader import ANSWER_MAX_S, Partition, Span, kept, read
from paystack_cli.replay.letters import Letter

BATCH_RECORDS_MAX = 500
POLL_MAX_S = 0.05
"""`consume` waits so long for a full batch, also at the end of all partitions."""
SILENCE_MAX_S = 30.0
"""Without a record: longer than a transaction may stay open, which holds readers back."""


def whole(endpoint: KafkaEndpoint, topic: str) -> dict[Partition, Span]:
    """All that a topic holds now, what is in transactions that are still open included."""
    admin = admin_client(endpoint)
    partitions = partitions_of(admin, endpoint, [topic], ANSWER_MAX_S)
    marks = watermarks(admin, endpoint, partitions, ANSWER_MAX_S)
    return {partition: Span(*mark) for partition, mark in marks.items()}


def records(endpoint: KafkaEndpoint, spans: Mapping[Partition, Span]) -> Iterator[Message]:
    """The committed records of all spans, those of one partition in their order.

    Unlike `topic_reader.read` it takes no end of a partition for the end: a reader of committed
    records is told that at the first transaction that is still open, and behind it there may be
    what matters. It waits instead. Raises TimedOut when one stays open, ServerUnreachable,
    ServerFailed.
    """
    ends = {place: span.end for place, span in spans.items() if span.begin < span.end}
    starts = [TopicPartition(*place, spans[place].begin) for place in ends]
    with typed_errors(endpoint, "read records"), reader(endpoint, starts) as consumer:
        heard_s = time.monotonic()
        while ends:
            batch = [
                message
                for message in consumer.consume(BATCH_RECORDS_MAX, POLL_MAX_S)
                if _is_record(message, endpoint)
            ]
            yield from (message for message in batch if _is_within(message, spans))
            if batch:
                heard_s = time.monotonic()  # whoever takes the records may take his time
            elif time.monotonic() > heard_s + SILENCE_MAX_S:
                raise TimedOut(
                    f"{', '.join(sorted({topic for topic, _ in ends}))} could not be read to the"
                    f" end: Kafka {endpoint} gave no record for {SILENCE_MAX_S:g} s",
                    hint="see whether a transaction hangs: paystack logs kafka --tail 50",
                )
            for at in consumer.position([TopicPartition(*place) for place in ends]):
                if at.offset >= ends[at.topic, at.partition]:
                    del ends[at.topic, at.partition]


def _is_record(message: Message, endpoint: KafkaEndpoint) -> bool:
    """Whether it is no mere sign of a partition's end. Raises what an error means."""
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise kafka_error(error, endpoint, message.topic() or "read records")
    return error is None


def _is_within(message: Message, spans: Mapping[Partition, Span]) -> bool:
    place = place_of(message)
    return place.offset < spans[place.topic, place.partition].end


def selected_letters(
    endpoint: KafkaEndpoint, topics: Sequence[str], selection: Selection, timeout_s: float
) -> Iterator[Letter]:
    """The letters that are meant, of what the topics hold now. Raises TimedOut."""
    spans = kept(endpoint, topics, since_ms=selection.since_ms)
    for batch in read(endpoint, spans, timeout_s):
        for message in selection.select(batch):
            yield _letter(endpoint, message)


def _letter(endpoint: KafkaEndpoint, message: Message) -> Letter:
    dead = DeadLetter.of(message)
    return Letter.of(dead, None if dead.envelope is None else recover(endpoint, dead.origin))


def read_letters(endpoint: KafkaEndpoint, places: Collection[Place]) -> Iterator[Letter]:
    """The letters at `places` that are still there, those of one partition in their order."""
    wanted = frozenset(places)
    spans: dict[Partition, Span] = {}
    for partition, held in kept(endpoint, sorted({place.topic for place in wanted})).items():
        offsets = [p.offset for p in wanted if p[:2] == partition]
        inside = [offset for offset in offsets if held.begin <= offset < held.end]
        if inside:
            spans[partition] = Span(min(inside), max(inside) + 1)
    for message in records(endpoint, spans):
        if place_of(message) in wanted:
            yield _letter(endpoint, message)


def find_letters(endpoint: KafkaEndpoint, places: Collection[Place]) -> dict[Place, Letter]:
    """The letters at `places`. Raises UsageError when one of them is not there."""
    found = {letter.place: letter for letter in read_letters(endpoint, places)}
    absent = sorted(set(places) - found.keys())
    if absent:
        raise UsageError(
            f"no letter at {', '.join(map(str, absent))}",
            hint="see what is there: paystack dlq inspect",
        )
    return found
