"""Dead letters keep the record as it was and add Spring's headers."""

import struct

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message
from paycore.catalog import SchemaBreach
from paycore.dead_letter import (
    MESSAGE_CHARS_MAX,
    STACKTRACE_CHARS_MAX,
    DeadLetter,
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
