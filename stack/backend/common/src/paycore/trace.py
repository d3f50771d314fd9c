"""W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace from gateway to ledger."""

import re
import secrets

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def continue_trace(traceparent: str | None) -> str:
    """The caller's `traceparent` with a span id of our own; a new trace where none is valid."""
    span_id = secrets.token_hex(8)
    if traceparent and _TRACEPARENT.fullmatch(traceparent):
        return f"{traceparent[:36]}{span_id}{traceparent[52:]}"
    return f"00-{secrets.token_hex(16)}-{span_id}-01"


def trace_id(traceparent: str) -> str:
    """The 32 hexadecimal digits that all spans of a trace share."""
    return traceparent[3:35]


def accept_request_id(request_id: str | None) -> str:
    """The caller's request id where it is sane (no spaces, no controls), else a new one."""
    if request_id and _REQUEST_ID.fullmatch(request_id):
        return request_id
    return secrets.token_hex(16)
