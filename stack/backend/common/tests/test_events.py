"""Events on the wire: what the relay writes is what a worker reads, and nothing else passes."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paycore.catalog import SchemaBreach, UnknownEventType
from paycore.events import Event, MalformedEvent, event_headers, read_event
from paycore.kafka import Headers

CREATED_AT = datetime(2026, 11, 22, 16, 44, 7, 926073)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
VALUE: dict[str, Any] = {
    "paymentId": 100001,
    "merchantId": "JENKINS",
    "status": "CAPTURE_REQUESTED",
    "amount": 1000,
    "currency": "KRW",
    "approvalNumber": "A-1",
    "occurredAt": "2026-11-22T16:44:07.926073Z",
}


def headers(**replaced: str | bytes | None) -> Headers:
    """Headers of a good event with some replaced, or left out where the value is None."""
    good = event_headers(
        7, "PAYMENT_CAPTURE_REQUESTED", "ingest-service", CREATED_AT, TRACEPARENT, "req-1"
    )
    new = {
        name.replace("_", "-") if name == "x_request_id" else name: v
        for name, v in replaced.items()
    }
    kept = [(name, value) for name, value in good if name not in new]
    return [*kept, *((name, value) for name, value in new.items() if value is not None)]


def body(**replaced: Any) -> bytes:
    return json.dumps(VALUE | replaced).encode()


def test_headers_are_cloudevents() -> None:
    assert dict(headers()) == {
        "ce_id": b"7",
        "ce_type": b"PAYMENT_CAPTURE_REQUESTED",
        "ce_source": b"ingest-service",
        "ce_time": b"2026-11-22T16:44:07.926073+00:00",
        "ce_specversion": b"1.0",
        "content-type": b"application/json",
        "traceparent": TRACEPARENT.encode(),
        "x-request-id": b"req-1",
    }


def test_what_was_written_is_read() -> None:
    assert read_event(b"100001", body(), headers()) == Event(
        7, "PAYMENT_CAPTURE_REQUESTED", 100001, VALUE, TRACEPARENT, "req-1"
    )


@pytest.mark.parametrize(
    ("key", "value", "its_headers", "error", "says"),
    [
        (b"100001", body(), [], MalformedEvent, "ce_specversion"),
        (b"100001", body(), headers(ce_specversion="0.3"), MalformedEvent, "ce_specversion"),
        (b"100001", body(), headers(ce_id=None), MalformedEvent, "ce_id"),
        (b"100001", body(), headers(ce_id="-7"), MalformedEvent, "'-7'"),
        (b"100001", body(), headers(ce_id="9" * 30), MalformedEvent, "ce_id"),
        (b"100001", body(), headers(ce_id=b"\xff"), MalformedEvent, "ce_id"),
        (b"100001", body(), headers(ce_type=None), MalformedEvent, "ce_type"),
        (b"100001", body(), headers(ce_type="PAYMENT_TELEPORTED"), UnknownEventType, "TELEPORTED"),
        (b"100001", None, headers(), MalformedEvent, "no value"),
        (b"100001", b"{", headers(), MalformedEvent, "no JSON"),
        (b"100001", b"\xff\xfe", headers(), MalformedEvent, "no JSON"),
        (b"100001", b"NaN", headers(), MalformedEvent, "no JSON"),
        (b"100001", b"[" * 100_000, headers(), MalformedEvent, "no JSON"),
        (b"100001", b"[]", headers(), SchemaBreach, "object"),
        (b"100001", body(amount=0), headers(), SchemaBreach, "amount"),
        (b"100001", body(amount="1"), headers(), SchemaBreach, "amount"),
        (b"100001", body(status="CAPTURED"), headers(), SchemaBreach, "status"),
        (b"100002", body(), headers(), MalformedEvent, "100002"),
        (None, body(), headers(), MalformedEvent, "None"),
    ],
)
def test_what_is_no_event_says_why(
    key: bytes | None, value: bytes | None, its_headers: Headers, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        read_event(key, value, its_headers)


@given(
    st.none() | st.binary(),
    st.none() | st.binary(),
    st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_specversion", "traceparent"]),
            st.none() | st.binary() | st.sampled_from([b"1.0", b"7", b"PAYMENT_CAPTURED"]),
        )
    ),
)
def test_no_bytes_raise_anything_else(key: bytes, value: bytes, its_headers: Headers) -> None:
    with pytest.raises((MalformedEvent, UnknownEventType, SchemaBreach)):
        read_event(key, value, its_headers)
