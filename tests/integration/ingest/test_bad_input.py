"""Whatever comes over the wire gets a problem+json 4xx, never a 500."""

import json
import socket

import httpx
import pytest

from tests.support.authorizing import authorize_body
from tests.support.stack import StackUnderTest

KIB = 1024
AUTHORIZE = "/payments/authorize"


def fields(count: int) -> bytes:
    return json.dumps({str(n): n for n in range(count)}, separators=(",", ":")).encode()


BODIES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 400),
    "no JSON": (b"merchantId=SHOP", 400),
    "NUL bytes": (b"\x00" * 100, 400),
    "100,000 brackets": (b"[" * 100_000, 413),
    "60,000 brackets": (b"[" * 60_000, 400),
    "60,000 braces": (b'{"a":' * 12_000, 400),
    "10,000 fields": (fields(10_000), 413),
    "5,000 fields": (fields(5_000), 400),
    "65 KiB": (json.dumps(authorize_body(merchantId="x" * 65 * KIB)).encode(), 413),
    "1 MiB": (b" " * KIB * KIB, 413),
}


def check(answer: httpx.Response, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == (code or problem["code"])
    assert problem["message"] == problem["detail"]
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", [AUTHORIZE, "/payments/refund/1", "/payments/capture/1"])
def test_bodies(client: httpx.Client, path: str, name: str) -> None:
    body, status = BODIES[name]
    check(client.post(path, content=body), status)


def test_a_chunked_body_has_the_same_limit(client: httpx.Client) -> None:
    check(client.post(AUTHORIZE, content=iter([b" " * KIB] * 100)), 413, "CONTENT_TOO_LARGE")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", AUTHORIZE, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/payments/1", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/payments?merchantId=SHOP", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/", 404, "NOT_FOUND"),
        ("GET", "/payments/abc", 404, "NOT_FOUND"),
        ("GET", "/payments/-1", 404, "NOT_FOUND"),
        ("GET", f"/payments/{10**18}", 404, "NOT_FOUND"),
        ("GET", f"/payments/{'9' * 5_000}", 404, "NOT_FOUND"),
        ("GET", f"/payments/{'9' * 9_000}", 414, "URI_TOO_LONG"),
        ("GET", "/payments", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=", 400, "VALIDATION_FAILED"),
        ("GET", f"/payments?merchantId={'x' * 33}", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=%00", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=S&limit=0", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=S&limit=201", 400, "VALIDATION_FAILED"),
        ("GET", f"/payments?merchantId=S&limit={'9' * 5_000}", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=S&limit=ten", 400, "VALIDATION_FAILED"),
        ("GET", "/payments?merchantId=S&cursor=1", 400, "VALIDATION_FAILED"),
    ],
)
def test_methods_paths_and_queries(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    check(client.request(method, path), status, code)


@pytest.mark.parametrize("header", [b"\xff", b"x" * 65, b"a\tb", b""])
def test_header_keys(client: httpx.Client, header: bytes) -> None:
    body = {"merchantId": "SHOP", "amount": 1, "currency": "KRW"}
    answer = client.post(AUTHORIZE, json=body, headers=[(b"Idempotency-Key", header)])
    check(answer, 400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "header", ["x" * 100, "a b", "é", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
def test_a_senseless_trace_is_replaced(
    ingest: StackUnderTest, client: httpx.Client, header: str
) -> None:
    headers = [("X-Request-Id", header.encode()), ("traceparent", header.encode())]
    answer = client.post(AUTHORIZE, json=authorize_body(), headers=headers)
    assert answer.status_code == 200
    (event, _) = ingest.rows(
        "SELECT traceparent, request_id FROM outbox_event WHERE aggregate_id = %s",
        (answer.json()["paymentId"],),
    )
    assert event["request_id"] == answer.headers["x-request-id"]
    assert event["request_id"] == header or len(event["request_id"]) == 32
    assert event["traceparent"] != header


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /payments/authorize HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /payments/authorize HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
    ],
)
def test_what_is_not_http_ends_the_connection_and_nothing_else(
    ingest: StackUnderTest, client: httpx.Client, raw: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", ingest.port("ingest-service")), 10) as wire:
        wire.sendall(raw)
        answer = wire.recv(1_000)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert client.get("/actuator/health/liveness").status_code == 200
