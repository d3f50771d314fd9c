"""Reads stretches of partitions to a known end: committed records, no group, no offset moved.

Memory is bounded by what the client fetches ahead, however much the topics hold.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
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
    endpoint: KafkaEndpoint, topics: Sequence[str], *, since_ms: int | None = None
) -> dict[Partition, Span]:
    """What each partition holds of committed records now, from `since_ms` on.

    Raises ServerUnreachable, ServerRefused (no such topic) or ServerFailed.
    """
    admin = admin_client(endpoint)
    partitions = partitions_of(admin, endpoint, topics, ANSWER_MAX_S)
    marks = watermarks(admin, endpoint, partitions, ANSWER_MAX_S, since_ms=since_ms, committed=True)
    return {partition: Span(*mark) for partition, mark in marks.items()}


def read(endpoint: KafkaEndpoint, spans: Spans, timeout_s: float) -> Iterator[Sequence[Message]]:
    """The records of all spans in batches, those of one partition in their order.

    The reader's position tells the end, not the last offset: transactions and compaction leave
    gaps. Raises TimedOut, ServerUnreachable, ServerRefused or ServerFailed.
    """
    deadline_s = time.monotonic() + timeout_s
    open_ends = {partition: span.end for partition, span in spans.items() if span.size}
    starts = [TopicPartition(*partition, spans[partition].begin) for partition in open_ends]
    with typed_errors(endpoint, "read records"), reader(endpoint, starts) as consumer:
        while open_ends:
            if time.monotonic() > deadline_s:
                raise TimedOut(
                    f"{len(open_ends)} partitions of {_topics(open_ends)} were not read to their"
                    f" end within {timeout_s:g} s",
                    hint="give it more time (--timeout SECONDS), or read less (--since 10m)",
                )
            batch = consumer.consume(BATCH_RECORDS_MAX, POLL_MAX_S)
            # Where the last offsets hold no record, the end of the partition tells it.
            records, ended = split(batch, endpoint)
            if finished := (ended | _passed(consumer, open_ends)) & open_ends.keys():
                consumer.incremental_unassign([TopicPartition(*place) for place in finished])
                open_ends = {at: end for at, end in open_ends.items() if at not in finished}
                records = [message for message in records if _is_within(message, spans)]
            if records:
                yield records


def split(
    batch: Sequence[Message], endpoint: KafkaEndpoint
) -> tuple[Sequence[Message], set[Partition]]:
    """The records of a batch, and the partitions that it says have ended.

    Raises what any other error in it means.
    """
    told = [(message, error) for message in batch if (error := message.error()) is not None]
    if not told:
        return batch, set()
    for message, error in told:
        if error.code() != KafkaError._PARTITION_EOF:
            raise kafka_error(error, endpoint, message.topic() or "read records")
    records = [message for message in batch if message.error() is None]
    return records, {_partition(message) for message, _ in told}


def _passed(consumer: Consumer, open_ends: Mapping[Partition, int]) -> set[Partition]:
    """The partitions whose end the reader has reached."""
    positions = consumer.position([TopicPartition(*partition) for partition in open_ends])
    return {
        (at.topic, at.partition)
        for at in positions
        if at.offset >= open_ends[at.topic, at.partition]
    }


def _is_within(message: Message, spans: Spans) -> bool:
    """Records that arrived after the end was taken belong to the next reading."""
    return (message.offset() or 0) < spans[_partition(message)].end


def _partition(message: Message) -> Partition:
    return message.topic() or "", message.partition() or 0


def _topics(partitions: Mapping[Partition, int]) -> str:
    return ", ".join(sorted({topic for topic, _ in partitions}))
