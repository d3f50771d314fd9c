"""W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace from gateway to ledger."""

import random
import re
from collections.abc import Mapping

import msgspec

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_random = random.Random()  # noqa: S311 - seeded by the system at start
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class RequestTrace(msgspec.Struct, frozen=True):
    """What follows a request through all services: a valid traceparent and the request id."""

    traceparent: str
    request_id: str

    def headers(self) -> dict[str, str]:
        """What to send on with a call to another service."""
        return {"traceparent": self.traceparent, "x-request-id": self.request_id}


def request_trace(headers: Mapping[bytes, bytes]) -> RequestTrace:
    """The trace of an HTTP request, from its (lower-case) headers where they are sane, else new."""
    return RequestTrace(
        continue_trace(headers.get(b"traceparent", b"").decode("latin-1")),
        accept_request_id(headers.get(b"x-request-id", b"").decode("latin-1")),
    )


def continue_trace(traceparent: str | None) -> str:
    """The caller's `traceparent` with a span id of our own; a new trace where none is valid."""
    span_id = _random_hex(16)
    if traceparent and _TRACEPARENT.fullmatch(traceparent):
        return f"{traceparent[:36]}{span_id}{traceparent[52:]}"
    return f"00-{_random_hex(32)}-{span_id}-01"


def trace_id(traceparent: str) -> str:
    """The 32 hexadecimal digits that all spans of a trace share."""
    return traceparent[3:35]


def accept_request_id(request_id: str | None) -> str:
    """The caller's request id where it is sane (no spaces, no controls), else a new one."""
    if request_id and _REQUEST_ID.fullmatch(request_id):
        return request_id
    return _random_hex(32)


def _random_hex(digits: int) -> str:
    """Ids must be different, not secret: no system call for each."""
    return f"{_random.getrandbits(4 * digits):0{digits}x}"
