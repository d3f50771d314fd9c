"""Consumed records made by hand, for what looks at them without a broker."""

from dataclasses import dataclass
from typing import cast

from confluent_kafka import Message

from paystack_cli.events.dead_letter_headers import Header

CREATE_TIME = 1


@dataclass
class Consumed:
    """The part of a Kafka message that is looked at."""

    of_topic: str = "payment.dlq"
    of_partition: int = 0
    of_offset: int = 0
    at_ms: int = 1_700_000_000_000
    of_key: bytes | None = b"100000"
    of_value: bytes | None = b"{}"
    of_headers: list[Header] | None = None

    def topic(self) -> str:
        return self.of_topic

    def partition(self) -> int:
        return self.of_partition

    def offset(self) -> int:
        return self.of_offset

    def timestamp(self) -> tuple[int, int]:
        return CREATE_TIME, self.at_ms

    def key(self) -> bytes | None:
        return self.of_key

    def value(self) -> bytes | None:
        return self.of_value

    def headers(self) -> list[Header] | None:
        return self.of_headers

    @property
    def message(self) -> Message:
        """For who wants a message."""
        return cast(Message, self)
