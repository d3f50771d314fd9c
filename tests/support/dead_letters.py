"""Dead letters of consumer-worker as the stack leaves them: payments captured, their events dead.

Written without the services: the payments and outbox rows are in the database, and each letter lies
in its topic with the headers that a worker adds.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.support.outbox import event_value, new_payment_ids, write_payments
from tests.support.stack import StackUnderTest
from tests.support.topics import read_topics

EVENT_TYPE, TARGET, DEAD_LETTER_TOPIC = "PAYMENT_CAPTURED", "payment.captured", "payment.dlq"
TARGET_PARTITIONS = 6
DIED_AT_MS = 1_795_341_600_000
FLUSH_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 20.0

Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Dead:
    """A letter that was put; `place` as commands take it."""

    payment_id: int
    event_id: int
    target_partition: int
    partition: int
    offset: int

    @property
    def place(self) -> str:
        return f"{self.partition}:{self.offset}"


def captured_payments(stack: StackUnderTest, count: int) -> list[tuple[int, int]]:
    """Payments that are CAPTURED, each with the id of its published event PAYMENT_CAPTURED."""
    payment_ids = new_payment_ids(count)
    pairs = []
    with stack.database() as connection:
        write_payments(connection, payment_ids, "CAPTURED")
        with connection.cursor() as cursor:
            for payment_id in payment_ids:
                cursor.execute(
                    "INSERT INTO outbox_event (aggregate_id, event_type, payload, source,"
                    " published, created_at, published_at) VALUES"
                    " (%s, %s, %s, 'tests', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
                    (payment_id, EVENT_TYPE, json.dumps(event_value(EVENT_TYPE, payment_id))),
                )
                pairs.append((payment_id, int(cursor.lastrowid)))
    return pairs


def headers_of(event_id: int, partition: int, offset: int) -> Headers:
    """Those of the event, then Spring's, as `paycore.dead_letter` adds them."""
    return [
        ("ce_id", str(event_id).encode()),
        ("ce_type", EVENT_TYPE.encode()),
        ("ce_source", b"settlement-worker"),
        ("ce_time", b"2026-11-22T10:00:00+00:00"),
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("kafka_dlt-original-topic", TARGET.encode()),
        ("kafka_dlt-original-partition", struct.pack(">i", partition)),
        ("kafka_dlt-original-offset", struct.pack(">q", offset)),
        ("kafka_dlt-original-timestamp", struct.pack(">q", DIED_AT_MS)),
        ("kafka_dlt-original-timestamp-type", b"CreateTime"),
        ("kafka_dlt-original-consumer-group", b"consumer-worker"),
        ("kafka_dlt-exception-fqcn", b"paycore.worker.RetriesExhausted"),
        ("kafka_dlt-exception-message", b"12 attempts failed: Deadlock found"),
        ("kafka_dlt-exception-stacktrace", b"..."),
    ]


def bury(
    stack: StackUnderTest,
    payments: Sequence[tuple[int, int]],
    *,
    topic: str = DEAD_LETTER_TOPIC,
    more_headers: Headers | None = None,
    **replaced: Any,
) -> list[Dead]:
    """One dead letter for each payment and event; `replaced` changes fields of the value.

    The offset at which a record is said to have died is its event's id.
    """
    producer = Producer({"bootstrap.servers": stack.bootstrap, "acks": "all", "log_level": 0})
    placed: dict[int, Message] = {}

    def noting(event_id: int) -> Any:
        def on_delivery(error: KafkaError | None, message: Message) -> None:
            assert error is None, error
            placed[event_id] = message

        return on_delivery

    for payment_id, event_id in payments:
        value = event_value(EVENT_TYPE, payment_id, **replaced)
        headers = headers_of(event_id, event_id % TARGET_PARTITIONS, event_id)
        producer.produce(
            topic,
            key=str(payment_id),
            value=json.dumps(value),
            headers=headers + (more_headers or []),
            on_delivery=noting(event_id),
        )
    assert producer.flush(FLUSH_TIMEOUT_S) == 0
    return [
        Dead(
            payment_id,
            event_id,
            event_id % TARGET_PARTITIONS,
            placed[event_id].partition() or 0,
            placed[event_id].offset() or 0,
        )
        for payment_id, event_id in payments
    ]


def forget_letters(stack: StackUnderTest, topic: str = DEAD_LETTER_TOPIC) -> None:
    """Deletes the letters that the topic holds, so that plans are of what follows."""
    ends: dict[int, int] = {}
    for record in read_topics(stack.bootstrap, [topic]):
        ends[record.partition] = max(ends.get(record.partition, 0), record.offset + 1)
    if ends:
        admin = AdminClient({"bootstrap.servers": stack.bootstrap, "log_level": 0})
        marks = [TopicPartition(topic, *mark) for mark in ends.items()]
        for answer in admin.delete_records(marks).values():
            answer.result(ANSWER_TIMEOUT_S)
