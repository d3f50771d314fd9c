"""A dead letter as replay needs it: where it lies, its bytes, and the record that it was."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError
from paystack_cli.events.browse import Recovered
from paystack_cli.events.dead_letter_headers import DIALECTS, Header, Origin, read_origin
from paystack_cli.events.letter import DeadLetter, Place

REPLAY_ID_HEADER = "paystack-replay-id"
REPLAY_COUNT_HEADER = "paystack-replay-count"
"""What a replayed record carries beside its own headers; the count is decimal text."""

_ADDED_NAMES = frozenset(
    {
        *(name for dialect in DIALECTS for name in dialect.fields),
        REPLAY_ID_HEADER,
        REPLAY_COUNT_HEADER,
    }
)
_ADDED_PREFIXES = ("kafka_dlt-", "retry_topic-", "__connect.errors.", "__streams.", "__dlq.")
"""Headers that somebody added to the record when it died or was replayed. They are not sent again:
a topic of events takes smaller records than a dead-letter topic."""

_DECIMAL = re.compile(rb"\d{1,18}")


def parse_place(text: str, topics: Sequence[str]) -> Place:
    """From `TOPIC:PARTITION:OFFSET`, or `PARTITION:OFFSET` where there is one topic only.

    Raises UsageError.
    """
    topic, _, place = text.partition(":")
    if {":", "@"} & set(place):
        return Place.parse(topic, place)
    if len(topics) == 1:
        return Place.parse(topics[0], text)
    raise UsageError(
        f"{sanitize(text)!r} may be a letter of {', '.join(topics)}",
        hint="write TOPIC:PARTITION:OFFSET",
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter: the record that died, with what its headers tell of that."""

    place: Place
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    origin: Origin

    @classmethod
    def of(cls, dead: DeadLetter, original: Recovered | None = None) -> Self:
        """The record that died. Of one in an envelope only the value is there: its key and headers
        are those of `original`, unless that is gone."""
        if dead.envelope is None or dead.envelope.payload is None:
            return cls(dead.place, dead.key, dead.value, dead.headers, dead.origin)
        value = dead.envelope.payload.encode("utf-8", "surrogatepass")
        if original is None or original.gone is not None:
            return cls(dead.place, dead.key, value, dead.headers, dead.origin)
        event = read_origin(original.headers)
        origin = replace(dead.origin, event_id=event.event_id, event_type=event.event_type)
        return cls(dead.place, original.key, value, original.headers, origin)

    @property
    def sha256(self) -> str:
        """Over key, value and all headers; two letters with the same are the same record."""
        digest = hashlib.sha256()
        for part in _parts(self):
            length = -1 if part is None else len(part)
            digest.update(length.to_bytes(8, "big", signed=True))
            digest.update(part or b"")
        return digest.hexdigest()

    @property
    def own_headers(self) -> list[Header]:
        """The headers that the record had before it died."""
        return [header for header in self.headers if not _is_added(header[0])]

    @property
    def replay_count(self) -> int | None:
        """How often this record was replayed before; None when the header is no number."""
        stamped = self._last(REPLAY_COUNT_HEADER)
        return 0 if stamped is None else _number(stamped)

    @property
    def event_id(self) -> int | None:
        """The outbox event id, where the header is one."""
        stamped = self._last("ce_id")
        return None if stamped is None else _number(stamped)

    @property
    def payment_id(self) -> int | None:
        """The payment, which is the record's key."""
        return None if self.key is None else _number(self.key)

    def _last(self, name: str) -> bytes | None:
        found = None
        for header, value in self.headers:
            if header == name:
                found = value.encode() if isinstance(value, str) else (value or b"")
        return found


def _is_added(header: str) -> bool:
    return header in _ADDED_NAMES or header.startswith(_ADDED_PREFIXES)


def _parts(letter: Letter) -> Iterator[bytes | None]:
    yield letter.key
    yield letter.value
    for name, value in letter.headers:
        yield name.encode()
        yield value.encode() if isinstance(value, str) else value


def _number(text: bytes) -> int | None:
    return int(text) if _DECIMAL.fullmatch(text) else None
