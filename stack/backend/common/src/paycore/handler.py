"""What one worker does with an event. The rest is the same for all workers: see `worker`."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pymysql.cursors import Cursor

from paycore.events import Event

Known = TypeVar("Known")
Outcome = TypeVar("Outcome")


class PermanentFailure(Exception):
    """The event can never be applied; no repeat would help."""


class TransientFailure(Exception):
    """The event could not be applied now, but may be later."""


class KeptBack(Exception):
    """A circuit breaker let nothing through: the event was not tried at all."""


@dataclass(frozen=True, slots=True)
class Decided(Generic[Outcome]):
    """An event to be applied, and what was decided or answered about it."""

    event: Event
    outcome: Outcome
    attempts: int
    """Failed attempts before this one."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Outcome]):
    """A card-network call that brings the outcome; several run side by side."""

    start: Callable[[], Coroutine[Any, Any, Outcome]]


class Handler(Protocol[Known, Outcome]):
    """Reads, decides, applies. Any error but a transient one makes the event a dead letter."""

    def read(self, cursor: Cursor, events: Sequence[Event]) -> Mapping[int, Known]:
        """What the database knows about each event, by event id; absent means nothing."""
        ...

    def decide(self, event: Event, known: Known | None) -> Outcome | Call[Outcome]:
        """The outcome, or the card-network call that brings it."""
        ...

    def apply(self, cursor: Cursor, batch: Sequence[Decided[Outcome]]) -> None:
        """Writes the effects of all in the caller's transaction, with multi-row statements."""
        ...
