"""Kafka clients as this stack wants them: durable producers, consumers that commit by hand.

Types of the values are those of librdkafka's CONFIGURATION.md; a setting that is absent here has
librdkafka's default.
"""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from paycore.logging import get_logger

BACKOFF_MAX_MS = 1_000
"""Between two attempts to reach a broker that is away: it is back in use within a second."""
SOCKET_TIMEOUT_MS = 10_000
SESSION_TIMEOUT_MS = 6_000
"""The partitions of a worker that does not come back go to others after this; Kafka's minimum."""
HEARTBEAT_INTERVAL_MS = 1_000
"""How late a member hears that others came or went; librdkafka's default is 3 s."""
POLL_INTERVAL_MAX_MS = 60_000
"""A worker polls every second, also while it is paused; only a stuck one exceeds this."""
FETCH_WAIT_MAX_MS = 500
"""How long the broker holds an empty fetch; a new record is answered at once."""
RECORD_BYTES_MAX = 1_000_000
"""Of a record with its headers: librdkafka's default, below that of the broker."""
STATISTICS_INTERVAL_MS = 1_000
LOCAL_QUEUE_KBYTES_MAX = 16_384
"""Records fetched ahead, per partition."""
LOG_EMERGENCIES = 0
"""syslog's lowest level: what goes wrong comes as an error, and is logged from there."""

OUTAGE_ERRORS = frozenset(
    {
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._PURGE_QUEUE,
        KafkaError._PURGE_INFLIGHT,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NETWORK_EXCEPTION,
    }
)
"""Codes that speak of the broker's health, never of the one record that met them."""

RECORD_ERRORS = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_MSG,
    }
)
"""Codes with which the broker refuses the record itself: no repeat will help."""

Headers = list[tuple[str, str | bytes | None]]
"""Names may repeat, and their order is kept."""


class TroubleLog:
    """Says each kind of trouble once until it `ends`: a client that reconnects repeats it."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._said: set[int] = set()

    def __call__(self, error: KafkaError) -> None:
        if error.code() not in self._said:
            get_logger().warning(
                "kafka_trouble", client=self._client, error=str(error), fatal=error.fatal()
            )
        self._said.add(error.code())

    def ends(self) -> None:
        """The broker answers again."""
        self._said.clear()


def durable_producer(
    bootstrap: str,
    client_id: str,
    delivery_timeout_ms: int,
    record_bytes_max: int = RECORD_BYTES_MAX,
) -> Producer:
    """A producer whose acknowledged records survive: acks=all, idempotent, Java's partitioner."""
    config: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "linger.ms": 1,
        "message.timeout.ms": delivery_timeout_ms,
        "message.max.bytes": record_bytes_max,
        "socket.timeout.ms": SOCKET_TIMEOUT_MS,
        "reconnect.backoff.max.ms": BACKOFF_MAX_MS,
        "error_cb": TroubleLog(client_id),
        "log_level": LOG_EMERGENCIES,
    }
    return Producer(config)


def group_consumer(
    bootstrap: str,
    group: str,
    instance: str,
    on_error: TroubleLog,
    on_statistics: Callable[[str], None],
    on_commit: Callable[[KafkaError | None, list[TopicPartition]], None],
) -> Consumer:
    """A member of `group` that starts at the beginning and commits only when it is told to.

    `instance` names this member for good (KIP-345): killed and started again, or after a restart of
    the broker, it has its partitions back at once instead of after the session timeout.
    The callbacks are called from within `poll`.
    """
    config: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "client.id": group,
        "group.id": group,
        "group.instance.id": instance,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",  # a replay that was not committed never was
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": HEARTBEAT_INTERVAL_MS,
        "max.poll.interval.ms": POLL_INTERVAL_MAX_MS,
        "fetch.wait.max.ms": FETCH_WAIT_MAX_MS,
        "error_cb": on_error,
        "stats_cb": on_statistics,
        "on_commit": on_commit,
        "statistics.interval.ms": STATISTICS_INTERVAL_MS,
        "log_level": LOG_EMERGENCIES,
        "queued.max.messages.kbytes": LOCAL_QUEUE_KBYTES_MAX,
        "socket.timeout.ms": SOCKET_TIMEOUT_MS,
        "reconnect.backoff.max.ms": BACKOFF_MAX_MS,
    }
    return Consumer(config)


def headers_of(message: Message) -> Headers:
    """The headers of a record; none is an empty list."""
    headers = message.headers() or []
    return list(headers.items() if isinstance(headers, dict) else headers)


def admin_client(bootstrap: str) -> AdminClient:
    """For topics; what goes wrong is in the answer of each request."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": LOG_EMERGENCIES})
