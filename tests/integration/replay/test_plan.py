"""What a plan says of each kind of letter, asked of a real database and a real broker."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pytest

from tests.integration.replay.conftest import Bench
from tests.support.dead_letters import bury, captured_payments, headers_of
from tests.support.documents import keeps_schema
from tests.support.produce import Given, put
from tests.support.stack import ROOT_PASSWORD, StackUnderTest


def execute(stack: StackUnderTest, sql: str, *parameters: object) -> None:
    with stack.database() as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_a_plan_is_written_for_its_owner_and_sends_nothing(bench: Bench) -> None:
    dead = bury(bench.stack, captured_payments(bench.stack, 3))
    document = bench.make_plan()
    keeps_schema("dlq-replay", document)
    assert stat.S_IMODE(bench.plan.stat().st_mode) == 0o600
    assert document["counts"] == {"replay": 3, "warn": 0, "skip": 0, "refuse": 0}
    by_event = {letter["event_id"]: letter for letter in document["letters"]}
    for letter in dead:
        planned = by_event[letter.event_id]
        assert (planned["partition"], planned["offset"]) == (letter.partition, letter.offset)
        assert planned["target_topic"] == "payment.captured"
        assert planned["target_partition"] == letter.target_partition
        assert (planned["payment_id"], planned["payment_status"]) == (letter.payment_id, "CAPTURED")
        assert planned["replay_count"] == 1
    assert bench.sent(dead) == []


def test_what_its_consumer_has_applied_is_skipped(bench: Bench) -> None:
    (letter,) = bury(bench.stack, captured_payments(bench.stack, 1))
    execute(
        bench.stack,
        "INSERT INTO inbox_event (consumer, event_id, received_at) VALUES"
        " ('consumer-worker', %s, UTC_TIMESTAMP(6))",
        letter.event_id,
    )
    assert bench.verdicts() == [("skip", ["already applied by consumer-worker"])]


def test_what_was_booked_under_another_event_is_skipped(bench: Bench) -> None:
    (letter,) = bury(bench.stack, captured_payments(bench.stack, 1))
    execute(
        bench.stack,
        "INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account, amount,"
        " currency, occurred_at, event_id) VALUES (%s, 'CAPTURE', 'merchant_receivable', 'cash', 1,"
        " 'KRW', UTC_TIMESTAMP(6), 1)",
        letter.payment_id,
    )
    assert bench.verdicts() == [("skip", ["what PAYMENT_CAPTURED is there for is done already"])]


def test_of_two_letters_of_one_event_one_is_replayed(bench: Bench) -> None:
    payments = captured_payments(bench.stack, 1)
    (first,) = bury(bench.stack, payments)
    bury(bench.stack, payments)
    place = f"payment.dlq {first.partition}@{first.offset}"
    assert bench.verdicts() == [("replay", []), ("skip", [f"the same event as {place}"])]


def test_a_newer_event_of_the_payment_is_warned_of(bench: Bench) -> None:
    ((payment_id, event_id),) = captured_payments(bench.stack, 1)
    bury(bench.stack, [(payment_id, event_id)])
    execute(
        bench.stack,
        "INSERT INTO outbox_event (aggregate_id, event_type, payload, source, published,"
        " created_at) VALUES (%s, 'PAYMENT_REFUND_REQUESTED', '{}', 'tests', 1, UTC_TIMESTAMP(6))",
        payment_id,
    )
    execute(
        bench.stack,
        "INSERT INTO inbox_event (consumer, event_id, received_at)"
        " SELECT 'refund-worker', event_id, UTC_TIMESTAMP(6) FROM outbox_event"
        " WHERE aggregate_id = %s AND event_id > %s",
        payment_id,
        event_id,
    )
    ((verdict, (reason,)),) = bench.verdicts()
    assert verdict == "warn"
    assert f"newer than {event_id}" in reason
    assert bench.apply().document["chosen"] == 0
    assert bench.apply("--accept-warnings").document["replayed"] == 1


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        ({"amount": "1000"}, "breaks the schema of PAYMENT_CAPTURED: data.amount"),
        ({"amount": 999_999}, "it says 999999 KRW for 'TESTS'; the payment is"),
        ({"currency": "USD"}, "USD for 'TESTS'; the payment is"),
        ({"merchantId": "OTHER"}, "for 'OTHER'; the payment is"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_event_that_would_die_again_or_move_other_money_is_refused(
    bench: Bench, replaced: dict[str, object], said: str
) -> None:
    bury(bench.stack, captured_payments(bench.stack, 1), **replaced)
    ((verdict, (reason,)),) = bench.verdicts(expect=1)
    assert verdict == "refuse"
    assert said in reason


def test_what_is_no_event_at_all_is_refused_and_the_rest_is_replayed(bench: Bench) -> None:
    (good,) = bury(bench.stack, captured_payments(bench.stack, 1))
    put(
        bench.stack,
        [
            Given("payment.dlq", None, None),
            Given("payment.dlq", b"\xff\x00", b"\x1b[2J\xff", [("ce_id", b"\xff"), ("", None)]),
            Given("payment.dlq", b"1", b"{" * 100_000, headers_of(1, 0, 1)),
            Given("payment.dlq", b"2", b'"\\ud800"', headers_of(2, 99, 2)),
        ],
    )
    refused = [reason for verdict, reason in bench.verdicts(expect=1) if verdict == "refuse"]
    assert len(refused) == 4
    assert all(refused)
    assert bench.apply().document["replayed"] == 1
    assert len(bench.sent([good])) == 1


def test_an_unknown_payment_is_refused(bench: Bench) -> None:
    bury(bench.stack, [(1_234, 9_000_000_000)])
    assert bench.verdicts(expect=1) == [("refuse", ["payment 1234 is not in the database"])]


@pytest.mark.parametrize(
    ("count", "verdict", "said"),
    [
        (b"1", "replay", ""),
        (b"2", "refuse", "replayed 2 times before, and died again"),
        (b"many", "refuse", "its replay count cannot be read"),
    ],
)
def test_an_event_is_replayed_twice_at_most(
    bench: Bench, count: bytes, verdict: str, said: str
) -> None:
    stamp = [("paystack-replay-count", count)]
    bury(bench.stack, captured_payments(bench.stack, 1), more_headers=stamp)
    ((found, reasons),) = bench.verdicts(expect=0 if verdict == "replay" else 1)
    assert (found, "".join(reasons)) == (verdict, said)


def test_the_ledger_counts_where_a_consumer_drops_the_header(bench: Bench) -> None:
    payments = captured_payments(bench.stack, 1)
    for number in (1, 2):
        bury(
            bench.stack,
            payments,
            more_headers=[("kafka_dlt-original-offset", bytes([0] * 7 + [number]))],
        )
        bench.make_plan()
        assert bench.apply().document["replayed"] == 1
    bury(bench.stack, payments, more_headers=[("kafka_dlt-original-offset", bytes([0] * 7 + [3]))])
    found = [verdict for verdict, _ in bench.verdicts(expect=1)]
    assert found.count("refuse") == 1
    assert found.count("skip") == 2


def test_letters_are_selected_by_place_and_by_condition(bench: Bench) -> None:
    first, second, third = bury(bench.stack, captured_payments(bench.stack, 3))

    def planned(*arguments: str) -> set[int]:
        return {letter["event_id"] for letter in bench.make_plan(*arguments)["letters"]}

    assert planned("--letter", first.place) == {first.event_id}
    assert planned("--where", f"key={second.payment_id}", "--since", "1h") == {second.event_id}
    assert planned("--since", "1h") == {first.event_id, second.event_id, third.event_id}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("payment.dlq", "--letter", "0:999999"), 2, "no letter at payment.dlq 0@999999"),
        (("--letter", "0:0"), 2, "may be a letter of settlement.dlq, refund.dlq, payment.dlq"),
        (("payment.dlq", "--letter", "0:0", "--since", "1h"), 2, "--letter goes with no --since"),
        (("--where", "what"), 2, "--where does not understand"),
        (("no.such.dlq",), 3, "no topic no.such.dlq"),
    ],
)
def test_what_cannot_be_selected_is_a_clear_error(
    bench: Bench, arguments: tuple[str, ...], code: int, said: str
) -> None:
    refused = bench.stack.paystack(
        "dlq", "replay", *arguments, "--plan", str(bench.plan), expect=code
    )
    assert said in refused.stderr
    assert "next: " in refused.stderr
    assert not bench.plan.exists()


@contextmanager
def account(stack: StackUnderTest, grant: str) -> Iterator[dict[str, str]]:
    """The variables of a database account that may do no more than `grant`."""
    root = pymysql.connect(
        host="127.0.0.1", port=stack.port("mariadb"), user="root", password=ROOT_PASSWORD
    )
    with root, root.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE USER looker IDENTIFIED BY 'looks'")
        cursor.execute(f"GRANT {grant} TO looker")
        try:
            yield {"PAYSTACK_DB_USER": "looker", "PAYSTACK_DB_PASSWORD": "looks"}
        finally:
            cursor.execute("DROP USER looker")


def test_a_plan_needs_an_account_that_reads_and_no_more(bench: Bench) -> None:
    bury(bench.stack, captured_payments(bench.stack, 1))
    plan = ("dlq", "replay", "payment.dlq", "--plan", str(bench.plan))
    with account(bench.stack, "SELECT ON paydb.payment") as variables:
        refused = bench.stack.paystack(*plan, expect=3, **variables)
        assert "inbox_event" in refused.stderr
        assert "next: " in refused.stderr
        assert not bench.plan.exists()
    with account(bench.stack, "SELECT ON paydb.*") as variables:
        bench.stack.paystack(*plan, **variables)
