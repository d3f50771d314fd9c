"""One record to a topic and back.

It needs nothing but confluent_kafka, so that its text also runs as a program where this package is
not installed (`python -c`): inside the stack's network. The program takes one JSON object, the
arguments of `round_trip`, and prints one: `acknowledged_s` and `round_trip_s`, or `code` (of a
KafkaError, null for none) and `reason`.
"""

import json
import logging
import sys
import time
import uuid
from typing import NamedTuple

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

POLL_MAX_S = 0.1

Configuration = dict[str, str | int | float | bool]

_QUIET = logging.getLogger("kafka_round_trip")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


class RoundTrip(NamedTuple):
    """Seconds from the send to the acknowledgement, and until the record was read back."""

    acknowledged_s: float
    round_trip_s: float


class NotReadBack(Exception):
    """What was acknowledged is not what the topic holds."""


def round_trip(
    bootstrap: str, topic: str, partitions: int, retention_ms: int | None, timeout_s: float
) -> RoundTrip:
    """Sends a record, acknowledged by every replica, and reads it back.

    A topic that is absent is made. No group is joined. Raises KafkaException or NotReadBack.
    """
    deadline_s = time.monotonic() + timeout_s
    client: Configuration = {"bootstrap.servers": bootstrap, "client.id": "paystack"}
    _ensure_topic(AdminClient(client, logger=_QUIET), topic, partitions, retention_ms, timeout_s)
    token = uuid.uuid4().bytes
    begun_s = time.monotonic()
    sent = _produce(client, topic, token, max(POLL_MAX_S, deadline_s - begun_s))
    acknowledged_s = time.monotonic() - begun_s
    _read_back(client, sent, token, deadline_s)
    return RoundTrip(acknowledged_s, time.monotonic() - begun_s)


def _ensure_topic(
    admin: AdminClient, topic: str, partitions: int, retention_ms: int | None, timeout_s: float
) -> None:
    """Makes the topic where nobody has yet (`up --only kafka`)."""
    if topic in admin.list_topics(timeout=timeout_s).topics:
        return
    retention = {} if retention_ms is None else {"retention.ms": str(retention_ms)}
    new = NewTopic(topic, num_partitions=partitions, replication_factor=-1, config=retention)
    try:
        admin.create_topics([new], request_timeout=timeout_s)[topic].result(timeout_s)
    except TimeoutError:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None


def _produce(client: Configuration, topic: str, token: bytes, timeout_s: float) -> TopicPartition:
    """Where the record lies once it is acknowledged."""
    delivered: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        {
            **client,
            "acks": "all",
            "linger.ms": 0,
            "message.timeout.ms": max(1, round(timeout_s * 1000)),
        },
        logger=_QUIET,
    )
    producer.produce(
        topic, value=token, on_delivery=lambda error, record: delivered.append((error, record))
    )
    producer.flush(timeout_s + POLL_MAX_S)
    if not delivered:
        raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))
    error, record = delivered[0]
    if error is not None:
        raise KafkaException(error)
    return TopicPartition(topic, record.partition() or 0, record.offset() or 0)


def _read_back(
    client: Configuration, sent: TopicPartition, token: bytes, deadline_s: float
) -> None:
    # librdkafka demands a group id; without `subscribe()` and commits the group never exists.
    consumer = Consumer(
        {**client, "group.id": "paystack-reader", "enable.auto.commit": False}, logger=_QUIET
    )
    try:
        consumer.assign([sent])
        while time.monotonic() < deadline_s:
            record = consumer.poll(POLL_MAX_S)
            if record is None:
                continue
            if (error := record.error()) is not None:
                raise KafkaException(error)
            if record.value() != token:
                raise NotReadBack(f"{sent.topic} offset {sent.offset} holds another record")
            return
    finally:
        consumer.close()
    raise NotReadBack(
        f"the acknowledged record at {sent.topic} offset {sent.offset} was not readable"
    )


def _main(arguments: str) -> None:
    try:
        answer = round_trip(**json.loads(arguments))._asdict()
    except KafkaException as error:
        answer = {"code": error.args[0].code(), "reason": error.args[0].str()}
    except NotReadBack as error:
        answer = {"code": None, "reason": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main(sys.argv[1])
