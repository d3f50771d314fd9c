"""Groups dead letters by cause, nearly at the speed of the reader and in bounded memory.

Most letters resemble one that was seen before: a letter is decoded only when what tells its cause,
the digits of the message apart, is new. All others cost a look into a table, and where it stands is
looked up once for all letters that have the same headers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, Self

from confluent_kafka import Message

from paystack_cli.events.dead_letter_headers import dialect_of
from paystack_cli.events.envelope import is_envelope, likeness
from paystack_cli.events.fate import State
from paystack_cli.events.fingerprint import MESSAGE_BYTES_MAX, Fingerprint, stripped, zeroed
from paystack_cli.events.letter import LAST_MOMENT_MS, Place, headers_of, moment, place_of, told

GROUPS_MAX = 500
"""Groups that are kept apart; letters of further ones are counted together."""
KNOWN_MAX = 5_000
"""Kinds of letters, and layouts, that are remembered; beyond it all are forgotten at once."""
RATE_WINDOW_S = 3600
"""The rate is that of the last hour."""

OTHER = Fingerprint(None, None, "(further causes, not kept apart)")


class Cause(NamedTuple):
    """What all letters of a group have in common; `topic` is the dead-letter topic."""

    topic: str
    fingerprint: Fingerprint
    consumer: str | None
    original_topic: str | None
    state: State = State.WAITING


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


Values = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where, in all letters with the same header names, stands what tells their cause."""

    has_dialect: bool
    kinds: Callable[[Values], object]
    messages: Sequence[int]

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        """The last header of a name counts."""
        dialect = dialect_of([(name, None) for name in names])
        last = {name: position for position, name in enumerate(names)}
        kinds, messages = (dialect.kinds, dialect.messages) if dialect else ((), ())
        told = [last[name] for name in ("ce_type", *kinds) if name in last]
        return cls(
            dialect is not None,
            itemgetter(*told) if told else _nothing,
            [last[name] for name in messages if name in last],
        )

    def raw(self, message: Message, values: Values) -> tuple[Any, ...]:
        """What two letters of one cause share unread; nothing for those that must be decoded."""
        beside: Values = ()
        body = None if self.has_dialect else message.value()
        if body is not None and is_envelope(body):
            beside = likeness(body)
            if not beside:
                return ()
        for position in self.messages:
            text = values[position]
            beside += (None if text is None else zeroed(text[:MESSAGE_BYTES_MAX]),)
        return self, message.topic(), self.kinds(values), beside


def _nothing(_values: Values) -> None:
    """What letters without any such header tell."""


@dataclass
class Grouping:
    """Tallies by cause; `now_ms` is when the reading began."""

    now_ms: int
    tallies: dict[Cause, Tally] = field(default_factory=dict)
    _known: dict[State, dict[tuple[Any, ...], Tally]] = field(
        default_factory=lambda: {state: {} for state in State}, repr=False
    )
    _layouts: dict[tuple[str, ...], Layout] = field(default_factory=dict, repr=False)

    def add(self, messages: Iterable[Message], state: State = State.WAITING) -> None:
        """Count letters of one state, of any topics."""
        known, layouts = self._known[state], self._layouts
        recent_ms = self.now_ms - RATE_WINDOW_S * 1000
        for message in messages:
            headers: Any = message.headers()
            names, values = zip(*headers, strict=True) if headers else ((), ())
            layout = layouts.get(names) or self._new_layout(names)
            raw = layout.raw(message, values)
            tally = known.get(raw) or self._decoded(raw, message, state)
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

    def _new_layout(self, names: tuple[str, ...]) -> Layout:
        if len(self._layouts) >= KNOWN_MAX:
            self._layouts.clear()
            for known in self._known.values():
                known.clear()
        return self._layouts.setdefault(names, Layout.of(names))

    def _decoded(self, raw: tuple[Any, ...], message: Message, state: State) -> Tally:
        origin, _, reason = told(headers_of(message), message.value())
        fingerprint = Fingerprint(origin.exception, origin.event_type, stripped(reason))
        cause = Cause(message.topic() or "", fingerprint, origin.consumer, origin.topic, state)
        tally = self._tally_of(cause)
        tally.sample = tally.sample or place_of(message)
        known = self._known[state]
        if len(known) >= KNOWN_MAX:
            known.clear()
        if raw:
            known[raw] = tally
        return tally

    def _tally_of(self, cause: Cause) -> Tally:
        if cause not in self.tallies and len(self.tallies) >= GROUPS_MAX:
            cause = Cause(cause.topic, OTHER, None, None, cause.state)
        return self.tallies.setdefault(cause, Tally())
