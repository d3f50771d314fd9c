"""The circuit breaker, in resilience4j's semantics and names.

    CLOSED --- rate at or above its threshold ---> OPEN --- open_s has passed ---> HALF_OPEN
    CLOSED <------------- every probe back, rates below ------------------------- HALF_OPEN
                               OPEN <--- every probe back, a rate too high ------ HALF_OPEN

Calls are counted in a sliding window of the last `window_calls` results; each call costs O(1). One
thing is stricter than in resilience4j: the result of a call that began before the last change of
state counts nowhere, so HALF_OPEN is judged by its own probes alone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from paycore.logging import get_logger
from paycore.settings import Environment

WINDOW_CALLS = 100
CALLS_MIN = 5
"""Results that the window must hold before rates are known at all."""
FAILURE_RATE_MAX_PERCENT = 50
SLOW_RATE_MAX_PERCENT = 50
SLOW_CALL_MS = 2_000
OPEN_MS = 30_000
HALF_OPEN_CALLS = 3

RATE_UNKNOWN = -1.0
"""What resilience4j shows for a rate below the minimum number of calls."""
CHANGES_KEPT = 100
"""As many events as resilience4j keeps of a breaker (`eventConsumerBufferSize`)."""


class BreakerState(StrEnum):
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class CallNotPermitted(Exception):
    """The breaker is OPEN, or HALF_OPEN with all its probes handed out.

    `retry_after_s` is the time until the breaker lets probes through; 0 when probes are under way.
    """

    def __init__(self, breaker: str, state: BreakerState, retry_after_s: float) -> None:
        super().__init__(f"circuit breaker {breaker} is {state}: the call was not attempted")
        self.breaker = breaker
        self.state = state
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    window_calls: int = WINDOW_CALLS
    calls_min: int = CALLS_MIN
    failure_rate_max_percent: int = FAILURE_RATE_MAX_PERCENT
    slow_rate_max_percent: int = SLOW_RATE_MAX_PERCENT
    slow_call_s: float = SLOW_CALL_MS / 1000
    open_s: float = OPEN_MS / 1000
    half_open_calls: int = HALF_OPEN_CALLS

    @classmethod
    def read(cls, environment: Environment) -> "BreakerSettings":
        """The constants above, each replaceable by the environment variable of its name."""
        return cls(
            window_calls=environment.number("BREAKER_WINDOW_CALLS", WINDOW_CALLS),
            calls_min=environment.number("BREAKER_CALLS_MIN", CALLS_MIN),
            failure_rate_max_percent=environment.number(
                "BREAKER_FAILURE_RATE_MAX_PERCENT", FAILURE_RATE_MAX_PERCENT
            ),
            slow_rate_max_percent=environment.number(
                "BREAKER_SLOW_RATE_MAX_PERCENT", SLOW_RATE_MAX_PERCENT
            ),
            slow_call_s=environment.number("BREAKER_SLOW_CALL_MS", SLOW_CALL_MS) / 1000,
            open_s=environment.number("BREAKER_OPEN_MS", OPEN_MS) / 1000,
            half_open_calls=environment.number("BREAKER_HALF_OPEN_CALLS", HALF_OPEN_CALLS),
        )


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to make one call; it belongs to the state in which it was given."""

    generation: int


@dataclass(frozen=True, slots=True)
class StateChange:
    """The breaker went over from one state to another at `at_s`, seconds since the epoch."""

    at_s: float
    previous: BreakerState
    state: BreakerState


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """What the breaker knows at one moment. Rates are percentages, -1 below the minimum calls."""

    name: str
    state: BreakerState
    failure_rate: float
    slow_rate: float
    buffered_calls: int
    failed_calls: int
    slow_calls: int
    slow_failed_calls: int
    not_permitted_calls: int
    settings: BreakerSettings

    def as_actuator(self) -> dict[str, Any]:
        """An entry of `/actuator/circuitbreakers`."""
        return {
            "state": self.state,
            "failureRate": self.failure_rate,
            "slowCallRate": self.slow_rate,
            "failureRateThreshold": self.settings.failure_rate_max_percent,
            "slowCallRateThreshold": self.settings.slow_rate_max_percent,
            "bufferedCalls": self.buffered_calls,
            "failedCalls": self.failed_calls,
            "slowCalls": self.slow_calls,
            "slowFailedCalls": self.slow_failed_calls,
            "notPermittedCalls": self.not_permitted_calls,
        }

    def as_metrics(self) -> dict[str, Any]:
        """The names of resilience4j's CircuitBreaker.Metrics, for `/circuit-breaker/<name>`."""
        return {
            "name": self.name,
            "state": self.state,
            "failureRate": self.failure_rate,
            "slowCallRate": self.slow_rate,
            "numberOfBufferedCalls": self.buffered_calls,
            "numberOfFailedCalls": self.failed_calls,
            "numberOfSlowCalls": self.slow_calls,
            "numberOfSlowFailedCalls": self.slow_failed_calls,
            "numberOfSuccessfulCalls": self.buffered_calls - self.failed_calls,
            "numberOfNotPermittedCalls": self.not_permitted_calls,
        }


