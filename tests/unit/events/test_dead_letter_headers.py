"""The headers of a dead letter in every dialect, well-formed and not."""

import struct
from dataclasses import replace

import pytest

from paystack_cli.events.dead_letter_headers import (
    TEXT_BYTES_MAX,
    Header,
    Origin,
    read_origin,
    shown_value,
)

CLOUD_EVENT: list[Header] = [
    ("ce_id", b"17"),
    ("ce_type", b"PAYMENT_CAPTURED"),
    ("ce_source", b"settlement-worker"),
]
DIED = Origin(
    topic="payment.captured",
    partition=3,
    offset=2**40,
    message="Betrag fehlt - 금액 없음",
    event_id="17",
    event_type="PAYMENT_CAPTURED",
    event_source="settlement-worker",
)
TOPIC, MESSAGE = b"payment.captured", "Betrag fehlt - 금액 없음".encode()
BINARY_PARTITION, BINARY_OFFSET = struct.pack(">i", 3), struct.pack(">q", 2**40)
TEXT_PARTITION, TEXT_OFFSET = b"3", str(2**40).encode()
AT_MS = 1_700_000_000_000


def spring(prefix: str) -> list[Header]:
    """As Java's DeadLetterPublishingRecoverer writes them."""
    return [
        (f"{prefix}original-topic", TOPIC),
        (f"{prefix}original-partition", BINARY_PARTITION),
        (f"{prefix}original-offset", BINARY_OFFSET),
        (f"{prefix}original-timestamp", struct.pack(">q", AT_MS)),
        (f"{prefix}original-timestamp-type", b"CreateTime"),
        (f"{prefix}original-consumer-group", b"consumer-worker"),
        (f"{prefix}exception-fqcn", b"org.example.Refused"),
        (f"{prefix}exception-cause-fqcn", b"java.lang.IllegalStateException"),
        (f"{prefix}exception-message", MESSAGE),
        (f"{prefix}exception-stacktrace", b"org.example.Refused\n\tat org.example.Main"),
    ]


SPRING_DIED = replace(
    DIED,
    exception="org.example.Refused",
    cause="java.lang.IllegalStateException",
    consumer="consumer-worker",
    timestamp_ms=AT_MS,
)

DIALECTS: dict[str, tuple[list[Header], Origin]] = {
    "spring": (spring("kafka_dlt-"), SPRING_DIED),
    "spring-retry": (
        [
            *spring("kafka_"),
            ("retry_topic-attempts", struct.pack(">i", 4)),
            ("retry_topic-backoff-timestamp", AT_MS.to_bytes(6, "big")),
            ("retry_topic-original-timestamp", AT_MS.to_bytes(6, "big")),
        ],
        replace(SPRING_DIED, attempts=4),
    ),
    "connect": (
        [
            ("__connect.errors.topic", TOPIC),
            ("__connect.errors.partition", TEXT_PARTITION),
            ("__connect.errors.offset", TEXT_OFFSET),
            ("__connect.errors.connector.name", b"sink"),
            ("__connect.errors.task.id", b"0"),
            ("__connect.errors.stage", b"VALUE_CONVERTER"),
            ("__connect.errors.class.name", b"org.apache.kafka.connect.json.JsonConverter"),
            ("__connect.errors.exception.class.name", b"DataException"),
            ("__connect.errors.exception.message", MESSAGE),
            ("__connect.errors.exception.stacktrace", b"DataException"),
        ],
        replace(DIED, exception="DataException", stage="VALUE_CONVERTER", consumer="sink"),
    ),
    "streams": (
        [
            ("__streams.errors.exception", b"StreamsException"),
            ("__streams.errors.message", MESSAGE),
            ("__streams.errors.stacktrace", b"StreamsException"),
            ("__streams.errors.topic", TOPIC),
            ("__streams.errors.partition", TEXT_PARTITION),
            ("__streams.errors.offset", TEXT_OFFSET),
        ],
        replace(DIED, exception="StreamsException"),
    ),
    "share-group": (
        [
            ("__dlq.errors.topic", TOPIC),
            ("__dlq.errors.partition", TEXT_PARTITION),
            ("__dlq.errors.offset", TEXT_OFFSET),
            ("__dlq.errors.group", b"consumer-worker"),
            ("__dlq.errors.delivery.count", b"5"),
            ("__dlq.errors.message", MESSAGE),
        ],
        replace(DIED, consumer="consumer-worker", attempts=5),
    ),
    "x-original": (
        [
            ("x-original-topic", TOPIC),
            ("x-original-partition", TEXT_PARTITION),
            ("x-original-offset", TEXT_OFFSET),
            ("x-exception-message", MESSAGE),
        ],
        DIED,
    ),
}


