"""`paystack trace` on a whole stack: payments that went through, are stuck, or died."""

import json
from pathlib import Path
from typing import Any

import pytest

from paystack_cli.errors import ExitCode
from tests.support.documents import keeps_schema
from tests.support.payments import MERCHANT, accepted, authorize, new_key, wait_status
from tests.support.produce import Given, put
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def trace(stack: StackUnderTest, word: str, *options: str, code: int = 0) -> dict[str, Any]:
    done = stack.paystack("trace", word, *options, "--output", "json", expect=code)
    document: dict[str, Any] = json.loads(done.stdout)
    keeps_schema("trace", document)
    return document


def test_a_whole_way_by_every_name_it_has(stack: StackUnderTest, tmp_path: Path) -> None:
    key = new_key()
    traceparent = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
    payment_id = accepted(authorize(stack, key=key, headers={"traceparent": traceparent}))
    wait_status(stack, payment_id, "CAPTURED")
    wait_for(lambda: trace_of(stack, payment_id)["ok"], "the way to be whole", timeout_s=10)
    page = tmp_path / "way.html"
    found = trace(stack, str(payment_id), "--html", str(page))
    assert found["unread"] == []
    assert {step["source"] for step in found["steps"]} == {
        "card network", "payment", "outbox", "topic", "inbox", "ledger", "log",
    }  # fmt: skip
    records = [step["event_id"] for step in found["steps"] if step["source"] == "topic"]
    assert len(records) == len(set(records)) == 3
    times = [step["at"] for step in found["steps"]]
    assert times == sorted(times)
    assert f"payment {payment_id} of {MERCHANT}" in page.read_text("utf-8")
    for word in (f"event:{records[0]}", key, f"{MERCHANT}/{key}", traceparent, TRACE_ID):
        assert trace(stack, word)["payment"] == found["payment"]


def trace_of(stack: StackUnderTest, payment_id: int) -> dict[str, Any]:
    done = stack.paystack("trace", str(payment_id), "--output", "json", expect=None)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_stuck_payment_names_who_has_not_received_it(stack: StackUnderTest) -> None:
    stack.paystack("down", "settlement-worker")
    try:
        payment_id = accepted(authorize(stack))
        published = "SELECT 1 FROM outbox_event WHERE aggregate_id = %s AND published = 0"
        wait_for(lambda: not stack.rows(published, (payment_id,)), "the relay", timeout_s=10)
        found = trace(stack, str(payment_id), code=ExitCode.CHECK_FAILED)
        (missing,) = found["missing"]
        assert missing["what"].startswith("settlement-worker has not received PAYMENT_CAPTURE_REQ")
        assert missing["next"] == "paystack health settlement-worker kafka"

        row = stack.rows(
            "SELECT event_id FROM outbox_event WHERE aggregate_id = %s AND event_type = %s",
            (payment_id, "PAYMENT_CAPTURE_REQUESTED"),
        )[0]
        letter = Given(
            "settlement.dlq",
            str(payment_id).encode(),
            b"{}",
            [
                ("ce_id", str(row["event_id"])),
                ("kafka_dlt-exception-fqcn", "SchemaBreach"),
                ("kafka_dlt-exception-message", "amount is missing"),
            ],
        )
        ((_, partition, offset),) = put(stack, [letter])
        found = trace(stack, str(payment_id), code=ExitCode.CHECK_FAILED)
        (missing,) = found["missing"]
        assert missing["next"] == f"paystack dlq show settlement.dlq {partition}:{offset}"
        (died,) = [step for step in found["steps"] if step["source"] == "dead letter"]
        assert "SchemaBreach: amount is missing" in died["what"]
    finally:
        stack.paystack("up", "settlement-worker")
    wait_status(stack, payment_id, "CAPTURED")


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("payment:x", ExitCode.USAGE, "no id of a payment or an event"),
        ("no-such-key", ExitCode.CHECK_FAILED, "there is no key no-such-key"),
        ("payment:1", ExitCode.CHECK_FAILED, "there is no payment 1"),
    ],
)
def test_a_word_that_finds_nothing(
    stack: StackUnderTest, word: str, code: ExitCode, said: str
) -> None:
    done = stack.paystack("trace", word, expect=code)
    assert said in done.stderr
    assert "next: " in done.stderr