class _Window:
    """The last `size` results, with their counts kept up to date."""

    _FAILED, _SLOW = 1, 2

    def __init__(self, size: int, calls_min: int) -> None:
        self._results = bytearray(size)
        self._next = 0
        self._calls_min = min(calls_min, size)
        self.buffered = self.failed = self.slow = self.slow_failed = 0

    def add(self, *, failed: bool, slow: bool) -> None:
        if self.buffered == len(self._results):
            self._count(self._results[self._next], -1)
        result = failed * self._FAILED | slow * self._SLOW
        self._results[self._next] = result
        self._count(result, +1)
        self._next = (self._next + 1) % len(self._results)

    def rate(self, calls: int) -> float:
        if self.buffered < self._calls_min:
            return RATE_UNKNOWN
        return 100 * calls / self.buffered

    def _count(self, result: int, step: int) -> None:
        failed, slow = bool(result & self._FAILED), bool(result & self._SLOW)
        self.buffered += step
        self.failed += step * failed
        self.slow += step * slow
        self.slow_failed += step * (failed and slow)


class CircuitBreaker:
    """Guards calls to one remote party. Every method may be called from any thread.

    Ask `acquire` before each call, then hand the permit to exactly one of `record` (the call was
    made) and `release` (it was not).
    """

    def __init__(
        self,
        name: str,
        settings: BreakerSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.settings = settings or BreakerSettings()
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._opened_at_s = 0.0
        self._probes_left = 0
        self._not_permitted = 0
        self._window = self._fresh_window(BreakerState.CLOSED)
        self._changes: deque[StateChange] = deque(maxlen=CHANGES_KEPT)

    @property
    def state(self) -> BreakerState:
        with self._lock:
            self._half_open_when_due()
            return self._state

    def retry_after_s(self) -> float:
        """The time until calls may be permitted again; 0 unless OPEN."""
        with self._lock:
            self._half_open_when_due()
            return self._open_left_s()

    def acquire(self) -> Permit:
        """The right to make one call now. Raises CallNotPermitted, which is counted."""
        with self._lock:
            self._half_open_when_due()
            if self._state is BreakerState.HALF_OPEN and self._probes_left > 0:
                self._probes_left -= 1
            elif self._state is not BreakerState.CLOSED:
                self._not_permitted += 1
                raise CallNotPermitted(self.name, self._state, self._open_left_s())
            return Permit(self._generation)

    def record(self, permit: Permit, duration_s: float, *, failed: bool) -> None:
        """Counts the result of a call that was made; a call longer than `slow_call_s` is slow."""
        with self._lock:
            if permit.generation != self._generation:
                return
            self._window.add(failed=failed, slow=duration_s > self.settings.slow_call_s)
            self._judge()

    def release(self, permit: Permit) -> None:
        """Gives back a permit whose call was not made, so that a probe is not lost."""
        with self._lock:
            if permit.generation == self._generation and self._state is BreakerState.HALF_OPEN:
                self._probes_left += 1

    def snapshot(self) -> BreakerSnapshot:
        with self._lock:
            self._half_open_when_due()
            window = self._window
            return BreakerSnapshot(
                name=self.name,
                state=self._state,
                failure_rate=window.rate(window.failed),
                slow_rate=window.rate(window.slow),
                buffered_calls=window.buffered,
                failed_calls=window.failed,
                slow_calls=window.slow,
                slow_failed_calls=window.slow_failed,
                not_permitted_calls=self._not_permitted,
                settings=self.settings,
            )

    def changes(self) -> list[StateChange]:
        """The newest changes of state, oldest first."""
        with self._lock:
            self._half_open_when_due()
            return list(self._changes)

    def _judge(self) -> None:
        """Decides the next state from the rates, once they are known."""
        window, settings = self._window, self.settings
        failure_rate = window.rate(window.failed)
        if failure_rate == RATE_UNKNOWN:
            return
        too_many = (
            failure_rate >= settings.failure_rate_max_percent
            or window.rate(window.slow) >= settings.slow_rate_max_percent
        )
        if too_many:
            self._change(BreakerState.OPEN)
        elif self._state is BreakerState.HALF_OPEN:
            self._change(BreakerState.CLOSED)

    def _half_open_when_due(self) -> None:
        if self._state is BreakerState.OPEN and self._open_left_s() == 0:
            self._change(BreakerState.HALF_OPEN)

    def _open_left_s(self) -> float:
        if self._state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self._opened_at_s + self.settings.open_s - self._clock())

    def _change(self, state: BreakerState) -> None:
        """Enters `state`. OPEN keeps the window that tripped it, so that it can be looked at."""
        window = self._window
        get_logger().warning(
            "breaker_changed",
            breaker=self.name,
            state=state,
            previous=self._state,
            failure_rate=window.rate(window.failed),
            slow_rate=window.rate(window.slow),
            not_permitted=self._not_permitted,
        )
        self._changes.append(StateChange(time.time(), self._state, state))
        self._state = state
        self._generation += 1
        if state is BreakerState.OPEN:
            self._opened_at_s = self._clock()
            return
        self._not_permitted = 0
        self._probes_left = self.settings.half_open_calls
        self._window = self._fresh_window(state)

    def _fresh_window(self, state: BreakerState) -> _Window:
        if state is BreakerState.HALF_OPEN:
            return _Window(self.settings.half_open_calls, self.settings.half_open_calls)
        return _Window(self.settings.window_calls, self.settings.calls_min)