@pytest.mark.parametrize(("dialect", "case"), DIALECTS.items(), ids=DIALECTS)
def test_every_dialect_is_read_as_its_producer_wrote_it(
    dialect: str, case: tuple[list[Header], Origin]
) -> None:
    headers, died = case
    assert read_origin([*CLOUD_EVENT, *headers]) == replace(died, dialect=dialect)


def test_binary_numbers_of_spring_cloud_stream() -> None:
    headers: list[Header] = [
        ("x-original-topic", TOPIC),
        ("x-original-partition", BINARY_PARTITION),
        ("x-original-offset", BINARY_OFFSET),
    ]
    origin = read_origin(headers)
    assert (origin.partition, origin.offset) == (3, 2**40)


def test_of_two_dialects_the_later_one_counts_and_nothing_is_mixed() -> None:
    connect, died = DIALECTS["connect"]
    again = read_origin([*spring("kafka_dlt-"), *connect])
    assert (again.dialect, again.exception, again.cause) == ("connect", died.exception, None)
    assert read_origin([*connect, *spring("kafka_dlt-")]).stage is None


@pytest.mark.parametrize(
    ("header", "field", "value"),
    [
        pytest.param(("kafka_dlt-original-partition", b"12"), "partition", 12, id="as text"),
        pytest.param(("kafka_dlt-original-partition", b"\0\1"), "partition", None, id="too short"),
        pytest.param(("kafka_dlt-original-offset", b"\0" * 9), "offset", None, id="too long"),
        pytest.param(("__connect.errors.offset", b"ab"), "offset", None, id="text, no number"),
        pytest.param(("x-original-offset", b"ab"), "offset", None, id="no number of a size"),
        pytest.param(("retry_topic-attempts", b"\3"), "attempts", 3, id="attempts as a byte"),
        pytest.param(("kafka_dlt-original-offset", b""), "offset", None, id="empty"),
        pytest.param(("kafka_dlt-original-offset", None), "offset", None, id="null"),
        pytest.param(("kafka_dlt-exception-message", b"\xff\xfe"), "message", "��", id="not UTF-8"),
        pytest.param(
            ("kafka_dlt-exception-message", b"card 4111111111111111\x1b[2J"),
            "message",
            "card 411111******1111\\x1b[2J",
            id="a card number and an escape",
        ),
        pytest.param(("unrelated", b"x"), "message", None, id="another header"),
    ],
)
def test_malformed_headers_are_harmless(header: Header, field: str, value: object) -> None:
    assert getattr(read_origin([header]), field) == value


def test_the_last_header_of_a_name_counts() -> None:
    twice: list[Header] = [
        ("kafka_dlt-original-topic", b"older"),
        ("kafka_dlt-original-topic", b"newer"),
    ]
    assert read_origin(twice).topic == "newer"


def test_a_huge_message_is_cut() -> None:
    origin = read_origin([("kafka_dlt-exception-message", b"x" * 10_000_000)])
    assert origin.message is not None
    assert len(origin.message) < TEXT_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("kafka_dlt-original-offset", BINARY_OFFSET, str(2**40)),
        ("retry_topic-backoff-timestamp", AT_MS.to_bytes(6, "big"), str(AT_MS)),
        ("kafka_dlt-original-timestamp", struct.pack(">q", 1_795_391_891_685), "1795391891685"),
        ("__connect.errors.offset", b"4111111111111111", "411111******1111"),
        ("kafka_dlt-original-offset", b"odd", "odd"),
        ("anything", b"4111 1111 1111 1111\x07", "411111******1111\\x07"),
        ("anything", None, None),
    ],
)
def test_headers_are_shown_decoded_and_masked(
    name: str, value: bytes | None, shown: str | None
) -> None:
    assert shown_value(name, value) == shown
