"""What `paystack watch` shows: a stack at one moment, as far as its servers have answered. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from paystack_cli.breaker.actuator import Breaker
from paystack_cli.engines.base import ServiceStatus
from paystack_cli.events.consumer_groups import GroupStatus
from paystack_cli.events.outbox import OutboxStatus


@dataclass(frozen=True, slots=True)
class Queues:
    """Kafka's side: each worker's group, and how many records each dead-letter topic keeps."""

    groups: Mapping[str, GroupStatus]
    dead_letters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """A source that could not be read."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The stack at a moment. What is None has not answered yet.

    `breakers` by service; `dead_letter_topics` by the service that writes to it.
    """

    at: datetime
    services: tuple[ServiceStatus, ...] | None = None
    outbox: OutboxStatus | None = None
    queues: Queues | None = None
    breakers: Mapping[str, tuple[Breaker, ...]] = field(default_factory=dict)
    dead_letter_topics: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
