"""Poison never stops a partition: each bad record becomes one dead letter that keeps all it was."""

import secrets
import struct
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.support.payments import accepted, authorize, wait_status
from tests.support.stack import StackUnderTest
from tests.support.topics import Record, read_topics
from tests.support.waiting import wait_for

BURIED_WITHIN_S = 20.0
FLUSH_TIMEOUT_S = 10.0
PARTITION = 0
EVENT_IDS_FROM = 9_000_000_000_000_000
"""Far above any event of the outbox."""


def _headers(event_type: str) -> dict[str, str | bytes | None]:
    return {
        "ce_id": str(EVENT_IDS_FROM + secrets.randbelow(1_000_000)),
        "ce_type": event_type,
        "ce_source": "poison",
        "ce_time": "2026-01-01T00:00:00Z",
        "ce_specversion": "1.0",
        "content-type": "application/json",
    }


POISON: dict[str, tuple[bytes | None, bool, str | None]] = {
    "bad JSON": (b'{"paymentId": ', True, None),
    "invalid UTF-8": (b'{"paymentId": "\xff"}', True, None),
    "a schema breach": (b'{"paymentId": "seven"}', True, None),
    "an unknown type": (b'{"paymentId": 7}', True, "PAYMENT_TELEPORTED"),
    "no headers": (b'{"paymentId": 7}', False, None),
    "an empty value": (b"", True, None),
    "no value": (None, True, None),
}
"""What -> (value, with CloudEvents headers?, a type other than the topic's)."""


@pytest.mark.parametrize("consumer", ["settlement-worker", "refund-worker", "consumer-worker"])
def test_each_poison_becomes_one_dead_letter_and_the_partition_moves_on(
    stack: StackUnderTest, consumer: str
) -> None:
    entry = stack.catalog["consumers"][consumer]
    topic, dead_letter_topic = entry["topics"][0], entry["deadLetterTopic"]
    event_type = next(n for n, e in stack.catalog["events"].items() if e["topic"] == topic)
    sent = {what: _send(stack, topic, event_type, what) for what in POISON}

    def buried() -> list[Record] | None:
        found = [
            r for r in read_topics(stack.bootstrap, [dead_letter_topic]) if _origin(r) in sent_at
        ]
        return found if len(found) >= len(sent) else None

    sent_at = {(topic, message.partition(), message.offset()) for message in sent.values()}
    letters = wait_for(buried, f"{len(sent)} dead letters in {dead_letter_topic}", BURIED_WITHIN_S)
    # A payment through every worker, behind the poison in time: the partitions move on.
    wait_status(stack, accepted(authorize(stack)), "CAPTURED")
    letters = [
        r for r in read_topics(stack.bootstrap, [dead_letter_topic]) if _origin(r) in sent_at
    ]
    assert len(letters) == len(sent), "one dead letter each"
    by_offset = {_origin(letter)[2]: letter for letter in letters}
    for what, message in sent.items():
        letter = by_offset[message.offset()]
        assert letter.key == message.key(), what
        assert (letter.value or b"") == (message.value() or b""), what
        assert (letter.value is None) == (message.value() is None), what
        for name, value in message.headers() or ():
            assert letter.header(name) == value, what
        assert letter.header("kafka_dlt-original-consumer-group") == consumer.encode(), what
        assert letter.header("kafka_dlt-exception-fqcn"), what
        assert letter.header("kafka_dlt-exception-message"), what
        timestamp = struct.unpack(">q", letter.header("kafka_dlt-original-timestamp") or b"")[0]
        assert timestamp == message.timestamp()[1], what


def test_dlq_inspect_counts_them_and_says_why(stack: StackUnderTest) -> None:
    topic = stack.catalog["consumers"]["refund-worker"]["deadLetterTopic"]
    before = _count(stack, topic)
    message = _send(stack, "payment.refund-requested", "PAYMENT_REFUND_REQUESTED", "bad JSON")

    def seen() -> dict[str, Any] | None:
        shown = _shown(stack, topic)
        return shown if shown["count"] == before + 1 else None

    shown = wait_for(seen, f"dead letter of offset {message.offset()} shown", BURIED_WITHIN_S)
    newest = shown["latest"][0]
    assert (newest["original_partition"], newest["original_offset"]) == (
        PARTITION,
        message.offset(),
    )
    assert newest["message"]
    assert sum(shown["reasons"].values()) == before + 1
    gate = stack.paystack("dlq", "inspect", topic, "--max-dead", str(before), expect=6)
    assert topic in gate.stdout + gate.stderr


def _shown(stack: StackUnderTest, topic: str) -> dict[str, Any]:
    document = stack.paystack("dlq", "inspect", topic, "--output", "json").document
    shown: dict[str, Any] = next(entry for entry in document["topics"] if entry["topic"] == topic)
    return shown


def _count(stack: StackUnderTest, topic: str) -> int:
    return int(_shown(stack, topic)["count"])


def _send(stack: StackUnderTest, topic: str, event_type: str, what: str) -> Any:
    """Produces one poison record and returns it as the broker acknowledged it."""
    value, with_headers, other_type = POISON[what]
    delivered: list[Any] = []
    failures: list[Any] = []

    def on_delivery(error: Any, message: Any) -> None:
        (failures if error else delivered).append(error or message)

    producer = Producer({"bootstrap.servers": stack.bootstrap, "acks": "all"})
    producer.produce(
        topic,
        key=b"7",
        value=value,
        headers=_headers(other_type or event_type) if with_headers else None,
        partition=PARTITION,
        on_delivery=on_delivery,
    )
    assert producer.flush(FLUSH_TIMEOUT_S) == 0
    assert not failures
    return delivered[0]


def _origin(letter: Record) -> tuple[str, int, int]:
    """Where the original record lies, from Spring's headers: text, int32 and int64 big-endian."""
    topic = (letter.header("kafka_dlt-original-topic") or b"").decode()
    (partition,) = struct.unpack(">i", letter.header("kafka_dlt-original-partition") or b"\0" * 4)
    (offset,) = struct.unpack(">q", letter.header("kafka_dlt-original-offset") or b"\0" * 8)
    return topic, partition, offset
