"""`paystack logs` on a whole stack: one payment through all services, chosen lines, followed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from paystack_cli.errors import ExitCode
from tests.support.payments import accepted, authorize, wait_status
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for


def _documents(stack: StackUnderTest, *arguments: str) -> list[dict[str, Any]]:
    answer = stack.paystack("logs", *arguments, "--output", "json")
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.fixture(scope="module")
def payment(stack: StackUnderTest) -> str:
    """A payment that was captured."""
    payment_id = accepted(authorize(stack))
    wait_status(stack, payment_id, "CAPTURED")
    return str(payment_id)


def test_a_payment_is_followed_through_the_services_in_the_order_of_time(
    stack: StackUnderTest, payment: str
) -> None:
    def look() -> list[dict[str, Any]]:
        lines = _documents(stack, "--payment", payment)
        assert {"ingest-service", "settlement-worker"} <= {line["service"] for line in lines}
        return lines

    lines = wait_for(look, "both services have logged the payment", 10, 0.5)
    assert {line["payment_id"] for line in lines} == {payment}
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert lines[0]["service"] == "ingest-service"


def test_lines_are_chosen_by_time_level_and_text(stack: StackUnderTest, payment: str) -> None:
    decided = _documents(stack, "--payment", payment, "--grep", "payment_decided")
    (at,) = (line["at"] for line in decided)
    assert at in [line["at"] for line in _documents(stack, "ingest-service", "--since", at)]
    assert at not in [line["at"] for line in _documents(stack, "ingest-service", "--until", at)]
    assert _documents(stack, "ingest-service", "--payment", payment, "--level", "error") == []
    assert all(line["level"] != "info" for line in _documents(stack, "--level", "warning"))


def test_what_is_chosen_is_followed(stack: StackUnderTest) -> None:
    now = datetime.now(UTC).isoformat()  # what is written until the command listens counts too
    with stack.start("logs", "-f", "--since", now, "--grep", "payment_decided") as logs:
        assert logs.stdout is not None
        payment_id = accepted(authorize(stack))
        assert f'"payment_id":{payment_id}' in logs.stdout.readline()
        wait_status(stack, payment_id, "CAPTURED")
        logs.terminate()
        assert logs.wait(10) == ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    "wrong", [["--since", "soon"], ["--grep", "("], ["--level", "loud"], ["--tail", "-1"]]
)
def test_what_cannot_be_meant_is_refused(wrong: list[str], stack: StackUnderTest) -> None:
    answer = stack.paystack("logs", *wrong, expect=ExitCode.USAGE)
    assert "next: " in answer.stderr
