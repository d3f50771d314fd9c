"""Publishes outbox rows to Kafka, each delivery guarded by the circuit breaker.

The producer exists only while the breaker lets calls through: an OPEN breaker means that no
connection goes to the broker at all.
"""

import time
from collections.abc import Callable
from functools import partial

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from paycore.breaker import BreakerState, CircuitBreaker, Permit
from paycore.catalog import SchemaBreach, UnknownEventType, check_value, resolve_topic_name
from paycore.events import event_headers
from paycore.kafka import RECORD_ERRORS, durable_producer
from paycore.logging import get_logger
from paycore.relay_store import OutboxRow

DELIVERY_TIMEOUT_MS = 5_000
"""Until a delivery counts as failed. All rows of an outage fail together, so it is also the time
in which the breaker opens."""
CLOSE_MAX_S = 2.0

OnResult = Callable[[OutboxRow, KafkaError | None], None]
"""Called once per published row, from within `poll`, with what the broker said."""

_PURGED = frozenset({KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})


class NotPublishable(Exception):
    """No repeat would help: an unknown type, a value that breaks its schema, or is too large."""


class Publisher:
    """A producer for one thread, opened when it is first needed."""

    def __init__(self, bootstrap: str, breaker: CircuitBreaker) -> None:
        self.breaker = breaker
        self._bootstrap = bootstrap
        self._producer: Producer | None = None
        self._fatal: KafkaError | None = None
        self._listened_s = 0.0
        self._listens_since_s: float | None = None

    def publish(self, row: OutboxRow, on_result: OnResult) -> None:
        """Hands `row` to the producer; `on_result` gets the outcome later.

        Raises NotPublishable; CallNotPermitted (breaker) or BufferError (producer full, or lost and
        to be replaced by the next `poll`) when it should be tried again later.
        """
        topic = _checked_topic(row)
        permit = self.breaker.acquire()
        try:
            self._open().produce(
                topic,
                value=row.payload,
                key=str(row.payment_id),
                headers=event_headers(
                    row.event_id,
                    row.event_type,
                    row.source,
                    row.created_at,
                    row.traceparent,
                    row.request_id,
                ),
                on_delivery=partial(self._delivered, row, on_result, permit, self._clock_s()),
            )
        except KafkaException as error:
            self.breaker.release(permit)
            refused: KafkaError = error.args[0]
            if refused.code() in RECORD_ERRORS:
                raise NotPublishable(str(refused)) from error
            self._fatal = refused
            raise BufferError(str(refused)) from error
        except BufferError:
            self.breaker.release(permit)
            raise

    def poll(self, timeout_s: float) -> None:
        """Reports deliveries: at once if there are any, else the first within `timeout_s`.

        While the breaker is CLOSED this connects, so that the first row need not wait for it.
        """
        if self._producer is not None:
            self._poll(self._producer, timeout_s)
        elif self.breaker.state is BreakerState.CLOSED:
            self._open()
        if self._fatal is not None or self.breaker.state is BreakerState.OPEN:
            self.close()

    def close(self) -> None:
        """Drops what is not delivered (each is reported as purged) and every connection."""
        if self._producer is None:
            return
        if self._fatal is not None:
            get_logger().error("producer_failed", error=str(self._fatal))
        producer, self._producer = self._producer, None
        self._fatal = None
        producer.purge()
        producer.flush(CLOSE_MAX_S)

    def _poll(self, producer: Producer, timeout_s: float) -> None:
        self._listens_since_s = time.monotonic()
        try:
            producer.poll(timeout_s)
        except KafkaException as error:  # how a client with an error_cb says that it is lost
            self._fatal = error.args[0]
        self._listened_s, self._listens_since_s = self._clock_s(), None

    def _clock_s(self) -> float:
        """A clock that runs only while this listens to the broker.

        An answer that came while the relay waited for its database is heard late, and the broker
        was not slow for that.
        """
        if self._listens_since_s is None:
            return self._listened_s
        return self._listened_s + time.monotonic() - self._listens_since_s

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = durable_producer(self._bootstrap, "outbox-relay", DELIVERY_TIMEOUT_MS)
        return self._producer

    def _delivered(
        self,
        row: OutboxRow,
        on_result: OnResult,
        permit: Permit,
        sent_at_s: float,
        error: KafkaError | None,
        _message: Message,
    ) -> None:
        duration_s = self._clock_s() - sent_at_s
        if error is None or error.code() in RECORD_ERRORS:
            self.breaker.record(permit, duration_s, failed=False)
        elif error.code() in _PURGED:
            self.breaker.release(permit)
        else:
            self.breaker.record(permit, duration_s, failed=True)
            if error.code() == KafkaError._FATAL:
                self._fatal = error
        on_result(row, error)


def _checked_topic(row: OutboxRow) -> str:
    """The topic of a row whose value keeps its schema. Raises NotPublishable."""
    try:
        check_value(row.event_type, msgspec.json.decode(row.payload))
        return resolve_topic_name(row.event_type)
    except (UnknownEventType, SchemaBreach, msgspec.DecodeError) as error:
        raise NotPublishable(f"{type(error).__name__}: {error}") from error
