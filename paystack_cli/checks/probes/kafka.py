"""Kafka: one record acknowledged by all replicas and read back, on a topic of its own."""

import time
import uuid

from confluent_kafka import KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from paystack_cli.checks.model import AttemptFailed, Evidence, NoAnswer, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.kafka import (
    UNREACHABLE_HINT,
    KafkaEndpoint,
    admin_client,
    answer_of,
    kafka_error,
    producer,
    reader,
    typed_errors,
)
from paystack_cli.stack.catalog import Topic

TOPIC = "paystack.health"
POLL_MAX_S = 0.1


def kafka_probe(target: Target) -> Probe:
    """Passes when the record that was sent is the record that comes back."""
    endpoint = target.endpoints.kafka()
    topic = target.catalog.topics[TOPIC]

    def probe(timeout_s: float) -> Evidence:
        deadline_s = time.monotonic() + timeout_s
        token = uuid.uuid4().bytes
        with client_errors_as_attempts():
            _ensure_topic(endpoint, topic, timeout_s)
            begun_s = time.monotonic()
            sent = _produce(endpoint, token, deadline_s - begun_s)
            acknowledged_s = time.monotonic() - begun_s
            _read_back(endpoint, sent, token, deadline_s)
        round_trip_s = time.monotonic() - begun_s
        return Evidence(
            f"produced and consumed a record in {round_trip_s * 1000:.0f} ms",
            {"acknowledged_s": acknowledged_s, "round_trip_s": round_trip_s},
        )

    return probe


def _ensure_topic(endpoint: KafkaEndpoint, topic: Topic, timeout_s: float) -> None:
    """Creates the topic where kafka-topics has not run (`up --only kafka`)."""
    admin = admin_client(endpoint)
    with typed_errors(endpoint, "list topics"):
        if TOPIC not in admin.list_topics(timeout=timeout_s).topics:
            _create(admin, topic, timeout_s)


def _create(admin: AdminClient, topic: Topic, timeout_s: float) -> None:
    retention = {} if topic.retention_ms is None else {"retention.ms": str(topic.retention_ms)}
    new = NewTopic(TOPIC, num_partitions=topic.partitions, replication_factor=-1, config=retention)
    answer_of(admin.create_topics([new], request_timeout=timeout_s)[TOPIC], timeout_s)


def _produce(endpoint: KafkaEndpoint, token: bytes, timeout_s: float) -> TopicPartition:
    """Where the record lies once it is acknowledged."""
    delivered: list[tuple[KafkaError | None, Message]] = []
    client = producer(endpoint, timeout_s)
    client.produce(
        TOPIC, value=token, on_delivery=lambda error, record: delivered.append((error, record))
    )
    client.flush(timeout_s + POLL_MAX_S)
    if not delivered:
        raise NoAnswer(
            f"Kafka {endpoint}: not acknowledged in {timeout_s:.1f} s", hint=UNREACHABLE_HINT
        )
    error, record = delivered[0]
    if error is not None:
        raise kafka_error(error, endpoint, TOPIC)
    return TopicPartition(TOPIC, record.partition() or 0, record.offset() or 0)


def _read_back(
    endpoint: KafkaEndpoint, sent: TopicPartition, token: bytes, deadline_s: float
) -> None:
    with reader(endpoint, [sent]) as consumer:
        while time.monotonic() < deadline_s:
            record = consumer.poll(POLL_MAX_S)
            if record is None:
                continue
            error = record.error()
            if error is None and record.offset() == sent.offset:
                if record.value() != token:
                    raise AttemptFailed(f"{TOPIC} offset {sent.offset} holds another record")
                return
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise kafka_error(error, endpoint, TOPIC)
    raise AttemptFailed(f"the acknowledged record at {TOPIC} offset {sent.offset} was not readable")
