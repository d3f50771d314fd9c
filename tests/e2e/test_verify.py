"""`paystack verify` on a whole stack at work: it passes, reads only, and finds what was broken."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pymysql

from tests.support.documents import keeps_schema
from tests.support.stack import ROOT_PASSWORD, StackUnderTest
from tests.support.waiting import wait_for

READER, READER_PASSWORD = "reader", "reads-only"
PAYMENTS = 5


def authorize(stack: StackUnderTest, key: str) -> int:
    body = {"merchantId": "VERIFY", "amount": 1000, "currency": "KRW", "idempotencyKey": key}
    answer = httpx.post(f"{stack.gateway}/authorize", json=body)
    assert answer.status_code == HTTPStatus.OK
    return int(answer.json()["paymentId"])


@contextmanager
def as_root(stack: StackUnderTest) -> Iterator["pymysql.cursors.Cursor"]:
    connection = pymysql.connect(
        host="127.0.0.1",
        port=stack.port("mariadb"),
        user="root",
        password=ROOT_PASSWORD,
        database="paydb",
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def read_only_account(stack: StackUnderTest) -> Iterator[dict[str, str]]:
    """The variables that make the command use an account that can change nothing."""
    with as_root(stack) as cursor:
        cursor.execute(f"CREATE OR REPLACE USER {READER} IDENTIFIED BY '{READER_PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON paydb.* TO {READER}")
        try:
            yield {"PAYSTACK_DB_USER": READER, "PAYSTACK_DB_PASSWORD": READER_PASSWORD}
        finally:
            cursor.execute(f"DROP USER {READER}")


def test_it_proves_a_stack_that_is_at_work_and_changes_nothing(
    stack: StackUnderTest, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    with journal.open("w") as lines, read_only_account(stack) as reader:
        own = set()
        for number in range(PAYMENTS):
            asked = {"operation": "authorize", "key": f"verify-{tmp_path.name}-{number}"}
            request = {"merchant_id": "VERIFY", "amount": 1000, "currency": "KRW"}
            payment_id = authorize(stack, asked["key"])
            own.add(payment_id)
            answer = {"status": 200, "body": json.dumps({"paymentId": payment_id})}
            lines.write(json.dumps({"event": "send", **asked, **request}) + "\n")
            lines.write(json.dumps({"event": "answer", **asked, **answer}) + "\n")
        lines.flush()
        # The last payments are still under way.
        report = tmp_path / "verify.xml"
        verified = stack.paystack(
            *("verify", "--journal", str(journal), "--junit", str(report), "--output", "json"),
            expect=None,
            **reader,
        )
    keeps_schema("verify", verified.document)
    # Other tests leave poison, its letters and made-up payments behind.
    checks = {each["name"]: each for each in verified.document["checks"]}
    assert checks["1-acknowledged"]["outcome"] == "passed"
    for each in checks.values():
        assert own.isdisjoint(each["facts"].get("payments", ())), str(each)
    (suite,) = ElementTree.parse(report).iter("testsuite")
    assert suite.get("tests") == "10"


def test_it_finds_an_entry_that_is_gone(stack: StackUnderTest, tmp_path: Path) -> None:
    payment_id = authorize(stack, f"gone-{tmp_path.name}")
    booked = f"SELECT * FROM ledger_entry WHERE payment_id = {payment_id}"
    (entry,) = wait_for(lambda: stack.rows(booked), "the capture is booked", 10)
    with as_root(stack) as cursor:
        cursor.execute(f"DELETE FROM ledger_entry WHERE payment_id = {payment_id}")
        try:
            answer = stack.paystack("verify", "--settle", "0", "--output", "json", expect=1)
        finally:
            names = ", ".join(entry)
            places = ", ".join(["%s"] * len(entry))
            cursor.execute(
                f"INSERT INTO ledger_entry ({names}) VALUES ({places})", list(entry.values())
            )
    pairs = next(each for each in answer.document["checks"] if each["name"] == "3-pairs")
    assert f"payment {payment_id}: CAPTURED with 0 capture and 0 refund entries" in pairs["details"]
    assert pairs["facts"]["payments"] == [payment_id]


def test_an_account_that_may_not_read_is_told_what_to_do(stack: StackUnderTest) -> None:
    with as_root(stack) as cursor:
        cursor.execute(f"CREATE OR REPLACE USER {READER} IDENTIFIED BY '{READER_PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON paydb.payment TO {READER}")
        try:
            answer = stack.paystack(
                "verify",
                expect=3,
                PAYSTACK_DB_USER=READER,
                PAYSTACK_DB_PASSWORD=READER_PASSWORD,
            )
        finally:
            cursor.execute(f"DROP USER {READER}")
    assert "GRANT SELECT" in answer.stderr
    assert READER_PASSWORD not in answer.stderr
