"""Records put into topics by hand: repeats, poison, what no service of the stack would send."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from tests.support.outbox import TRACEPARENT, event_value
from tests.support.stack import StackUnderTest

FLUSH_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Given:
    """A record to be put; where it came to lie is in `places`."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]] = field(default_factory=list)


def event_record(
    stack: StackUnderTest, event_id: int, event_type: str, payment_id: int, **replaced: Any
) -> Given:
    """A record as the relay sends it; `replaced` changes fields of the value."""
    value = event_value(event_type, payment_id, **replaced)
    return Given(
        stack.catalog["events"][event_type]["topic"],
        str(payment_id).encode(),
        json.dumps(value).encode(),
        [
            ("ce_id", str(event_id)),
            ("ce_type", event_type),
            ("ce_source", "tests"),
            ("ce_time", "2026-11-22T10:00:00Z"),
            ("ce_specversion", "1.0"),
            ("content-type", "application/json"),
            ("traceparent", TRACEPARENT),
            ("x-request-id", f"req-{payment_id}"),
        ],
    )


def put(stack: StackUnderTest, records: Iterable[Given]) -> list[tuple[str, int, int]]:
    """Puts records, confirmed; topic, partition and offset of each."""
    producer = _producer(stack.bootstrap)
    places: list[tuple[str, int, int]] = []

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        places.append((message.topic() or "", message.partition() or 0, message.offset() or 0))

    count = 0
    for record in records:
        count += 1
        producer.produce(
            record.topic,
            value=record.value,
            key=record.key,
            headers=record.headers,
            on_delivery=on_delivery,
        )
    assert producer.flush(FLUSH_TIMEOUT_S) == 0
    assert len(places) == count
    return places


@cache
def _producer(bootstrap: str) -> Producer:
    """One for each broker: an idempotent producer is half a second old before its first record."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "log_level": 0,  # it outlives the broker, and would say so again and again
        }
    )
