"""Kafka: silent clients with typed errors. Nothing here joins a group or commits an offset."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # public, not in __all__

from paystack_cli.clients.errors import ServerFailed, ServerRefused, ServerUnreachable
from paystack_cli.errors import PaystackError


@dataclass(frozen=True, slots=True)
class KafkaEndpoint:
    """The bootstrap address, `host:port`, and what a connection needs besides.

    `security` are settings of librdkafka (`security.protocol`, `sasl.password`, …).
    """

    bootstrap: str
    security: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    def __str__(self) -> str:
        return self.bootstrap


class Watermarks(NamedTuple):
    """The first offset that is kept and the next one to be written."""

    low: int
    high: int


PREFETCH_KIB_MAX = 8 * 1024
"""Of keys and values that are fetched ahead of the reader; headers come on top."""
PREFETCH_RECORDS = 5_000
"""Of one partition, likewise: a dead letter's headers can be many times its value."""
PREFETCH_PAUSE_MS = 5
"""Before a full partition is fetched from again; the default of a second starves the reader."""
FETCH_BYTES_MAX = 4 * 1024 * 1024
"""Of one answer of the broker; a larger record comes alone."""

REASON_MAX_S = 2.0
"""For a broker to say why it does not let in."""
REASON_TURN_S = 0.1

UNREACHABLE_HINT = "paystack status kafka"
SECURED_HINT = "check PAYSTACK_KAFKA_BOOTSTRAP and the other PAYSTACK_KAFKA_ settings"
CREATE_TOPICS_HINT = "paystack up kafka-topics"

_UNREACHABLE = (ServerUnreachable, UNREACHABLE_HINT)
_NO_TOPIC = (ServerRefused, CREATE_TOPICS_HINT)
_REFUSED_ACCOUNT = (
    ServerRefused,
    "check PAYSTACK_KAFKA_SECURITY_PROTOCOL and the other PAYSTACK_KAFKA_ settings of the account",
)
_NOT_ALLOWED = (ServerRefused, "let this account describe and read the topic: kafka-acls --add …")
_BUSY = (ServerFailed, "paystack logs kafka --tail 50")

_ERRORS: Mapping[int, tuple[type[PaystackError], str]] = {
    KafkaError._ALL_BROKERS_DOWN: _UNREACHABLE,
    KafkaError._TRANSPORT: _UNREACHABLE,
    KafkaError._TIMED_OUT: _UNREACHABLE,
    KafkaError._MSG_TIMED_OUT: _UNREACHABLE,
    KafkaError._RESOLVE: _UNREACHABLE,
    KafkaError._UNKNOWN_TOPIC: _NO_TOPIC,
    KafkaError._UNKNOWN_PARTITION: _NO_TOPIC,
    KafkaError.UNKNOWN_TOPIC_OR_PART: _NO_TOPIC,
    KafkaError._AUTHENTICATION: _REFUSED_ACCOUNT,
    KafkaError._SSL: _REFUSED_ACCOUNT,
    KafkaError.SASL_AUTHENTICATION_FAILED: _REFUSED_ACCOUNT,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: _NOT_ALLOWED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: _NOT_ALLOWED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: _NOT_ALLOWED,
}
"""Error codes of librdkafka and the broker; every other one is _BUSY."""

_QUIET = logging.getLogger("paystack_cli.clients.kafka.librdkafka")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


def kafka_error(error: KafkaError, endpoint: KafkaEndpoint, subject: str) -> PaystackError:
    """The typed error for `error`; `subject` says what was asked for, such as a topic."""
    return error_of_code(error.code(), error.str(), endpoint, subject)


def error_of_code(
    code: int | None, reason: str, endpoint: KafkaEndpoint, subject: str
) -> PaystackError:
    """As `kafka_error`; `code` is None where Kafka itself reported no error."""
    kind, hint = _BUSY if code is None else _ERRORS.get(code, _BUSY)
    if kind is ServerUnreachable and endpoint.security:
        hint = SECURED_HINT
    return kind(f"Kafka {endpoint}, {subject}: {reason}", hint=hint)


@contextmanager
def typed_errors(endpoint: KafkaEndpoint, subject: str) -> Iterator[None]:
    """Turns KafkaException within into ServerUnreachable, ServerRefused or ServerFailed."""
    try:
        yield
    except KafkaException as error:
        failure: KafkaError = error.args[0]
        if endpoint.security and _ERRORS.get(failure.code()) is _UNREACHABLE:
            failure = _refusal(endpoint) or failure
        raise kafka_error(failure, endpoint, subject) from error


