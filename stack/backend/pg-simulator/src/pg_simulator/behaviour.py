"""How the simulated card network behaves, per operation, settable at run time."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

LATENCY_MS_MAX = 60_000
Latency = Annotated[int, msgspec.Meta(ge=0, le=LATENCY_MS_MAX)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Operation(StrEnum):
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    REFUND = "refund"


class Behaviour(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """One operation's behaviour; the defaults answer at once and approve everything.

    Rates are probabilities of a first request. A decline is kept with its key, as real networks do;
    an error (503) and an outage have no effect and are not kept; a time-out has its effect, but the
    answer comes after `timeout_ms`, when nobody waits for it any more.
    """

    latency_ms: Latency = 0
    jitter_ms: Latency = 0
    decline_rate: Rate = 0.0
    decline_amount_ending: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,16}$")] = ""
    error_rate: Rate = 0.0
    timeout_rate: Rate = 0.0
    timeout_ms: Latency = 10_000
    outage: bool = False


class BehaviourChange(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a PATCH may name; what it leaves out stays as it is. `seed` restarts the chances."""

    latency_ms: Latency | msgspec.UnsetType = msgspec.UNSET
    jitter_ms: Latency | msgspec.UnsetType = msgspec.UNSET
    decline_rate: Rate | msgspec.UnsetType = msgspec.UNSET
    decline_amount_ending: (
        Annotated[str, msgspec.Meta(pattern="^[0-9]{0,16}$")] | msgspec.UnsetType
    ) = msgspec.UNSET
    error_rate: Rate | msgspec.UnsetType = msgspec.UNSET
    timeout_rate: Rate | msgspec.UnsetType = msgspec.UNSET
    timeout_ms: Latency | msgspec.UnsetType = msgspec.UNSET
    outage: bool | msgspec.UnsetType = msgspec.UNSET
    seed: int | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request."""

    delay_s: float
    fails: bool
    declines: bool
    times_out_s: float


class Behaviours:
    """The behaviour of each operation, and the seeded chances."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chances of a simulation
        self._of = {operation: Behaviour() for operation in Operation}

    def current(self) -> dict[Operation, Behaviour]:
        return dict(self._of)

    def change(self, operations: list[Operation], change: BehaviourChange) -> None:
        values = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        if "seed" in values:
            self._random.seed(values.pop("seed"))
        for operation in operations:
            self._of[operation] = msgspec.structs.replace(self._of[operation], **values)

    def reset(self) -> None:
        self._of = {operation: Behaviour() for operation in Operation}

    def fate(self, operation: Operation, amount: int) -> Fate:
        """Draws what happens to a request for `amount` minor units."""
        behaviour = self._of[operation]
        chance = self._random.random
        ending = behaviour.decline_amount_ending
        return Fate(
            delay_s=(behaviour.latency_ms + behaviour.jitter_ms * chance()) / 1000,
            fails=behaviour.outage or chance() < behaviour.error_rate,
            declines=bool(ending and str(amount).endswith(ending))
            or chance() < behaviour.decline_rate,
            times_out_s=behaviour.timeout_ms / 1000 if chance() < behaviour.timeout_rate else 0.0,
        )
