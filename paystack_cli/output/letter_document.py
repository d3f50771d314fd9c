"""One dead letter as JSON: masked for whoever looks, with its exact bytes when asked for."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime

from paystack_cli.clients.sanitize import mask_card_numbers, sanitize
from paystack_cli.events.browse import Recovered
from paystack_cli.events.dead_letter_headers import Header, shown_value
from paystack_cli.events.letter import DeadLetter, moment, shown_key
from paystack_cli.output.document import versioned


def letter_document(
    letter: DeadLetter, *, unmasked: bool = False, original: Recovered | None = None
) -> dict[str, object]:
    """`paystack.dlq-letter/v1`, described in docs/schemas.

    With `unmasked` it holds what an import needs; without, `raw` is null.
    """
    value = letter.value
    return versioned(
        "dlq-letter",
        **about(letter),
        headers=headers_document(letter.headers),
        value=None if value is None else mask_card_numbers(value.decode("utf-8", "replace")),
        value_bytes=None if value is None else len(value),
        original=None if original is None else _original(original),
        raw=_raw(letter) if unmasked else None,
    )


def about(letter: DeadLetter) -> dict[str, object]:
    """Where it lies, where it came from, why it died."""
    topic, partition, offset = letter.place
    origin = letter.origin
    return {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "at": iso(letter.at),
        "key": letter.shown_key,
        "fingerprint": letter.fingerprint.id,
        "event_id": origin.event_id,
        "event_type": origin.event_type,
        "event_source": origin.event_source,
        "dialect": origin.dialect,
        "original_topic": origin.topic,
        "original_partition": origin.partition,
        "original_offset": origin.offset,
        "original_at": iso(original_at(letter)),
        "consumer": origin.consumer,
        "exception": origin.exception,
        "cause": origin.cause,
        "stage": origin.stage,
        "message": origin.message,
        "attempts": origin.attempts,
        "state": letter.fate.state,
        "replay_id": letter.fate.replay_id,
    }


def original_at(letter: DeadLetter) -> datetime | None:
    """When the record that died was written."""
    return moment(letter.origin.timestamp_ms)


def iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None


def line(document: dict[str, object]) -> str:
    """The document as one line."""
    return json.dumps(document)


def headers_document(headers: Sequence[Header]) -> list[dict[str, str | None]]:
    """Every header decoded and masked, in their order."""
    return [{"name": sanitize(name), "value": shown_value(name, value)} for name, value in headers]


def _original(found: Recovered) -> dict[str, object]:
    return {
        "gone": found.gone,
        "key": shown_key(found.key),
        "headers": headers_document(found.headers),
    }


def _raw(letter: DeadLetter) -> dict[str, object]:
    return {
        "timestamp_ms": letter.at_ms,
        "key": _base64(letter.key),
        "value": _base64(letter.value),
        "headers": [[name, _base64(value)] for name, value in letter.headers],
    }


def _base64(value: str | bytes | None) -> str | None:
    if value is None:
        return None
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")
