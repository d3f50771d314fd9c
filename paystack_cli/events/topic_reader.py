"""Reads stretches of partitions to a known end: committed records, no group, no offset moved.

Memory is bounded by what the client fetches ahead, however much the topics hold.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from paystack_cli.clients.kafka import (
    KafkaEndpoint,
    admin_client,
    kafka_error,
    partitions_of,
    reader,
    typed_errors,
    watermarks,
)
from paystack_cli.errors import TimedOut

BATCH_RECORDS_MAX = 1000
POLL_MAX_S = 0.05
"""`consume` waits so long for a full batch, also at the end of all partitions."""
SILENCE_MAX_S = 30.0
"""Without a record: longer than a transaction may stay open, which holds readers back."""
ANSWER_MAX_S = 5.0
"""A broker that is there answers a question about its topics far sooner."""

Partition = tuple[str, int]
"""Topic and number."""


class Span(NamedTuple):
    """From the first offset to the one before `end`."""

    begin: int
    end: int

    @property
    def size(self) -> int:
        """Offsets in it; transactions and compaction leave some without a record."""
        return max(0, self.end - self.begin)


Spans = Mapping[Partition, Span]


def kept(
    endpoint: KafkaEndpoint,
    topics: Sequence[str],
    *,
    since_ms: int | None = None,
    committed: bool = True,
) -> dict[Partition, Span]:
    """What each partition holds of committed records now, from `since_ms` on.

    Unless `committed`, also what is in transactions that are still open: reading it waits for
    their end. Raises ServerUnreachable, ServerRefused (no such topic) or ServerFailed.
    """
    admin = admin_client(endpoint)
    partitions = partitions_of(admin, endpoint, topics, ANSWER_MAX_S)
    marks = watermarks(
        admin, endpoint, partitions, ANSWER_MAX_S, since_ms=since_ms, committed=committed
    )
    return {partition: Span(*mark) for partition, mark in marks.items()}


def read(endpoint: KafkaEndpoint, spans: Spans, timeout_s: float) -> Iterator[Sequence[Message]]:
    """The committed records of all spans in batches, those of one partition in their order.

    Raises TimedOut after `timeout_s`, ServerUnreachable, ServerRefused or ServerFailed.
    """
    deadline_s = time.monotonic() + timeout_s
    for batch, unread in _batches(endpoint, spans):
        if unread and time.monotonic() > deadline_s:
            raise TimedOut(
                f"{len(unread)} partitions of {_topics(unread)} were not read to their end within"
                f" {timeout_s:g} s",
                hint="give it more time (--timeout SECONDS), or read less (--since 10m)",
            )
        if batch:
            yield batch


def read_patiently(endpoint: KafkaEndpoint, spans: Spans) -> Iterator[Message]:
    """As `read`, for whoever takes his time with each record: only silence is limited.

    Raises TimedOut after SILENCE_MAX_S without a record, as when a transaction stays open.
    """
    heard_s = time.monotonic()
    for batch, unread in _batches(endpoint, spans):
        yield from batch
        if batch:
            heard_s = time.monotonic()
        elif unread and time.monotonic() > heard_s + SILENCE_MAX_S:
            raise TimedOut(
                f"{_topics(unread)} could not be read to the end: Kafka {endpoint} gave no record"
                f" for {SILENCE_MAX_S:g} s",
                hint="see whether a transaction hangs: paystack logs kafka --tail 50",
            )


def _batches(
    endpoint: KafkaEndpoint, spans: Spans
) -> Iterator[tuple[Sequence[Message], Mapping[Partition, int]]]:
    """Batches, empty ones too, and after each the ends of the partitions that go on.

    The reader's position tells the end, not the last offset: transactions and compaction leave
    gaps.
    """
    open_ends = {partition: span.end for partition, span in spans.items() if span.size}
    starts = [TopicPartition(*partition, spans[partition].begin) for partition in open_ends]
    with typed_errors(endpoint, "read records"), reader(endpoint, starts) as consumer:
        while open_ends:
            records, positions = split(consumer.consume(BATCH_RECORDS_MAX, POLL_MAX_S), endpoint)
            positions = _positions(consumer, open_ends) | positions
            finished = [at for at, end in open_ends.items() if positions[at] >= end]
            if finished:
                consumer.incremental_unassign([TopicPartition(*at) for at in finished])
                open_ends = {at: end for at, end in open_ends.items() if at not in finished}
                records = [message for message in records if _is_within(message, spans)]
            yield records, open_ends


def split(
    batch: Sequence[Message], endpoint: KafkaEndpoint
) -> tuple[Sequence[Message], dict[Partition, int]]:
    """The records of a batch, and how far the partitions have been read that it says have ended.

    That is before the first transaction that is still open, if there is one. Raises what any other
    error in the batch means.
    """
    told = [(message, error) for message in batch if (error := message.error()) is not None]
    if not told:
        return batch, {}
    for message, error in told:
        if error.code() != KafkaError._PARTITION_EOF:
            raise kafka_error(error, endpoint, message.topic() or "read records")
    records = [message for message in batch if message.error() is None]
    return records, {_partition(message): message.offset() or 0 for message, _ in told}


def _positions(consumer: Consumer, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The next offset of each, as far as records tell it: those at its end may be gone."""
    positions = consumer.position([TopicPartition(*partition) for partition in partitions])
    return {(at.topic, at.partition): at.offset for at in positions}


def _is_within(message: Message, spans: Spans) -> bool:
    """Records that arrived after the end was taken belong to the next reading."""
    return (message.offset() or 0) < spans[_partition(message)].end


def _partition(message: Message) -> Partition:
    return message.topic() or "", message.partition() or 0


def _topics(partitions: Iterable[Partition]) -> str:
    return ", ".join(sorted({topic for topic, _ in partitions}))
