"""The relay against a bare producer on the same broker: the same records, without the outbox."""

import json
import time
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message, Producer

from tests.support.outbox import TRACEPARENT, event_value, new_payment_ids
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

EVENT_TYPE = "PAYMENT_AUTHORIZED"
"""Nobody consumes it, so the relay is measured and no worker."""
DRAINED_WITHIN_S = 120.0
ROWS_PER_INSERT = 1_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Events/s."""

    relay: float
    producer: float

    @property
    def ratio(self) -> float:
        return self.relay / self.producer


def measure(stack: StackUnderTest, events: int) -> Rates:
    """The relay empties an outbox of `events` rows; a producer sends as many."""
    return Rates(relay=_relay(stack, events), producer=_producer(stack, events))


def _relay(stack: StackUnderTest, events: int) -> float:
    payments = new_payment_ids(events)
    with stack.database() as connection:
        connection.begin()
        with connection.cursor() as cursor:
            for start in range(0, events, ROWS_PER_INSERT):
                cursor.executemany(
                    "INSERT INTO outbox_event (aggregate_id, event_type, payload, source,"
                    " traceparent, request_id, created_at)"
                    " VALUES (%s, %s, %s, 'bench', %s, %s, UTC_TIMESTAMP(6))",
                    [
                        (p, EVENT_TYPE, _value(p), TRACEPARENT, f"req-{p}")
                        for p in payments[start : start + ROWS_PER_INSERT]
                    ],
                )
        started_s = time.monotonic()
        connection.commit()

        def drained() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM outbox_event WHERE published = 0 LIMIT 1")
                return cursor.fetchone() is None

        wait_for(drained, "an empty outbox", DRAINED_WITHIN_S, pause_s=0.02)
    return events / (time.monotonic() - started_s)


def _producer(stack: StackUnderTest, events: int) -> float:
    """confluent-kafka as the relay sets it up: keys, headers, acks=all, a callback per record."""
    producer = Producer(
        {
            "bootstrap.servers": stack.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 1,
        }
    )
    topic = stack.catalog["events"][EVENT_TYPE]["topic"]
    payments = new_payment_ids(events)
    values = [_value(payment_id) for payment_id in payments]
    delivered = 0

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        nonlocal delivered
        delivered += error is None

    started_s = time.monotonic()
    for payment_id, value in zip(payments, values, strict=True):
        producer.produce(
            topic,
            value=value,
            key=str(payment_id),
            headers=[
                ("ce_id", str(payment_id)),
                ("ce_type", EVENT_TYPE),
                ("ce_source", "bench"),
                ("ce_time", "2026-11-22T10:00:00Z"),
                ("ce_specversion", "1.0"),
                ("content-type", "application/json"),
                ("traceparent", TRACEPARENT),
                ("x-request-id", f"req-{payment_id}"),
            ],
            on_delivery=on_delivery,
        )
        producer.poll(0)
    producer.flush()
    elapsed_s = time.monotonic() - started_s
    assert delivered == events
    return events / elapsed_s


def _value(payment_id: int) -> str:
    return json.dumps(event_value(EVENT_TYPE, payment_id))
