"""The gateway: a real nginx with the stack's template before a stand-in for ingest-service."""

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.logs import log_events
from tests.support.stack import StackUnderTest, own_stack

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST_ID = re.compile(r"[0-9a-f]{32}")
BODY_BYTES_MAX = 64 * 1024
SHUTDOWN_POLL_S = 0.01
"""The stand-in is started and shut down for every test."""


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it received; `/payments/<status>` answers with that status.

    It closes each connection, so that nothing of it answers once it is shut down.
    """

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        received = {
            "path": self.path,
            "method": self.command,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode(),
        }
        last = self.path.rpartition("/")[2]
        answer = json.dumps(received).encode()
        self.send_response(int(last) if last in {"409", "503"} else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Request-Id", "set-by-ingest")
        if last == "503":
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """The gateway alone."""
    state = tmp_path_factory.mktemp("gateway")
    with own_stack("gateway", state, "--only", "gateway") as own:
        yield own


@pytest.fixture
def ingest(stack: StackUnderTest) -> Iterator[None]:
    """The stand-in for ingest-service is there."""
    server = ThreadingHTTPServer(("127.0.0.1", stack.port("ingest-service")), _Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[SHUTDOWN_POLL_S], daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()


class _Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.header_names = [name.lower() for name, _ in response.getheaders()]
        self.text = response.read().decode()

    @property
    def json(self) -> dict[str, object]:
        document: dict[str, object] = json.loads(self.text)
        return document


def _ask(
    stack: StackUnderTest,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> _Answer:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port("gateway"), timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        return _Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize(
    ("asked", "received"),
    [
        ("/api/payments", "/payments"),
        ("/api/payments?merchantId=A&limit=2", "/payments?merchantId=A&limit=2"),
        ("/api/payments/17", "/payments/17"),
        ("/api/payments/refund/17?x=%20", "/payments/refund/17?x=%20"),
        ("/api/payments/a%20b", "/payments/a%20b"),
    ],
)
def test_payments_go_to_ingest_service(stack: StackUnderTest, asked: str, received: str) -> None:
    answer = _ask(stack, "GET", asked)
    assert answer.status == 200
    assert answer.json["path"] == received


@pytest.mark.usefixtures("ingest")
def test_a_body_arrives_whole(stack: StackUnderTest) -> None:
    answer = _ask(stack, "POST", "/api/payments/authorize", b"x" * BODY_BYTES_MAX)
    assert answer.json["body"] == "x" * BODY_BYTES_MAX


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize(("status", "retry_after"), [(409, None), (503, "7")])
def test_answers_of_ingest_service_pass_untouched(
    stack: StackUnderTest, status: int, retry_after: str | None
) -> None:
    answer = _ask(stack, "GET", f"/api/payments/{status}")
    assert answer.status == status
    assert answer.json["path"] == f"/payments/{status}"
    assert answer.headers.get("retry-after") == retry_after
    assert answer.header_names.count("x-request-id") == 1


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize("given", ["abc", "A-b_c.9:1", "x" * 64])
def test_a_sane_request_id_is_kept(stack: StackUnderTest, given: str) -> None:
    answer = _ask(stack, "GET", "/api/payments", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given
    assert _received(answer)["x-request-id"] == given


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize("given", [None, "", "with space", "x" * 65, 'a"b', "a;b"])
def test_any_other_request_id_is_replaced(stack: StackUnderTest, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    answer = _ask(stack, "GET", "/api/payments", headers=headers)
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])
    assert _received(answer)["x-request-id"] == answer.headers["x-request-id"]


@pytest.mark.usefixtures("ingest")
def test_a_valid_trace_is_continued(stack: StackUnderTest) -> None:
    answer = _ask(stack, "GET", "/api/payments", headers={"traceparent": TRACE})
    assert _received(answer)["traceparent"] == TRACE


@pytest.mark.usefixtures("ingest")
@pytest.mark.parametrize(
    "given",
    [
        None,
        "nonsense",
        TRACE.upper(),
        TRACE + "-x",
        TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        TRACE.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_any_other_trace_is_a_new_one(stack: StackUnderTest, given: str | None) -> None:
    headers = {} if given is None else {"traceparent": given}
    answer = _ask(stack, "GET", "/api/payments", headers={**headers, "X-Request-Id": "mine"})
    trace = _received(answer)["traceparent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace)
    assert trace != given


def _received(answer: _Answer) -> dict[str, str]:
    headers = answer.json["headers"]
    assert isinstance(headers, dict)
    return headers


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/", None, 404, "NOT_FOUND"),
        ("GET", "/api/paymentsx", None, 404, "NOT_FOUND"),
        ("GET", "/../etc", None, 400, "VALIDATION_FAILED"),
        ("GET", "/api/payments/../actuator/prometheus", None, 404, "NOT_FOUND"),
        ("POST", "/api/payments/authorize", b"x" * (BODY_BYTES_MAX + 1), 413, "CONTENT_TOO_LARGE"),
        ("GET", "/api/payments?" + "x" * 9000, None, 414, "URI_TOO_LONG"),
        ("POST", "/api/payments/authorize", b"{}", 503, "OVERLOADED"),
    ],
)
def test_errors_of_the_gateway_are_problem_json(
    stack: StackUnderTest, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    answer = _ask(stack, method, path, body, {"X-Request-Id": "mine"})
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.json["status"] == status
    assert answer.json["message"] == answer.json["detail"]
    assert answer.json["type"] == "urn:paystack:problem:" + code.lower().replace("_", "-")
    assert "nginx/" not in answer.headers["server"]
    assert answer.header_names.count("x-request-id") == 1
    assert ("retry-after" in answer.headers) == (status == 503)


def test_its_health_needs_no_other_service(stack: StackUnderTest) -> None:
    answer = _ask(stack, "GET", "/actuator/health")
    assert (answer.status, answer.json) == (200, {"status": "UP"})


def test_every_request_is_one_json_line_without_query_and_card_number(
    stack: StackUnderTest,
) -> None:
    _ask(
        stack,
        "POST",
        "/api/payments/4111111111111111/x?card=4111111111111111",
        b"{}",
        {"X-Request-Id": "of-the-log", "traceparent": TRACE},
    )
    line = next(
        document
        for document in log_events(stack, "gateway")
        if document["request_id"] == "of-the-log"
    )
    assert line["path"] == "/api/payments/411111******1111/x"
    assert (line["method"], line["status"], line["service"]) == ("POST", 503, "gateway")
    assert line["trace_id"] == TRACE.split("-")[1]
    assert "4111111111111111" not in stack.paystack("logs", "gateway").stdout


BURST = 200


def test_beyond_the_rate_clients_are_told_to_wait(stack: StackUnderTest) -> None:
    stack.paystack("up", "--only", "gateway", PAYSTACK_GATEWAY_RATE="1r/s")
    answers = [_ask(stack, "GET", "/api/payments") for _ in range(BURST + 10)]
    limited = [answer for answer in answers if answer.status == 429]
    assert limited
    assert limited[-1].json["code"] == "RATE_LIMITED"
    assert limited[-1].headers["retry-after"] == "1"
