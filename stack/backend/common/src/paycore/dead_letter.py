"""Dead letters: a record that cannot be applied, set aside whole and with the reason.

Key, value and headers stay as they were; the reason is added in the `kafka_dlt-*` headers of Spring
Kafka's DeadLetterPublishingRecoverer, numbers big-endian as Java writes them: other tools read it.
"""

import struct
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

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
RECORD_BYTES_MAX = 2 * 1024 * 1024
"""Twice what other topics take, as `maxMessageBytes` in the catalog says: the largest record fits,
with its reason."""
MESSAGE_CHARS_MAX = 1_000
"""kafka_dlt-exception-message."""
STACKTRACE_CHARS_MAX = 4_000
"""kafka_dlt-exception-stacktrace; its end is kept, where the error is."""

_TIMESTAMP_TYPES = {
    TIMESTAMP_CREATE_TIME: b"CreateTime",
    TIMESTAMP_LOG_APPEND_TIME: b"LogAppendTime",
}
_NO_TIMESTAMP = b"NoTimestampType"


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter:
    """A record and why it cannot be applied."""

    message: Message
    error: BaseException


class DeadLetterNotSent(Exception):
    """The dead-letter topic did not confirm some records: their offsets must not be committed.

    `confirmed` are those that it did confirm.
    """

    def __init__(self, message: str, confirmed: set[DeadLetter]) -> None:
        super().__init__(message)
        self.confirmed = confirmed


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
        """Returns when the broker has all of `letters`. Raises DeadLetterNotSent."""
        producer = self._open()
        confirmed: set[DeadLetter] = set()
        reason = f"no answer within {CONFIRM_MAX_S:g} s"

        def on_delivery(letter: DeadLetter, error: KafkaError | None, _message: Message) -> None:
            nonlocal reason
            if error is None:
                confirmed.add(letter)
            else:
                reason = str(error)

        try:
            for letter in letters:
                producer.produce(
                    self.topic,
                    value=letter.message.value(),
                    key=letter.message.key(),
                    headers=dead_letter_headers(self._group, letter),
                    on_delivery=partial(on_delivery, letter),
                )
        except (KafkaException, BufferError) as error:
            reason = str(error)
        try:
            producer.flush(CONFIRM_MAX_S)
        except KafkaException as error:  # how a client says that it is lost
            reason = str(error)
            self.close()
        if len(confirmed) < len(letters):
            self.close()
            raise DeadLetterNotSent(f"{self.topic}: {reason}", confirmed)

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = durable_producer(
                self._bootstrap,
                f"{self._group}-dead-letters",
                DELIVERY_TIMEOUT_MS,
                record_bytes_max=RECORD_BYTES_MAX,
            )
        return self._producer

    def close(self) -> None:
        """Drops the producer and what it still holds; the next `send` opens a new one."""
        if self._producer is None:
            return
        producer, self._producer = self._producer, None
        producer.purge()
        with suppress(KafkaException):  # nobody waits for what was dropped
            producer.flush(0)


def _class_name(error: BaseException) -> bytes:
    return f"{type(error).__module__}.{type(error).__qualname__}".encode()


def _masked(text: str) -> str:
    return mask_card_numbers(text.encode("utf-8", "replace").decode())
