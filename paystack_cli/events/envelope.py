"""Dead letters whose body is a JSON envelope: the record's value as text, and why it died.

Its key and headers are not in there; they can be read where the record lay, while it is kept.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.events.dead_letter_headers import Origin
from paystack_cli.events.fingerprint import zeroed

DIALECT = "envelope"
_MARK = b'"originalTopic"'
_MILLISECONDS = 1000

LIKENESS_BYTES_MAX = 4096
"""An envelope with more beside its payload is decoded each time."""

_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_PAYLOAD = re.compile(rb'"payload"\s*:\s*' + _TEXT)
_EXACT = re.compile(rb'"(?:originalTopic|errorType)"\s*:\s*' + _TEXT)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was in it; `message` as it was written, for the fingerprint."""

    origin: Origin
    payload: str | None
    message: bytes | None


def is_envelope(value: bytes | None) -> bool:
    """Whether the value may be one, without decoding it."""
    return value is not None and value[:1] == b"{" and _MARK in value


def likeness(value: bytes) -> tuple[bytes, ...]:
    """What envelopes of one cause share undecoded; nothing of one that has to be decoded.

    That is all but the payload, with the digits of topic and error alone.
    """
    beside = _PAYLOAD.sub(b"", value)
    if len(beside) > LIKENESS_BYTES_MAX or b"\\u" in beside:  # digits of an escape are no digits
        return ()
    return zeroed(beside), *_EXACT.findall(beside)


def read_envelope(value: bytes | None) -> Envelope | None:
    """None for a value that is no envelope."""
    if not is_envelope(value):
        return None
    try:
        body = json.loads(value or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("originalTopic"), str):
        return None
    message = _text(body, "errorMessage")
    return Envelope(
        origin=Origin(
            topic=sanitize(body["originalTopic"]),
            partition=_number(body, "partition"),
            offset=_number(body, "offset"),
            exception=_shown(body, "errorType"),
            message=_shown(body, "errorMessage"),
            dialect=DIALECT,
            timestamp_ms=_time_ms(body.get("timestamp")),
        ),
        payload=_text(body, "payload"),
        message=None if message is None else message.encode("utf-8", "replace"),
    )


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None


def _shown(body: Mapping[str, Any], name: str) -> str | None:
    value = _text(body, name)
    return None if value is None else sanitize(value)


def _number(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time_ms(value: object) -> int | None:
    """Milliseconds since 1970, or ISO 8601."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return round(datetime.fromisoformat(str(value)).timestamp() * _MILLISECONDS)
    except (ValueError, OverflowError):
        return None
