"""Dead letters: a record that cannot be applied, set aside whole and with the reason.

Key, value and headers stay as they were; the reason is added in the `kafka_dlt-*` headers of Spring
Kafka's DeadLetterPublishingRecoverer, numbers big-endian as Java writes them: other tools read it.
"""

import struct
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import (
    TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME,
    KafkaError,
    KafkaException,
    Message,
    Producer,
)

from paycore.kafka import Headers, durable_producer, headers_of
from paycore.masking import mask_card_numbers

DELIVERY_TIMEOUT_MS = 5_000
CONFIRM_MAX_S = DELIVERY_TIMEOUT_MS / 1000 + 1
MESSAGE_CHARS_MAX = 1_000
"""kafka_dlt-exception-message."""
STACKTRACE_CHARS_MAX = 4_000
"""kafka_dlt-exception-stacktrace; its end is kept, where the error is."""

_TIMESTAMP_TYPES = {
    TIMESTAMP_CREATE_TIME: b"CreateTime",
    TIMESTAMP_LOG_APPEND_TIME: b"LogAppendTime",
}
_NO_TIMESTAMP = b"NoTimestampType"


class DeadLetterNotSent(Exception):
    """The dead-letter topic did not confirm a record: its offset must not be committed."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record and why it cannot be applied."""

    message: Message
    error: BaseException


def dead_letter_headers(group: str, letter: DeadLetter) -> Headers:
    """The record's own headers, then those that say where it was and what went wrong."""
    message, error = letter.message, letter.error
    timestamp_type, timestamp_ms = message.timestamp()
    added: Headers = [
        ("kafka_dlt-original-topic", (message.topic() or "").encode()),
        ("kafka_dlt-original-partition", struct.pack(">i", message.partition())),
        ("kafka_dlt-original-offset", struct.pack(">q", message.offset())),
        ("kafka_dlt-original-timestamp", struct.pack(">q", timestamp_ms)),
        (
            "kafka_dlt-original-timestamp-type",
            _TIMESTAMP_TYPES.get(timestamp_type, _NO_TIMESTAMP),
        ),
        ("kafka_dlt-original-consumer-group", group.encode()),
        ("kafka_dlt-exception-fqcn", _class_name(error)),
    ]
    if error.__cause__ is not None:
        added.append(("kafka_dlt-exception-cause-fqcn", _class_name(error.__cause__)))
    trace = "".join(traceback.format_exception(error))
    added.append(("kafka_dlt-exception-message", _masked(str(error))[:MESSAGE_CHARS_MAX].encode()))
    added.append(
        ("kafka_dlt-exception-stacktrace", _masked(trace)[-STACKTRACE_CHARS_MAX:].encode())
    )
    return [*headers_of(message), *added]


class DeadLetterSender:
    """Sends dead letters of one consumer group and waits until they are confirmed."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        self._group = group
        self._producer: Producer | None = None

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Returns when the broker has all of `letters`; raises DeadLetterNotSent otherwise.

        After an error it is safe to send all of them again: some may then be there twice.
        """
        if self._producer is None:
            client_id = f"{self._group}-dead-letters"
            self._producer = durable_producer(self._bootstrap, client_id, DELIVERY_TIMEOUT_MS)
        errors: list[KafkaError] = []
        confirmed = 0

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            nonlocal confirmed
            if error is None:
                confirmed += 1
            else:
                errors.append(error)

        try:
            for letter in letters:
                self._producer.produce(
                    self.topic,
                    value=letter.message.value(),
                    key=letter.message.key(),
                    headers=dead_letter_headers(self._group, letter),
                    on_delivery=on_delivery,
                )
        except (KafkaException, BufferError) as error:
            self.close()
            raise DeadLetterNotSent(f"{self.topic}: {error}") from error
        self._producer.flush(CONFIRM_MAX_S)
        if confirmed < len(letters):
            self.close()
            reason = errors[0] if errors else "no answer in time"
            raise DeadLetterNotSent(f"{self.topic}: {reason}")

    def close(self) -> None:
        """Drops the producer and what it still holds; the next `send` opens a new one."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(0)
            self._producer = None


def _class_name(error: BaseException) -> bytes:
    return f"{type(error).__module__}.{type(error).__qualname__}".encode()


def _masked(text: str) -> str:
    return mask_card_numbers(text.encode("utf-8", "replace").decode())
