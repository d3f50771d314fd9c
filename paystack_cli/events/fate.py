"""What became of a dead letter; the replay ledger knows it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Nothing is ever deleted, so a letter that was dealt with still lies in its topic."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Fate:
    """`replay_id` is that of a replay."""

    state: State
    replay_id: str | None = None


WAITING = Fate(State.WAITING)
