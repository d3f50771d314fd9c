"""An event as a Kafka record: CloudEvents headers in binary mode, a JSON value, the payment as key.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from paycore.catalog import check_value
from paycore.kafka import Headers

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"


class MalformedEvent(Exception):
    """A record that is no event of this stack: a header is absent, or the value is no JSON."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record that was understood: `value` keeps the JSON Schema of `event_type`."""

    event_id: int
    event_type: str
    payment_id: int
    value: Mapping[str, Any]
    traceparent: str | None
    request_id: str | None


def event_headers(
    event_id: int,
    event_type: str,
    source: str,
    created_at: datetime,
    traceparent: str | None,
    request_id: str | None,
) -> Headers:
    """The headers of an outbox row; `created_at` is UTC without a zone, as the database has it."""
    headers: Headers = [
        ("ce_id", str(event_id).encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", created_at.replace(tzinfo=UTC).isoformat().encode()),
        ("ce_specversion", SPEC_VERSION.encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    if request_id:
        headers.append(("x-request-id", request_id.encode()))
    return headers


def read_event(key: bytes | None, value: bytes | None, headers: Headers) -> Event:
    """Reads a record as an event and checks it.

    Raises MalformedEvent, UnknownEventType or SchemaBreach: none of them is worth a repeat.
    """
    texts = _texts(headers)
    if texts.get("ce_specversion") != SPEC_VERSION:
        raise MalformedEvent(f"header ce_specversion is not {SPEC_VERSION}")
    event_id = _number(texts.get("ce_id"), "header ce_id")
    event_type = texts.get("ce_type")
    if not event_type:
        raise MalformedEvent("header ce_type is absent")
    decoded = _json(value)
    check_value(event_type, decoded)
    payment_id = decoded["paymentId"]
    if key != str(payment_id).encode():
        raise MalformedEvent(f"record key {key!r} is not the payment id {payment_id}")
    return Event(
        event_id=event_id,
        event_type=event_type,
        payment_id=payment_id,
        value=decoded,
        traceparent=texts.get("traceparent"),
        request_id=texts.get("x-request-id"),
    )


def _texts(headers: Headers) -> dict[str, str]:
    """Headers as text; bytes that are no UTF-8 stay visible as replacement characters."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in headers
        if value is not None
    }


def _number(text: str | None, what: str) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise MalformedEvent(f"{what} is no outbox event id: {text!r}")
    return int(text)


def _json(value: bytes | None) -> Any:
    if value is None:
        raise MalformedEvent("the record has no value")
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedEvent(f"the value is no JSON: {error}") from error
