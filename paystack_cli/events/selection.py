"""Which dead letters are meant: since when, and what must hold for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka import Message

from paystack_cli.events.letter import DeadLetter
from paystack_cli.events.where import Condition
from paystack_cli.moment import read_moment


@dataclass(frozen=True, slots=True)
class Selection:
    """All of `conditions` must hold; `since_ms` is in milliseconds since 1970."""

    since_ms: int | None = None
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, since: str | None, where: Sequence[str], now_ms: int) -> "Selection":
        """From `--since` (see `moment.py`) and every `--where`.

        Raises UsageError.
        """
        conditions = tuple(map(Condition.parse, where))
        if since is None:
            return cls(None, conditions)
        moment = read_moment("--since", since, datetime.fromtimestamp(now_ms / 1000, UTC))
        return cls(max(0, round(moment.timestamp() * 1000)), conditions)

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.since_ms is None and not self.conditions

    def select(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Those of a batch that are meant; raw bytes decide where they can."""
        if self.everything:
            return messages
        return [message for message in messages if self._means(message)]

    def _means(self, message: Message) -> bool:
        if self.since_ms is not None and message.timestamp()[1] < self.since_ms:
            return False
        if not all(condition.may_match(message) for condition in self.conditions):
            return False
        if not self.conditions:
            return True
        letter = DeadLetter.of(message)
        return all(condition.matches(letter) for condition in self.conditions)
