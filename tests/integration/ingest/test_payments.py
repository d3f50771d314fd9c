"""Read, list, capture and refund over real rows. What workers do is done here by SQL."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.authorizing import MERCHANT, authorize_body, new_key
from tests.support.stack import StackUnderTest

REFUND = {"merchantId": MERCHANT, "reason": "damaged"}


@pytest.fixture
def payment_id(client: httpx.Client) -> int:
    answer = client.post("/payments/authorize", json=authorize_body())
    return int(answer.json()["paymentId"])


def set_status(ingest: StackUnderTest, payment_id: int, status: str) -> None:
    with ingest.database() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE payment SET status = %s WHERE payment_id = %s", (status, payment_id))


def refund_events(ingest: StackUnderTest, payment_id: int) -> int:
    return len(
        ingest.rows(
            "SELECT event_id FROM outbox_event WHERE aggregate_id = %s"
            " AND event_type = 'PAYMENT_REFUND_REQUESTED'",
            (payment_id,),
        )
    )


def test_read_shows_the_payment_with_its_ledger(
    ingest: StackUnderTest, client: httpx.Client, payment_id: int
) -> None:
    with ingest.database() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (payment_id, entry_type, debit_account, credit_account,"
            " amount, currency, occurred_at, event_id) VALUES"
            " (%s, 'CAPTURE', 'merchant_receivable', 'cash', 1000, 'KRW', NOW(6), 1)",
            (payment_id,),
        )
    shown = client.get(f"/payments/{payment_id}").json()
    assert shown["status"] == "CAPTURE_REQUESTED"
    (entry,) = shown["ledgerEntries"]
    assert entry["debitAccount"] == "merchant_receivable"
    assert entry["creditAccount"] == "cash"
    assert entry["amount"] == 1_000


def test_read_of_no_payment(client: httpx.Client) -> None:
    answer = client.get("/payments/1")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_refund_is_requested_once_and_its_event_again(
    ingest: StackUnderTest, client: httpx.Client, payment_id: int
) -> None:
    set_status(ingest, payment_id, "CAPTURED")
    first = client.post(f"/payments/refund/{payment_id}", json=REFUND)
    again = client.post(f"/payments/refund/{payment_id}", json=REFUND)
    assert first.status_code == again.status_code == 200
    assert first.json()["status"] == again.json()["status"] == "REFUND_REQUESTED"
    assert refund_events(ingest, payment_id) == 2
    requests = ingest.rows("SELECT * FROM refund_request WHERE payment_id = %s", (payment_id,))
    assert [(row["status"], row["reason"]) for row in requests] == [("PENDING", "damaged")]


def test_parallel_refunds_are_one_request(
    ingest: StackUnderTest, client: httpx.Client, payment_id: int
) -> None:
    set_status(ingest, payment_id, "CAPTURED")
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda _: client.post(f"/payments/refund/{payment_id}", json=REFUND), range(8)
            )
        )
    assert [answer.status_code for answer in answers] == [200] * 8
    requests = ingest.rows("SELECT * FROM refund_request WHERE payment_id = %s", (payment_id,))
    assert len(requests) == 1


@pytest.mark.parametrize(
    "status", ["CAPTURE_REQUESTED", "CAPTURE_FAILED", "REFUNDED", "REFUND_FAILED"]
)
def test_what_cannot_be_refunded_is_a_conflict_that_names_the_payment(
    ingest: StackUnderTest, client: httpx.Client, payment_id: int, status: str
) -> None:
    set_status(ingest, payment_id, status)
    answer = client.post(f"/payments/refund/{payment_id}", json=REFUND)
    assert (answer.status_code, answer.json()["code"]) == (409, "REFUND_CONFLICT")
    assert answer.json()["paymentId"] == payment_id
    assert refund_events(ingest, payment_id) == 0


@pytest.mark.parametrize("path", ["refund", "capture"])
def test_another_merchants_payment_is_none(
    client: httpx.Client, payment_id: int, path: str
) -> None:
    body = {"merchantId": "OTHER", "reason": "x"} if path == "refund" else {"merchantId": "OTHER"}
    answer = client.post(f"/payments/{path}/{payment_id}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("CAPTURE_REQUESTED", 200),
        ("CAPTURED", 200),
        ("CAPTURE_FAILED", 409),
        ("REFUND_REQUESTED", 409),
        ("REFUNDED", 409),
    ],
)
def test_capture_answers_the_payment_as_it_stands(
    ingest: StackUnderTest, client: httpx.Client, payment_id: int, status: str, code: int
) -> None:
    set_status(ingest, payment_id, status)
    answer = client.post(f"/payments/capture/{payment_id}", json={"merchantId": MERCHANT})
    assert answer.status_code == code
    assert answer.json()["paymentId"] == payment_id
    if code == 409:
        assert answer.json()["code"] == "CAPTURE_CONFLICT"


def test_a_list_pages_through_everything_once_newest_first(client: httpx.Client) -> None:
    merchant = new_key()[:32]
    made = [
        client.post("/payments/authorize", json=authorize_body(merchantId=merchant)).json()
        for _ in range(7)
    ]
    seen: list[int] = []
    query = {"merchantId": merchant, "limit": "3"}
    for expected in (3, 3, 1):
        page = client.get("/payments", params=query).json()
        assert len(page["payments"]) == expected
        seen += [payment["paymentId"] for payment in page["payments"]]
        query["cursor"] = page["nextCursor"]
    assert page["nextCursor"] is None
    assert seen == [payment["paymentId"] for payment in reversed(made)]


def test_a_list_of_nothing(client: httpx.Client) -> None:
    page = client.get("/payments", params={"merchantId": "NOBODY"}).json()
    assert page == {"payments": [], "nextCursor": None}
