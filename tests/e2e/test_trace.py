"""One trace and one request id from the door to the ledger, and into every log line between."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.support.logs import log_events
from tests.support.payments import accepted, authorize, new_key, wait_status
from tests.support.programs import fetched
from tests.support.stack import StackUnderTest
from tests.support.topics import read_topics
from tests.support.waiting import wait_for

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
LOGGED_WITHIN_S = 10.0
PASSED = ("ingest-service", "settlement-worker", "consumer-worker")
"""The services behind the gateway that decide something about a captured payment."""


@pytest.fixture(scope="module")
def traced(stack: StackUnderTest) -> tuple[int, str]:
    """A captured payment and the request id that its client chose."""
    request_id = new_key()
    headers = {"traceparent": TRACEPARENT, "X-Request-Id": request_id}
    answer = authorize(stack, headers=headers)
    assert answer.headers["x-request-id"] == request_id
    payment_id = accepted(answer)
    wait_status(stack, payment_id, "CAPTURED")
    return payment_id, request_id


def _same_trace(traceparent: str | None) -> bool:
    return traceparent is not None and traceparent.split("-")[1:2] == [TRACE_ID]


def test_every_outbox_row_carries_both(stack: StackUnderTest, traced: tuple[int, str]) -> None:
    payment_id, request_id = traced
    rows = stack.rows(
        "SELECT traceparent, request_id FROM outbox_event WHERE aggregate_id = %s", (payment_id,)
    )
    assert len(rows) == 3
    assert {row["request_id"] for row in rows} == {request_id}
    assert all(_same_trace(row["traceparent"]) for row in rows)


def test_every_record_carries_both(stack: StackUnderTest, traced: tuple[int, str]) -> None:
    payment_id, request_id = traced
    key = str(payment_id).encode()
    records = [r for r in read_topics(stack.bootstrap, stack.event_topics) if r.key == key]
    assert len(records) == 3
    for record in records:
        assert _same_trace((record.header("traceparent") or b"").decode()), record.topic
        assert record.header("x-request-id") == request_id.encode(), record.topic


def test_another_reader_sees_the_same_headers(
    stack: StackUnderTest, traced: tuple[int, str]
) -> None:
    payment_id, request_id = traced
    kcat = fetched("kcat")
    ran = subprocess.run(
        [*kcat.argv, "-b", stack.bootstrap, "-C", "-t", "payment.captured", "-e", "-q", "-J"],
        env={**os.environ, **kcat.environment},
        capture_output=True,
        check=True,
    )
    # Other tests' poison is in the topic too, and kcat prints it as it is.
    lines = ran.stdout.decode(errors="replace").splitlines()
    records = [json.loads(line) for line in lines]
    (record,) = [record for record in records if record["key"] == str(payment_id)]
    headers = dict(zip(record["headers"][::2], record["headers"][1::2], strict=True))
    assert _same_trace(headers["traceparent"])
    assert headers["x-request-id"] == request_id
    assert headers["ce_type"] == "PAYMENT_CAPTURED"


def test_the_ledger_entry_carries_both(stack: StackUnderTest, traced: tuple[int, str]) -> None:
    payment_id, request_id = traced
    (entry,) = stack.rows(
        "SELECT traceparent, request_id FROM ledger_entry WHERE payment_id = %s", (payment_id,)
    )
    assert entry["request_id"] == request_id
    assert _same_trace(entry["traceparent"])


@pytest.mark.parametrize("service", PASSED)
def test_every_service_logs_the_payment_with_both(
    stack: StackUnderTest, traced: tuple[int, str], service: str
) -> None:
    payment_id, request_id = traced

    def look() -> dict[str, Any] | None:
        events = log_events(stack, service)
        return next((event for event in events if event.get("payment_id") == payment_id), None)

    event = wait_for(look, f"{service} logs payment {payment_id}", LOGGED_WITHIN_S, 0.5)
    assert event["request_id"] == request_id
    assert event["trace_id"] == TRACE_ID


def test_the_gateway_logs_the_request_with_both(
    stack: StackUnderTest, traced: tuple[int, str]
) -> None:
    _, request_id = traced
    lines = [json.dumps(event) for event in log_events(stack, "gateway")]
    assert any(request_id in line and TRACE_ID in line for line in lines)
