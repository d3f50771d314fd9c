"""A dead letter: one typed record for every dialect."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, Self

from confluent_kafka import Message

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError
from paystack_cli.events.dead_letter_headers import Header, Origin, dialect_of, read_origin
from paystack_cli.events.envelope import Envelope, read_envelope
from paystack_cli.events.fate import WAITING, Fate
from paystack_cli.events.fingerprint import Fingerprint, stripped

LAST_MOMENT_MS = 253_402_300_799_000
"""End of the year 9999, the last that Python and ISO 8601 know; producers may write any number."""
KEY_BYTES_MAX = 256
"""Of a key that is shown."""

_PLACE = re.compile(r"(?P<partition>\d{1,9})[:@](?P<offset>\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """Where a letter lies; with the cluster's id its identity."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic} {self.partition}@{self.offset}"

    @classmethod
    def parse(cls, topic: str, text: str) -> Self:
        """From `PARTITION:OFFSET`. Raises UsageError."""
        found = _PLACE.fullmatch(text)
        if found is None:
            raise UsageError(
                f"{sanitize(text)!r} names no letter", hint="write PARTITION:OFFSET, as in 0:17"
            )
        return cls(topic, int(found["partition"]), int(found["offset"]))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One letter as it lies in its topic, and what it tells of its origin."""

    place: Place
    at_ms: int | None
    """When it was written, in milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    origin: Origin
    fingerprint: Fingerprint
    envelope: Envelope | None
    fate: Fate = WAITING
    """Where the replay ledger was asked for it."""

    @classmethod
    def of(cls, message: Message) -> Self:
        """A consumed message, which has a place."""
        headers, value = headers_of(message), message.value()
        origin, envelope, reason = told(headers, value)
        return cls(
            place=place_of(message),
            at_ms=timestamp_ms(message),
            key=message.key(),
            value=value,
            headers=headers,
            origin=origin,
            fingerprint=Fingerprint(origin.exception, origin.event_type, stripped(reason)),
            envelope=envelope,
        )

    @property
    def at(self) -> datetime | None:
        """When it was written, in UTC."""
        return moment(self.at_ms)

    @property
    def stacktrace(self) -> str | None:
        """As it was written; not masked."""
        dialect = dialect_of(self.headers)
        names = () if dialect is None else dialect.stacktraces
        found = [value for name, value in self.headers if name in names]
        trace = found[-1] if found else None
        return trace.decode("utf-8", "replace") if isinstance(trace, bytes) else trace

    @property
    def shown_key(self) -> str | None:
        """The key, masked and printable."""
        return shown_key(self.key)


def told(
    headers: tuple[Header, ...], value: bytes | None
) -> tuple[Origin, Envelope | None, bytes | None]:
    """The origin, the envelope where the body is one, and the exception's message as written."""
    dialect, origin = dialect_of(headers), read_origin(headers)
    if dialect is not None:
        last = dict(headers)
        messages = [
            found for name in dialect.messages if isinstance(found := last.get(name), bytes)
        ]
        return origin, None, messages[-1] if messages else None
    envelope = read_envelope(value)
    if envelope is None:
        return origin, None, None
    # CloudEvents headers may stand on the letter itself.
    beside = {name: getattr(origin, name) for name in ("event_id", "event_type", "event_source")}
    return replace(envelope.origin, **beside), envelope, envelope.message


def shown_key(key: bytes | None) -> str | None:
    """A record's key, masked and printable."""
    return None if key is None else sanitize(key[:KEY_BYTES_MAX].decode("utf-8", "replace"))


def headers_of(message: Message) -> tuple[Header, ...]:
    """The headers of a consumed message, in their order."""
    headers = message.headers() or ()
    return tuple(headers.items() if isinstance(headers, dict) else headers)


def place_of(message: Message) -> Place:
    """Where a consumed message lies."""
    return Place(message.topic() or "", message.partition() or 0, message.offset() or 0)


def timestamp_ms(message: Message) -> int | None:
    """The record's timestamp, None for none and for one that no calendar holds."""
    _kind, milliseconds = message.timestamp()
    return milliseconds if 0 < milliseconds <= LAST_MOMENT_MS else None


def moment(milliseconds: int | None) -> datetime | None:
    """In UTC; None for what no calendar holds."""
    if milliseconds is None or not 0 < milliseconds <= LAST_MOMENT_MS:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
