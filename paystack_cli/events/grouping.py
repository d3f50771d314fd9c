"""Groups dead letters by cause, nearly at the speed of the reader and in bounded memory.

Most letters resemble one that was seen before: a letter is decoded only when its raw headers, the
digits of the message apart, are new. All others cost a look into a table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from confluent_kafka import Message

from paystack_cli.events.dead_letter_headers import Header, dialect_of
from paystack_cli.events.envelope import is_envelope
from paystack_cli.events.fingerprint import Fingerprint, stripped, without_digits
from paystack_cli.events.letter import LAST_MOMENT_MS, Place, headers_of, moment, place_of, told

GROUPS_MAX = 500
"""Groups that are kept apart; letters of further ones are counted together."""
KNOWN_MAX = 5_000
"""Raw headers that are remembered; beyond it all are forgotten at once."""
RATE_WINDOW_S = 3600
"""The rate is that of the last hour."""

OTHER = Fingerprint(None, None, "(further causes, not kept apart)")


class Cause(NamedTuple):
    """What all letters of a group have in common; `topic` is the dead-letter topic."""

    topic: str
    fingerprint: Fingerprint
    consumer: str | None
    original_topic: str | None


@dataclass(slots=True)
class Tally:
    """Letters counted; times in milliseconds since 1970."""

    count: int = 0
    recent: int = 0
    """Written within the last RATE_WINDOW_S."""
    first_ms: int = LAST_MOMENT_MS
    last_ms: int = 0
    sample: Place | None = None
    """The first that was read."""

    @property
    def first_at(self) -> datetime | None:
        """When the oldest was written; None when no letter has a time."""
        return moment(self.first_ms if self.last_ms else None)

    @property
    def last_at(self) -> datetime | None:
        """When the newest was written; None when no letter has a time."""
        return moment(self.last_ms or None)

    @property
    def rate_per_h(self) -> float:
        """Letters an hour."""
        return self.recent * 3600 / RATE_WINDOW_S

    def merge(self, other: "Tally") -> None:
        """Add what was counted elsewhere."""
        self.count += other.count
        self.recent += other.recent
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.sample = min(filter(None, (self.sample, other.sample)), default=None)


@dataclass
class Grouping:
    """Tallies by cause; `now_ms` is when the reading began."""

    now_ms: int
    tallies: dict[Cause, Tally] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], Tally] = field(default_factory=dict, repr=False)

    def add(self, messages: Iterable[Message]) -> None:
        """Count letters, of any topics."""
        known = self._known
        recent_ms = self.now_ms - RATE_WINDOW_S * 1000
        for message in messages:
            headers: Any = message.headers() or ()
            raw = _raw(message, headers)
            tally = known.get(raw) or self._decoded(raw, message)
            tally.count += 1
            _, at_ms = message.timestamp()
            if 0 < at_ms <= LAST_MOMENT_MS:
                tally.recent += at_ms >= recent_ms
                if at_ms < tally.first_ms:
                    tally.first_ms = at_ms
                if at_ms > tally.last_ms:
                    tally.last_ms = at_ms

    def merge(self, other: "Grouping") -> None:
        """Add what another process has counted."""
        for cause, tally in other.tallies.items():
            self._tally_of(cause).merge(tally)

    def _decoded(self, raw: tuple[Any, ...], message: Message) -> Tally:
        origin, _, reason = told(headers_of(message), message.value())
        fingerprint = Fingerprint(origin.exception, origin.event_type, stripped(reason))
        cause = Cause(message.topic() or "", fingerprint, origin.consumer, origin.topic)
        tally = self._tally_of(cause)
        tally.sample = tally.sample or place_of(message)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        if raw:
            self._known[raw] = tally
        return tally

    def _tally_of(self, cause: Cause) -> Tally:
        if cause not in self.tallies and len(self.tallies) >= GROUPS_MAX:
            cause = Cause(cause.topic, OTHER, None, None)
        return self.tallies.setdefault(cause, Tally())


def _raw(message: Message, headers: Sequence[Header]) -> tuple[Any, ...]:
    """What two letters of one cause share unread; nothing for those that must be read each time."""
    dialect, last = dialect_of(headers), dict(headers)
    if dialect is None:
        return () if is_envelope(message.value()) else (message.topic(), last.get("ce_type"))
    get: Callable[[str], Any] = last.get
    return (
        message.topic(),
        dialect.name,
        get("ce_type"),
        *map(get, dialect.kinds),
        *map(without_digits, map(get, dialect.messages)),
    )
