"""What the publisher makes of a producer that refuses: the record, or the producer, is at fault."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from paycore import publisher as module
from paycore.breaker import CircuitBreaker
from paycore.publisher import NotPublishable, Publisher
from paycore.relay_store import OutboxRow

LOST = KafkaError(KafkaError._FATAL, "lost", fatal=True)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, "too large")


class StubProducer:
    """librdkafka's edge: `produce` and `poll` end as told."""

    def __init__(self, produced: KafkaError | None, polled: KafkaError | None) -> None:
        self._produced, self._polled = produced, polled
        self.closed = False
        self.deliveries: list[Callable[[KafkaError | None, object], None]] = []

    def produce(self, _topic: str, **record: Any) -> None:
        if self._produced is not None:
            raise KafkaException(self._produced)
        self.deliveries.append(record["on_delivery"])

    def poll(self, _timeout_s: float) -> None:
        if self._polled is not None:
            raise KafkaException(self._polled)

    def purge(self) -> None:
        self.closed = True

    def flush(self, _timeout_s: float) -> int:
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[StubProducer]]:
    def open_with(*, produced: KafkaError | None = None, polled: KafkaError | None = None) -> Any:
        producers: list[StubProducer] = []

        def make(*_settings: object) -> StubProducer:
            producers.append(StubProducer(produced, polled))
            return producers[-1]

        monkeypatch.setattr(module, "durable_producer", make)
        return producers

    return open_with


def _publisher() -> Publisher:
    return Publisher("nowhere:9092", CircuitBreaker("kafka-publisher"))


def test_a_record_that_is_refused_is_not_publishable(
    opened: Callable[..., list[StubProducer]], row: OutboxRow
) -> None:
    opened(produced=TOO_LARGE)
    with pytest.raises(NotPublishable):
        _publisher().publish(row, lambda *_: None)


def test_a_lost_producer_parks_nothing_and_is_replaced(
    opened: Callable[..., list[StubProducer]], row: OutboxRow
) -> None:
    producers = opened(produced=LOST)
    publisher = _publisher()
    with pytest.raises(BufferError):
        publisher.publish(row, lambda *_: None)
    publisher.poll(0)
    publisher.poll(0)
    assert [producer.closed for producer in producers] == [True, False]


def test_a_producer_that_is_lost_while_it_polls_is_replaced(
    opened: Callable[..., list[StubProducer]],
) -> None:
    producers = opened(polled=LOST)
    publisher = _publisher()
    for _ in range(3):
        publisher.poll(0)
    assert [producer.closed for producer in producers] == [True, False]


@pytest.fixture
def row() -> OutboxRow:
    payload = (
        '{"paymentId":7,"merchantId":"M","status":"AUTHORIZED","amount":1,"currency":"KRW",'
        '"approvalNumber":"A","occurredAt":"2026-01-01T00:00:00Z"}'
    )
    return OutboxRow(
        event_id=1,
        payment_id=7,
        event_type="PAYMENT_AUTHORIZED",
        payload=payload,
        source="test",
        traceparent=None,
        request_id=None,
        created_at=datetime(2026, 1, 1),
        attempts=0,
    )
