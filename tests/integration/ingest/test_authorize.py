"""Authorize against a real MariaDB and card-network server: the rows behind each answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.authorizing import MERCHANT, authorize_body, new_key
from tests.support.ports import free_ports
from tests.support.services import service
from tests.support.stack import StackUnderTest

PATH = "/payments/authorize"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def payments(ingest: StackUnderTest, key: str) -> list[dict[str, object]]:
    return ingest.rows(
        "SELECT * FROM payment WHERE merchant_id = %s AND idempotency_key = %s", (MERCHANT, key)
    )


def test_one_authorize_is_one_payment_two_events_and_the_stored_answer(
    ingest: StackUnderTest, client: httpx.Client
) -> None:
    key = new_key()
    answer = client.post(
        PATH,
        json=authorize_body(key),
        headers={"traceparent": TRACEPARENT, "X-Request-Id": "from-the-gateway"},
    )
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "from-the-gateway"
    told = answer.json()
    (payment,) = payments(ingest, key)
    assert payment["payment_id"] == told["paymentId"]
    assert payment["status"] == told["status"] == "CAPTURE_REQUESTED"
    assert (told["amount"], told["currency"], told["ledgerEntries"]) == (1_000, "KRW", [])
    assert told["message"]
    requested_at = payment["requested_at"]
    assert told["createdAt"] == f"{requested_at:%Y-%m-%dT%H:%M:%S.%fZ}"

    events = ingest.rows(
        "SELECT * FROM outbox_event WHERE aggregate_id = %s ORDER BY event_id",
        (told["paymentId"],),
    )
    assert [event["event_type"] for event in events] == [
        "PAYMENT_AUTHORIZED",
        "PAYMENT_CAPTURE_REQUESTED",
    ]
    for event, status in zip(events, ["AUTHORIZED", "CAPTURE_REQUESTED"], strict=True):
        value = json.loads(event["payload"])
        assert value["status"] == status
        assert value["approvalNumber"] == payment["approval_number"]
        assert event["request_id"] == "from-the-gateway"
        assert event["traceparent"][3:35] == TRACEPARENT[3:35]
        assert event["source"] == "ingest-service"
    (stored,) = ingest.rows(
        "SELECT * FROM idem_response_cache WHERE merchant_id = %s AND idempotency_key = %s",
        (MERCHANT, key),
    )
    assert stored["http_status"] == 200
    assert stored["response_body"].encode() == answer.content


def test_a_repeat_is_the_same_bytes_and_no_second_charge(
    client: httpx.Client, card_network: httpx.Client
) -> None:
    key = new_key()
    first = client.post(PATH, json=authorize_body(key))
    repeat = client.post(PATH, json=authorize_body(key))
    by_header = authorize_body(key)
    del by_header["idempotencyKey"]
    third = client.post(PATH, json=by_header, headers={"Idempotency-Key": key})
    assert repeat.content == third.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert repeat.headers["idempotent-replayed"] == third.headers["idempotent-replayed"] == "true"
    calls = card_network.get("/pg/calls", params={"limit": 1_000}).json()["calls"]
    assert sum(call["idempotencyKey"].endswith(f"-{key}") for call in calls) == 1


def test_keys_compare_byte_by_byte(client: httpx.Client) -> None:
    key = new_key()
    answers = [
        client.post(PATH, json=authorize_body(variant))
        for variant in (key, key.upper(), f"{key} ", f"é{key}", f"e\u0301{key}")
    ]
    assert len({answer.json()["paymentId"] for answer in answers}) == 5


def test_another_request_under_the_same_key(client: httpx.Client) -> None:
    key = new_key()
    client.post(PATH, json=authorize_body(key)).raise_for_status()
    refused = client.post(PATH, json=authorize_body(key, amount=2_000))
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize("clients", [8, 64])
def test_one_key_from_many_clients_at_once_is_one_charge(
    ingest: StackUnderTest, client: httpx.Client, clients: int
) -> None:
    key = new_key()
    with ThreadPoolExecutor(clients) as threads:
        answers = list(
            threads.map(lambda _: client.post(PATH, json=authorize_body(key)), range(clients))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(payments(ingest, key)) == 1


def test_two_instances_racing_for_the_same_keys_agree(
    ingest: StackUnderTest, tmp_path: Path
) -> None:
    keys = [new_key() for _ in range(200)]
    second = service(ingest, "ingest-service", tmp_path, SERVER_PORT=str(free_ports(1)[0]))
    with second as other, httpx.Client(timeout=30) as client, ThreadPoolExecutor(32) as threads:
        urls = [ingest.url("ingest-service", PATH), f"http://127.0.0.1:{other.port}{PATH}"]
        answers = list(
            threads.map(
                lambda asked: client.post(asked[0], json=authorize_body(asked[1])),
                [(url, key) for key in keys for url in urls],
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == len(keys)
    stored = ingest.rows(
        "SELECT count(*) AS number FROM payment WHERE idempotency_key IN %s", (tuple(keys),)
    )
    assert stored == [{"number": len(keys)}]


def test_a_declined_payment_is_stored_and_stays_declined(
    ingest: StackUnderTest, client: httpx.Client, card_network: httpx.Client
) -> None:
    card_network.patch("/pg/behaviour/authorize", json={"declineAmountEnding": "51"})
    key = new_key()
    first = client.post(PATH, json=authorize_body(key, amount=1_051))
    card_network.delete("/pg/behaviour")
    repeat = client.post(PATH, json=authorize_body(key, amount=1_051))
    assert first.status_code == repeat.status_code == 402
    assert first.json()["code"] == "PAYMENT_DECLINED"
    assert repeat.content == first.content
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.headers["content-type"] == "application/problem+json"
    assert payments(ingest, key) == []
