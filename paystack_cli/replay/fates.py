"""What the replay ledger says has become of letters: one that is read, or the many of a topic."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from confluent_kafka import Message

from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.events.envelope import is_envelope
from paystack_cli.events.fate import Fate, State
from paystack_cli.events.letter import DeadLetter, headers_of, place_of
from paystack_cli.replay.ledger import Handled, ReplayLedger
from paystack_cli.replay.letters import Letter

OFFSET_BYTES = 8
"""Of an offset in binary, as Java writes it."""


@dataclass(frozen=True)
class Fates:
    """Of the letters of some dead-letter topics, at one moment."""

    handled: Handled

    @classmethod
    def read(cls, endpoint: KafkaEndpoint, topics: Collection[str]) -> Self:
        """As the ledger tells them now. Raises what `ReplayLedger.entries` raises."""
        return cls(ReplayLedger.at(endpoint).handled(topics))

    def marked(self, letter: DeadLetter) -> DeadLetter:
        """The letter with its fate, which is also that of the same dead record's other letters."""
        entry = self.handled.entry_of(Letter.of(letter))
        if entry is None:
            return letter
        return replace(letter, fate=Fate(State(entry.outcome), entry.replay_id))

    def by_state(self, messages: Sequence[Message]) -> Iterable[tuple[State, Sequence[Message]]]:
        """The letters among `messages` of each state; few have to be decoded for it."""
        if not self.handled.by_place:
            return [(State.WAITING, messages)]
        found: dict[State, list[Message]] = defaultdict(list)
        for message in messages:
            found[self._state(message)].append(message)
        return found.items()

    def _state(self, message: Message) -> State:
        if not self._may_be_handled(message):
            return State.WAITING
        return self.marked(DeadLetter.of(message)).fate.state

    def _may_be_handled(self, message: Message) -> bool:
        """False only when place and raw headers alone show that the ledger does not know it."""
        if place_of(message) in self.handled.by_place or is_envelope(message.value()):
            return True
        offsets = self._offsets
        return any(
            value in offsets for name, value in headers_of(message) if name.endswith("offset")
        )

    @cached_property
    def _offsets(self) -> frozenset[object]:
        """Of the records that died, as any dialect writes them."""
        offsets = [place.offset for place in self.handled.by_origin]
        return frozenset(
            written
            for offset in offsets
            for written in (b"%d" % offset, offset.to_bytes(OFFSET_BYTES, "big", signed=True))
        )
