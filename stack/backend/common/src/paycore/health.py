"""What a service says of its own health: named components, each UP or not, with details.

Shapes and names are Spring Boot's (`/actuator/health`), because probes and dashboards speak them.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pymysql

from paycore.breaker import BreakerState, CircuitBreaker
from paycore.database import Database
from paycore.settings import DatabaseSettings

ANSWER_MAX_S = 2.0
"""A component that takes longer to answer is DOWN."""


class Status(StrEnum):
    UP = "UP"
    DOWN = "DOWN"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"


FAILING = frozenset({Status.DOWN, Status.OUT_OF_SERVICE})
"""What turns the whole answer into a 503. An open circuit is a protection at work, no failure."""


@dataclass(frozen=True, slots=True)
class Health:
    status: Status
    details: Mapping[str, Any] = field(default_factory=dict)


Indicator = Callable[[], Health]
"""Looks at one component. It runs in a thread of its own, never twice at once, and may block."""


class HealthRegistry:
    """The components of one service."""

    def __init__(self) -> None:
        self._indicators: dict[str, Indicator] = {}
        self._running: dict[str, asyncio.Future[Health]] = {}
        self._readiness: set[str] = set()

    def register(self, name: str, indicator: Indicator, *, readiness: bool = True) -> None:
        """Adds a component; without `readiness` it is shown but never makes the service unready."""
        self._indicators[name] = indicator
        if readiness:
            self._readiness.add(name)

    async def all(self) -> dict[str, Health]:
        """Every component's health, asked at the same time."""
        return await self._ask(self._indicators)

    async def readiness(self) -> dict[str, Health]:
        """The health of the components that decide whether the service can do its work."""
        return await self._ask(name for name in self._indicators if name in self._readiness)

    async def _ask(self, names: Iterable[str]) -> dict[str, Health]:
        asked = list(names)
        answers = await asyncio.gather(*(self._ask_one(name) for name in asked))
        return dict(zip(asked, answers, strict=True))

    async def _ask_one(self, name: str) -> Health:
        """Shares the answer of a look that is under way: a stuck component costs one thread."""
        running = self._running.get(name)
        if running is None or running.done():
            running = asyncio.ensure_future(asyncio.to_thread(self._indicators[name]))
            self._running[name] = running
        try:
            async with asyncio.timeout(ANSWER_MAX_S):
                return await asyncio.shield(running)
        except TimeoutError:
            return Health(Status.DOWN, {"error": f"no answer within {ANSWER_MAX_S:g} s"})
        except Exception as error:
            return Health(Status.DOWN, {"error": f"{type(error).__name__}: {error}"})


def overall(components: Mapping[str, Health]) -> Status:
    """One status for all: the first failing one, else UP."""
    failing = (health.status for health in components.values() if health.status in FAILING)
    return next(failing, Status.UP)


def database_health(settings: DatabaseSettings) -> Indicator:
    """Whether paydb answers a query, asked over a connection of its own."""
    database = Database(settings)

    def look() -> Health:
        try:
            with database.transaction() as cursor:
                cursor.execute("SELECT VERSION()")
                (version,) = cursor.fetchone() or ("",)
        except pymysql.err.MySQLError as error:
            return Health(Status.DOWN, {"error": str(error)})
        return Health(Status.UP, {"database": "MariaDB", "version": version})

    return look


def breaker_health(breaker: CircuitBreaker) -> Indicator:
    """The state of a circuit breaker; OPEN shows as CIRCUIT_OPEN, as resilience4j does."""

    def look() -> Health:
        snapshot = breaker.snapshot()
        status = Status.CIRCUIT_OPEN if snapshot.state is BreakerState.OPEN else Status.UP
        return Health(status, snapshot.as_actuator())

    return look
