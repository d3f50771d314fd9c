"""The headers of a dead letter, well-formed and not."""

import struct

import pytest

from paystack_cli.events.dead_letter_headers import TEXT_BYTES_MAX, Header, Origin, read_origin

SPRING: list[Header] = [
    ("ce_id", b"17"),
    ("ce_type", b"PAYMENT_CAPTURED"),
    ("kafka_dlt-original-topic", b"payment.captured"),
    ("kafka_dlt-original-partition", struct.pack(">i", 3)),
    ("kafka_dlt-original-offset", struct.pack(">q", 2**40)),
    ("kafka_dlt-original-timestamp", struct.pack(">q", 1_700_000_000_000)),
    ("kafka_dlt-exception-fqcn", b"paycore.catalog.SchemaBreach"),
    ("kafka_dlt-exception-message", "Betrag fehlt - 금액 없음".encode()),
]


def test_springs_headers_are_read() -> None:
    assert read_origin(SPRING) == Origin(
        topic="payment.captured",
        partition=3,
        offset=2**40,
        exception="paycore.catalog.SchemaBreach",
        message="Betrag fehlt - 금액 없음",
        event_id="17",
        event_type="PAYMENT_CAPTURED",
    )


@pytest.mark.parametrize(
    ("header", "field", "value"),
    [
        pytest.param(("kafka_dlt-original-partition", b"12"), "partition", None, id="as text"),
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
def test_malformed_headers_are_harmless(header: Header, field: str, value: str | None) -> None:
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
