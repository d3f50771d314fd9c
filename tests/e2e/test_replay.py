"""A dead letter from its death in a worker to its booking: planned, repaired, replayed, once."""

import json
from pathlib import Path
from typing import Any

from tests.support.dead_letters import captured_payments, forget_letters
from tests.support.outbox import event_value
from tests.support.produce import event_record, put
from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for
from tests.support.witnesses import by_console_consumer, by_kcat, by_mariadb_client

DIES_WITHIN_S = 20.0


def _ledger(stack: StackUnderTest, payment_id: int) -> list[dict[str, Any]]:
    return stack.rows("SELECT amount FROM ledger_entry WHERE payment_id = %s", (payment_id,))


def test_a_repaired_letter_is_booked_once_and_its_workers_do_not_lag(
    stack: StackUnderTest, tmp_path: Path
) -> None:
    forget_letters(stack)
    ((payment_id, event_id),) = captured_payments(stack, 1)
    broken = event_record(stack, event_id, "PAYMENT_CAPTURED", payment_id, amount="much")
    put(stack, [broken, broken])  # a worker that crashes may leave two letters, too
    plan, value = tmp_path / "plan.json", tmp_path / "value.json"

    def died() -> list[dict[str, Any]] | None:
        answer = stack.paystack(
            *("dlq", "replay", "payment.dlq", "--plan", str(plan), "--output", "json"), expect=None
        )
        letters: list[dict[str, Any]] = answer.document["letters"]
        return letters if len(letters) == 2 else None

    letters = wait_for(died, "two dead letters of the event", DIES_WITHIN_S)
    assert [letter["verdict"] for letter in letters] == ["refuse", "refuse"]
    assert _ledger(stack, payment_id) == []

    repaired = event_value("PAYMENT_CAPTURED", payment_id)
    value.write_text(json.dumps(repaired), "utf-8")
    edit = f"{letters[0]['partition']}:{letters[0]['offset']}={value}"
    stack.paystack("dlq", "apply", str(plan), "--edit", edit, "--canary", "1", "--yes")
    assert _ledger(stack, payment_id) == [{"amount": repaired["amount"]}]

    again = stack.paystack("dlq", "replay", "payment.dlq", "--plan", str(plan), "--output", "json")
    assert [letter["verdict"] for letter in again.document["letters"]] == ["skip", "skip"]

    def caught_up() -> bool:
        document = stack.paystack("health", "consumer-worker", "--output", "json").document
        return sum(document["checks"][0]["facts"]["lag_records"].values()) == 0

    wait_for(caught_up, "consumer-worker without lag", DIES_WITHIN_S)

    for witness in (by_kcat, by_console_consumer):
        records = witness(stack, "payment.captured")
        seen = [headers for key, headers in records if key == str(payment_id)]
        assert len(seen) == 3, "the two that died, and one replay"
        assert sum("paystack-replay-count" in headers for headers in seen) == 1
    booked = f"SELECT entry_type, amount FROM ledger_entry WHERE payment_id = {payment_id}"
    assert by_mariadb_client(stack, booked) == [["CAPTURE", str(repaired["amount"])]]
