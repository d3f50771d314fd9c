"""All feeds of one stack, and what they know at a moment."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from paystack_cli.breaker.overview import with_breakers
from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.engines.base import Engine, ServiceStatus
from paystack_cli.stack.model import Stack
from paystack_cli.watch.feed import Feed
from paystack_cli.watch.picture import Picture, Problem
from paystack_cli.watch.sources import BreakersSource, OutboxSource, QueuesSource

FIRST_ANSWERS_MAX_S = 6.0
"""For the first look at everything; then what there is is shown."""


class Watch:
    """Reads the named services, or all, every `interval_s` seconds while it is open."""

    def __init__(
        self,
        stack: Stack,
        engine: Engine,
        variables: Mapping[str, str],
        names: Sequence[str],
        interval_s: float,
    ) -> None:
        endpoints = Endpoints(stack, engine, variables)
        shown = set(names or stack.services)
        consumers = {name: one for name, one in stack.catalog.consumers.items() if name in shown}
        self._dead_letter_topics = {name: one.dead_letter_topic for name, one in consumers.items()}

        def services() -> tuple[ServiceStatus, ...]:
            return tuple(engine.ps(names))

        self._services = Feed("services", services, interval_s)
        self._outbox = Feed("outbox", OutboxSource(endpoints), interval_s)
        self._queues = Feed("kafka", QueuesSource(endpoints, consumers), interval_s)
        self._breakers = {
            service.name: Feed(
                f"breakers of {service.name}", BreakersSource(endpoints, service), interval_s
            )
            for service in with_breakers(stack, shown)
        }
        self._feeds: tuple[Feed[Any], ...] = (
            self._services,
            self._outbox,
            self._queues,
            *self._breakers.values(),
        )

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for feed in self._feeds:
            feed.stop()

    def wait_for_first(self) -> None:
        """Until everything has answered once, at most FIRST_ANSWERS_MAX_S."""
        deadline_s = time.monotonic() + FIRST_ANSWERS_MAX_S
        for feed in self._feeds:
            feed.wait_for_first(max(0.0, deadline_s - time.monotonic()))

    def picture(self) -> Picture:
        """What is known by now; waits for nothing."""
        newest = ((feed.name, feed.newest().problem) for feed in self._feeds)
        return Picture(
            at=datetime.now().astimezone(),
            services=self._services.newest().value,
            outbox=self._outbox.newest().value,
            queues=self._queues.newest().value,
            breakers={name: feed.newest().value or () for name, feed in self._breakers.items()},
            dead_letter_topics=self._dead_letter_topics,
            problems=tuple(Problem(name, reason) for name, reason in newest if reason),
        )
