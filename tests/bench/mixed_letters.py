"""Dead letters as many producers write them, in number."""

import itertools
import json
import struct
import time
from collections.abc import Callable

from confluent_kafka import Producer

Headers = list[tuple[str, str | bytes | None]]

TRACE = b"".join(
    b'  File "/app/paycore/worker.py", line %d, in apply\n    self.handle(event)\n' % line
    for line in range(12)
)
HOUR_MS = 3_600_000
QUEUED_MAX = 200_000
FLUSH_TIMEOUT_S = 120.0


def _event(number: int) -> Headers:
    return [
        ("ce_id", b"%d" % number),
        ("ce_type", b"PAYMENT_CAPTURED"),
        ("ce_source", b"settlement-worker"),
        ("ce_time", b"2026-11-22T10:00:00+00:00"),
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
    ]


def _spring(prefix: str) -> Callable[[int, bytes], Headers]:
    def headers(number: int, reason: bytes) -> Headers:
        return [
            *_event(number),
            (f"{prefix}original-topic", b"payment.captured"),
            (f"{prefix}original-partition", struct.pack(">i", number % 6)),
            (f"{prefix}original-offset", struct.pack(">q", number)),
            (f"{prefix}original-timestamp", struct.pack(">q", 1_700_000_000_000 + number)),
            (f"{prefix}original-timestamp-type", b"CreateTime"),
            (f"{prefix}original-consumer-group", b"consumer-worker"),
            (f"{prefix}exception-fqcn", b"paycore.catalog.SchemaBreach"),
            (f"{prefix}exception-message", reason),
            (f"{prefix}exception-stacktrace", TRACE),
        ]

    return headers


def _connect(number: int, reason: bytes) -> Headers:
    return [
        *_event(number),
        ("__connect.errors.topic", b"payment.captured"),
        ("__connect.errors.partition", b"%d" % (number % 6)),
        ("__connect.errors.offset", b"%d" % number),
        ("__connect.errors.connector.name", b"sink"),
        ("__connect.errors.stage", b"VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", b"DataException"),
        ("__connect.errors.exception.message", reason),
        ("__connect.errors.exception.stacktrace", TRACE),
    ]


def _streams(number: int, reason: bytes) -> Headers:
    return [
        *_event(number),
        ("__streams.errors.exception", b"StreamsException"),
        ("__streams.errors.message", reason),
        ("__streams.errors.stacktrace", TRACE),
        ("__streams.errors.topic", b"payment.captured"),
        ("__streams.errors.partition", b"%d" % (number % 6)),
        ("__streams.errors.offset", b"%d" % number),
    ]


def _share_group(number: int, reason: bytes) -> Headers:
    return [
        *_event(number),
        ("__dlq.errors.topic", b"payment.captured"),
        ("__dlq.errors.partition", b"%d" % (number % 6)),
        ("__dlq.errors.offset", b"%d" % number),
        ("__dlq.errors.group", b"consumer-worker"),
        ("__dlq.errors.message", reason),
    ]


def _x_original(number: int, reason: bytes) -> Headers:
    return [
        *_event(number),
        ("x-original-topic", b"payment.captured"),
        ("x-original-offset", b"%d" % number),
        ("x-exception-message", reason),
    ]


DIALECTS = (
    *(_spring("kafka_dlt-"), _spring("kafka_dlt-"), _spring("kafka_")),
    *(_connect, _streams, _share_group, _x_original, None),
)
"""In turn; None is a JSON envelope. Our own dialect is the most frequent one."""
CAUSES = 6
"""Spring and its retry topics tell the same cause."""


def fill(bootstrap: str, topic: str, count: int) -> None:
    """`count` letters over the last hour, the last one now."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 20,
            "batch.size": 500_000,
            "queue.buffering.max.messages": QUEUED_MAX,
        }
    )
    begin_ms = round(time.time() * 1000) - HOUR_MS
    for number, dialect in zip(range(count), itertools.cycle(DIALECTS), strict=False):
        reason = b"payment %d: %d KRW refused at 2026-11-22T10:%02d:11Z by 10.0.0.%d" % (
            *(100_000 + number, number * 7),
            *(number % 60, number % 250),
        )
        value = {"paymentId": 100_000 + number, "status": "CAPTURED", "amount": number * 7}
        envelope = {
            "originalTopic": "payment.captured",
            "partition": number % 6,
            "offset": number,
            "payload": json.dumps(value),
            "errorType": "Refused",
            "errorMessage": reason.decode(),
        }
        while len(producer) >= QUEUED_MAX:
            producer.poll(0.1)
        producer.produce(
            topic,
            key=b"%d" % (100_000 + number),
            value=json.dumps(value if dialect else envelope),
            headers=dialect(number, reason) if dialect else None,
            timestamp=begin_ms + HOUR_MS * (number + 1) // count,
        )
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(FLUSH_TIMEOUT_S) == 0
