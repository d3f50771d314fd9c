"""outbox-relay that takes a record for published as soon as it has handed it to its client."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer
from paycore import kafka

_durable_producer = kafka.durable_producer


class _Hasty:
    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._handed_over: list[Callable[[object, object], None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def produce(self, topic: str, **record: Any) -> None:
        self._handed_over.append(record.pop("on_delivery"))
        self._producer.produce(topic, **record)

    def poll(self, timeout_s: float) -> int:
        handed_over, self._handed_over = self._handed_over, []
        for on_delivery in handed_over:
            on_delivery(None, None)
        return int(self._producer.poll(0 if handed_over else timeout_s))


kafka.durable_producer = lambda *settings: _Hasty(_durable_producer(*settings))
