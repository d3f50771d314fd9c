"""Which dead letters are meant: since when, and what must hold for them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka import Message

from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import UsageError
from paystack_cli.events.letter import DeadLetter
from paystack_cli.events.where import Condition

_AGE = re.compile(r"(?P<number>\d{1,9})(?P<unit>[smhd])", re.ASCII)
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Selection:
    """All of `conditions` must hold; `since_ms` is in milliseconds since 1970."""

    since_ms: int | None = None
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, since: str | None, where: Sequence[str], now_ms: int) -> "Selection":
        """From `--since` (10m, 2h, 1d, or ISO 8601, UTC without a zone) and every `--where`.

        Raises UsageError.
        """
        since_ms = None if since is None else _since_ms(since, now_ms)
        return cls(since_ms, tuple(map(Condition.parse, where)))

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


def _since_ms(text: str, now_ms: int) -> int:
    if (age := _AGE.fullmatch(text)) is not None:
        return max(0, now_ms - int(age["number"]) * _UNIT_MS[age["unit"]])
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0, round(zoned.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise UsageError(
            f"--since does not understand {sanitize(text)!r}",
            hint="write it as 90s, 10m, 2h, 1d or 2026-11-22T10:00:00Z",
        ) from None
