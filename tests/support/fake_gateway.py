"""An in-memory payment API behind HTTP, for tests of what clients make of its answers.

It keeps the interface's promises at once: a payment is captured and refunded by the next read.
`faults` replaces the answer to a request: tests break one promise each.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API = "/api/payments"


@dataclass(slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def problem(cls, status: int, code: str) -> "Reply":
        return cls(status, {"status": status, "code": code, "message": code.lower()})


@dataclass(slots=True)
class Call:
    """One request as it came, and how many came before it to the same door (`name`)."""

    name: str
    body: dict[str, Any]
    earlier: int


Fault = Callable[[Call, Reply], Reply | None]
"""Sees a request and the right answer; returns the answer to send, None to close the connection."""


class FakeGateway:
    """The payments and the answers of one fake gateway."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.calls: list[Call] = []
        self.payments: dict[int, dict[str, Any]] = {}
        self._answers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._fault = fault or (lambda _call, reply: reply)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Reply | None:
        """What the gateway sends; None closes the connection without an answer."""
        name = "read" if method == "GET" else path.removeprefix(f"{API}/").split("/")[0]
        call = Call(name, body, sum(call.name == name for call in self.calls))
        self.calls.append(call)
        return self._fault(call, self._right_answer(name, path, body))

    def _right_answer(self, name: str, path: str, body: dict[str, Any]) -> Reply:
        if name == "authorize":
            return self._authorize(body)
        payment = self.payments[int(path.rsplit("/", 1)[1])]
        if name == "refund":
            if payment["status"] != "CAPTURED":
                return Reply.problem(409, "REFUND_CONFLICT")
            payment["status"] = "REFUND_REQUESTED"
            return Reply(200, dict(payment))
        _advance(payment)
        return Reply(200, dict(payment))

    def _authorize(self, body: dict[str, Any]) -> Reply:
        if body["idempotencyKey"] in self._answers:
            first, answer = self._answers[body["idempotencyKey"]]
            if first != body:
                return Reply.problem(422, "IDEMPOTENCY_KEY_REUSED")
            return Reply(200, answer, {"Idempotent-Replayed": "true"})
        payment = {
            "paymentId": 100_000 + len(self.payments),
            "status": "CAPTURE_REQUESTED",
            "amount": body["amount"],
            "ledgerEntries": [],
        }
        self.payments[payment["paymentId"]] = payment
        self._answers[body["idempotencyKey"]] = (body, dict(payment))
        return Reply(200, dict(payment))


_STEPS = {
    "CAPTURE_REQUESTED": ("CAPTURED", "merchant_receivable", "cash"),
    "REFUND_REQUESTED": ("REFUNDED", "cash", "merchant_receivable"),
}


def _advance(payment: dict[str, Any]) -> None:
    if payment["status"] in _STEPS:
        payment["status"], debit, credit = _STEPS[payment["status"]]
        entry = {"debitAccount": debit, "creditAccount": credit, "amount": payment["amount"]}
        payment["ledgerEntries"] = [*payment["ledgerEntries"], entry]


@contextmanager
def serving(answer: Callable[[str, str, dict[str, Any]], Reply | None]) -> Iterator[str]:
    """The base URL of a server of this process that answers as told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET", {})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._reply("POST", json.loads(self.rfile.read(length)))

        def _reply(self, method: str, body: dict[str, Any]) -> None:
            reply = answer(method, self.path, body)
            if reply is None:
                self.close_connection = True
                return
            payload = json.dumps(reply.document).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests want no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
