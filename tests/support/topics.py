"""Reading whole topics without disturbing anyone: assigned, never subscribed, nothing committed."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

BATCH_RECORDS = 1_000
METADATA_TIMEOUT_S = 10.0
SILENCE_MAX_S = 10.0
"""How long the broker may keep silent before the end of a partition was seen."""
TURN_S = 0.1
"""`consume` waits this long for a full batch, also at the end of all partitions."""


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record as it lies in its partition; `timestamp_ms` is the producer's."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp_ms: int

    def header(self, name: str) -> bytes | None:
        """The last header of that name, None without one."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


def read_topics(
    bootstrap: str, topics: Iterable[str], *, isolation: str = "read_committed"
) -> list[Record]:
    """Every record of `topics` up to the end that each partition had when it was looked at.

    With the isolation `read_uncommitted` also those of transactions that were undone.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tests-reader",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": isolation,
        }
    )
    try:
        ends = _ends(consumer, topics)
        return _read_until(consumer, ends)
    finally:
        consumer.close()


def _ends(consumer: Consumer, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """The high watermark of every partition that holds anything."""
    ends: dict[tuple[str, int], int] = {}
    for topic in topics:
        metadata = consumer.list_topics(topic, METADATA_TIMEOUT_S).topics[topic]
        if metadata.error is not None:
            raise RuntimeError(f"topic {topic}: {metadata.error}")
        for partition in metadata.partitions:
            low, high = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), METADATA_TIMEOUT_S
            )
            if high > low:
                ends[topic, partition] = high
    return ends


def _read_until(consumer: Consumer, ends: dict[tuple[str, int], int]) -> list[Record]:
    """Reads to the captured ends by position: the last offsets may be markers, not records."""
    if not ends:
        return []
    consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in ends])
    unread = set(ends)
    records: list[Record] = []
    heard_s = time.monotonic()
    while unread:
        batch = consumer.consume(BATCH_RECORDS, TURN_S)
        records.extend(_record(message) for message in batch if message.error() is None)
        positions = consumer.position([TopicPartition(*place) for place in unread])
        unread -= {
            (position.topic, position.partition)
            for position in positions
            if position.offset >= ends[position.topic, position.partition]
        }
        if batch:
            heard_s = time.monotonic()
        elif time.monotonic() > heard_s + SILENCE_MAX_S:
            raise TimeoutError(f"no record for {SILENCE_MAX_S:g} s; still to read: {unread}")
    return [r for r in records if r.offset < ends[r.topic, r.partition]]


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        headers=tuple(message.headers() or ()),
        timestamp_ms=message.timestamp()[1],
    )
