"""Dead letters keep the record as it was and add Spring's headers."""

import struct
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, KafkaError, KafkaException, Message
from paycore import dead_letter as module
from paycore.catalog import SchemaBreach
from paycore.dead_letter import (
    MESSAGE_CHARS_MAX,
    STACKTRACE_CHARS_MAX,
    DeadLetter,
    DeadLetterNotSent,
    DeadLetterSender,
    dead_letter_headers,
)
from paycore.kafka import Headers

OWN: Headers = [("ce_id", b"7"), ("twice", b"1"), ("twice", b"2"), ("empty", None)]
RECORD = Message(
    topic="payment.captured",
    partition=3,
    offset=2**40,
    key=b"100001",
    value=b"{",
    headers=OWN,
    timestamp=(TIMESTAMP_CREATE_TIME, 1_795_367_141_675),
)


def failed(error: Exception, cause: Exception | None = None) -> Exception:
    """`error` as it looks after it was raised."""
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def test_where_it_was_and_what_went_wrong() -> None:
    error = failed(SchemaBreach("amount is no integer"), ValueError("x"))
    headers = dead_letter_headers("consumer-worker", DeadLetter(RECORD, error))
    assert headers[: len(OWN)] == OWN
    added = dict(headers[len(OWN) :])
    trace = added.pop("kafka_dlt-exception-stacktrace")
    assert added == {
        "kafka_dlt-original-topic": b"payment.captured",
        "kafka_dlt-original-partition": struct.pack(">i", 3),
        "kafka_dlt-original-offset": struct.pack(">q", 2**40),
        "kafka_dlt-original-timestamp": struct.pack(">q", 1_795_367_141_675),
        "kafka_dlt-original-timestamp-type": b"CreateTime",
        "kafka_dlt-original-consumer-group": b"consumer-worker",
        "kafka_dlt-exception-fqcn": b"paycore.catalog.SchemaBreach",
        "kafka_dlt-exception-cause-fqcn": b"builtins.ValueError",
        "kafka_dlt-exception-message": b"amount is no integer",
    }
    assert isinstance(trace, bytes)
    assert b"SchemaBreach: amount is no integer" in trace


@pytest.mark.parametrize("name", ["kafka_dlt-exception-message", "kafka_dlt-exception-stacktrace"])
def test_reasons_hold_no_card_number_and_are_bounded(name: str) -> None:
    error = failed(ValueError("card 4111 1111 1111 1111 " + "x" * 100_000))
    header = dict(dead_letter_headers("g", DeadLetter(RECORD, error)))[name]
    assert isinstance(header, bytes)
    assert b"1111 1111" not in header
    assert len(header) <= max(MESSAGE_CHARS_MAX, STACKTRACE_CHARS_MAX)


def test_text_that_is_no_unicode_is_still_a_header() -> None:
    error = failed(ValueError("a lone surrogate: \ud800"))
    headers = dict(dead_letter_headers("g", DeadLetter(RECORD, error)))
    assert headers["kafka_dlt-exception-message"] == b"a lone surrogate: ?"


class LostProducer:
    """librdkafka's edge: confirms the first record, then the client is lost."""

    def __init__(self) -> None:
        self._on_delivery: list[Callable[[KafkaError | None, object], None]] = []
        self.purged = False

    def produce(self, _topic: str, **record: Any) -> None:
        self._on_delivery.append(record["on_delivery"])

    def flush(self, _timeout_s: float) -> int:
        self._on_delivery[0](None, RECORD)
        raise KafkaException(KafkaError(KafkaError._FATAL, "fenced", fatal=True))

    def purge(self) -> None:
        self.purged = True


def test_a_producer_that_is_lost_leaves_what_it_did_not_confirm_and_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[LostProducer] = []

    def make(*_settings: object, **_more: object) -> LostProducer:
        opened.append(LostProducer())
        return opened[-1]

    monkeypatch.setattr(module, "durable_producer", make)
    letters = [DeadLetter(RECORD, ValueError(reason)) for reason in ("first", "second")]
    sender = DeadLetterSender("nowhere:9092", "consumer-worker", "payment.dlq")
    with pytest.raises(DeadLetterNotSent, match=r"payment\.dlq: .*fenced") as caught:
        sender.send(letters)
    assert caught.value.confirmed == {letters[0]}
    assert opened[0].purged
    sender.send(letters[:1])
    assert len(opened) == 2