def _refusal(endpoint: KafkaEndpoint) -> KafkaError | None:
    """Why a secured broker does not let in; None when nothing tells.

    A request only hears from librdkafka that the connection failed. A wrong password and a
    certificate of somebody else are told to a client's error callback alone.
    """
    told: list[KafkaError] = []
    settings: dict[str, Any] = {**_configuration(endpoint), "error_cb": told.append}
    client = AdminClient(settings, logger=_QUIET)
    deadline_s = time.monotonic() + REASON_MAX_S
    while time.monotonic() < deadline_s:
        client.poll(REASON_TURN_S)
        for error in told:
            if _ERRORS.get(error.code()) is _REFUSED_ACCOUNT:
                return error
    return next((error for error in told if error.code() == KafkaError._TRANSPORT), None)


def partitions_of(
    admin: AdminClient, endpoint: KafkaEndpoint, topics: Iterable[str], timeout_s: float
) -> dict[str, list[int]]:
    """The partition numbers of each topic. Raises ServerRefused naming the absent ones."""
    with typed_errors(endpoint, "list topics"):
        found = admin.list_topics(timeout=timeout_s).topics
    missing = [topic for topic in topics if topic not in found]
    if missing:
        raise ServerRefused(
            f"Kafka {endpoint} has no topic {', '.join(missing)}", hint=CREATE_TOPICS_HINT
        )
    for topic in topics:
        if (error := found[topic].error) is not None:
            raise kafka_error(error, endpoint, topic)
    return {topic: sorted(found[topic].partitions) for topic in topics}


def watermarks(
    admin: AdminClient,
    endpoint: KafkaEndpoint,
    partitions: Mapping[str, Sequence[int]],
    timeout_s: float,
    *,
    since_ms: int | None = None,
    committed: bool = False,
) -> dict[tuple[str, int], Watermarks]:
    """First and next offset of every (topic, partition).

    With `since_ms` the first is that of the first record with this timestamp or a later one. With
    `committed` the next one is where the first open transaction begins, if there is one: a reader
    of committed records gets no further.
    """

    def offsets(spec: OffsetSpec) -> dict[tuple[str, int], int]:
        asked = {
            TopicPartition(topic, number): spec
            for topic, numbers in partitions.items()
            for number in numbers
        }
        if not asked:
            return {}
        answers = admin.list_offsets(asked, request_timeout=timeout_s, isolation_level=isolation)
        return {
            (asked_of.topic, asked_of.partition): answer_of(future, timeout_s).offset
            for asked_of, future in answers.items()
        }

    isolation = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
    first = OffsetSpec.earliest() if since_ms is None else OffsetSpec.for_timestamp(since_ms)  # type: ignore[no-untyped-call]
    with typed_errors(endpoint, f"offsets of {', '.join(partitions)}"):
        low = offsets(first)
        high = offsets(OffsetSpec.latest())  # type: ignore[no-untyped-call]
    # Without a record that is new enough the answer is -1.
    return {key: Watermarks(low[key] if low[key] >= 0 else end, end) for key, end in high.items()}


def answer_of(future: "Future[Any]", timeout_s: float) -> Any:
    """The answer of an admin request. Raises KafkaException, for no answer in time too."""
    try:
        return future.result(timeout=timeout_s)
    except TimeoutError:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None


def admin_client(endpoint: KafkaEndpoint) -> AdminClient:
    return AdminClient(_configuration(endpoint), logger=_QUIET)


@contextmanager
def reader(endpoint: KafkaEndpoint, partitions: list[TopicPartition]) -> Iterator[Consumer]:
    """A consumer assigned to `partitions` at their offsets; it reports the end of each partition.

    librdkafka demands a group id; without `subscribe()` and commits the group never exists.
    """
    consumer = Consumer(
        {
            **_configuration(endpoint),
            "group.id": "paystack-reader",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": PREFETCH_KIB_MAX,
            "queued.min.messages": PREFETCH_RECORDS,
            "fetch.queue.backoff.ms": PREFETCH_PAUSE_MS,
            "fetch.max.bytes": FETCH_BYTES_MAX,
        },
        logger=_QUIET,
    )
    try:
        consumer.assign(partitions)
        yield consumer
    finally:
        consumer.close()


def transactional_producer(
    endpoint: KafkaEndpoint, transactional_id: str, timeout_s: float, record_bytes_max: int
) -> Producer:
    """A producer whose records count only once their transaction is committed.

    The broker undoes a transaction that stays open for longer than `timeout_s`. Without a partition
    a record goes where Java's partitioner puts its key.
    """
    timeout_ms = round(timeout_s * 1000)
    return Producer(
        {
            **_configuration(endpoint),
            "transactional.id": transactional_id,
            "transaction.timeout.ms": timeout_ms,
            "message.timeout.ms": timeout_ms,
            "message.max.bytes": record_bytes_max,
            "partitioner": "murmur2_random",
        },
        logger=_QUIET,
    )


def _configuration(endpoint: KafkaEndpoint) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": endpoint.bootstrap, "client.id": "paystack", **endpoint.security}
