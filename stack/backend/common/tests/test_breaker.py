"""The circuit breaker against an independent model that keeps every result in a plain list."""

import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from paycore.breaker import (
    CHANGES_KEPT,
    BreakerSettings,
    BreakerState,
    CallNotPermitted,
    CircuitBreaker,
    Permit,
)

FAST_S = 0.1
AT_THE_LIMIT_S = 2.0
SLOW_S = 3.0


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Model:
    """resilience4j's rules, written down as naively as they are told."""

    settings: BreakerSettings
    clock: Clock
    state: str = "CLOSED"
    results: list[tuple[bool, bool]] = field(default_factory=list)
    era: int = 0
    opened_at_s: float = 0.0
    handed_out: int = 0
    refused: int = 0
    needed: int = field(init=False)

    def __post_init__(self) -> None:
        self.needed = self.settings.calls_min

    def wait(self) -> None:
        if self.state == "OPEN" and self.clock.now_s - self.opened_at_s >= self.settings.open_s:
            self.enter("HALF_OPEN")

    def enter(self, state: str) -> None:
        self.state, self.era = state, self.era + 1
        if state == "OPEN":
            self.opened_at_s = self.clock.now_s
        else:
            self.results, self.handed_out, self.refused = [], 0, 0
            probing = state == "HALF_OPEN"
            self.needed = self.settings.half_open_calls if probing else self.settings.calls_min

    def ask(self) -> bool:
        self.wait()
        permitted = self.state == "CLOSED" or (
            self.state == "HALF_OPEN" and self.handed_out < self.settings.half_open_calls
        )
        self.handed_out += permitted
        self.refused += not permitted
        return permitted

    def give_back(self, era: int) -> None:
        if era == self.era and self.state == "HALF_OPEN":
            self.handed_out -= 1

    def window(self) -> list[tuple[bool, bool]]:
        return self.results[-self.settings.window_calls :]

    def rates(self) -> tuple[float, float]:
        window = self.window()
        if len(window) < self.needed:
            return -1, -1
        failed = sum(failed for failed, _ in window)
        slow = sum(slow for _, slow in window)
        return 100 * failed / len(window), 100 * slow / len(window)

    def result(self, era: int, failed: bool, slow: bool) -> None:
        if era != self.era:
            return
        self.results.append((failed, slow))
        failure_rate, slow_rate = self.rates()
        if (
            failure_rate >= self.settings.failure_rate_max_percent
            or slow_rate >= self.settings.slow_rate_max_percent
        ):
            self.enter("OPEN")
        elif failure_rate >= 0 and self.state == "HALF_OPEN":
            self.enter("CLOSED")


class BreakerAgainstModel(RuleBasedStateMachine):
    """Calls overlap, end in any order, late or never, while time passes."""

    permits = Bundle("permits")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.settings = BreakerSettings(
            window_calls=7, calls_min=5, slow_call_s=2.0, open_s=30.0, half_open_calls=3
        )
        self.breaker = CircuitBreaker("model", self.settings, self.clock)
        self.model = Model(self.settings, self.clock)

    @rule(target=permits)
    def acquire(self) -> object:
        permitted = self.model.ask()
        try:
            permit = self.breaker.acquire()
        except CallNotPermitted:
            assert not permitted
            return multiple()
        assert permitted
        return permit, self.model.era

    @rule(
        taken=consumes(permits),
        failed=st.booleans(),
        duration_s=st.sampled_from([FAST_S, AT_THE_LIMIT_S, SLOW_S]),
    )
    def record(self, taken: tuple[Permit, int], failed: bool, duration_s: float) -> None:
        permit, era = taken
        self.breaker.record(permit, duration_s, failed=failed)
        self.model.result(era, failed, slow=duration_s > AT_THE_LIMIT_S)

    @rule(taken=consumes(permits))
    def release(self, taken: tuple[Permit, int]) -> None:
        permit, era = taken
        self.breaker.release(permit)
        self.model.give_back(era)

    @rule(seconds=st.sampled_from([1.0, 15.0, 29.5, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now_s += seconds

    @invariant()
    def shows_the_same(self) -> None:
        self.model.wait()
        shown = self.breaker.snapshot()
        window = self.model.window()
        assert shown.state == self.model.state
        assert (shown.failure_rate, shown.slow_rate) == pytest.approx(self.model.rates())
        assert shown.buffered_calls == len(window)
        assert shown.failed_calls == sum(failed for failed, _ in window)
        assert shown.slow_calls == sum(slow for _, slow in window)
        assert shown.slow_failed_calls == sum(failed and slow for failed, slow in window)
        assert shown.not_permitted_calls == self.model.refused


TestBreakerAgainstModel = BreakerAgainstModel.TestCase
TestBreakerAgainstModel.settings = hypothesis_settings(
    max_examples=150, stateful_step_count=60, deadline=None
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def call(breaker: CircuitBreaker, *, failed: bool = False, duration_s: float = FAST_S) -> None:
    breaker.record(breaker.acquire(), duration_s, failed=failed)


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker("test", BreakerSettings(), clock)
    for _ in range(5):
        call(breaker, failed=True)
    assert breaker.state is BreakerState.OPEN
    return breaker


def test_rates_are_unknown_below_the_minimum_of_calls(clock: Clock) -> None:
    breaker = CircuitBreaker("test", BreakerSettings(), clock)
    for _ in range(4):
        call(breaker, failed=True)
    shown = breaker.snapshot()
    assert (shown.state, shown.failure_rate, shown.slow_rate) == (BreakerState.CLOSED, -1, -1)


def test_slow_calls_open_it_although_none_failed(clock: Clock) -> None:
    breaker = CircuitBreaker("test", BreakerSettings(), clock)
    for duration_s in (FAST_S, FAST_S, SLOW_S, SLOW_S, SLOW_S):
        call(breaker, duration_s=duration_s)
    shown = breaker.snapshot()
    assert (shown.state, shown.failure_rate, shown.slow_rate) == (BreakerState.OPEN, 0, 60)


def test_a_refused_call_tells_when_to_come_back(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now_s += 10
    with pytest.raises(CallNotPermitted) as refused:
        breaker.acquire()
    assert refused.value.retry_after_s == pytest.approx(20)
    assert breaker.snapshot().not_permitted_calls == 1


def test_it_half_opens_by_itself_and_lets_exactly_three_probes_through(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now_s += 30
    assert breaker.snapshot().state is BreakerState.HALF_OPEN
    probes = [breaker.acquire() for _ in range(3)]
    with pytest.raises(CallNotPermitted):
        breaker.acquire()
    for probe in probes:
        breaker.record(probe, FAST_S, failed=False)
    assert breaker.state is BreakerState.CLOSED


def test_failed_probes_open_it_again(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now_s += 30
    for failed in (True, False, True):
        call(breaker, failed=failed)
    assert breaker.state is BreakerState.OPEN
    assert breaker.retry_after_s() == pytest.approx(30)


def test_a_result_from_before_the_outage_is_no_probe(clock: Clock) -> None:
    breaker = CircuitBreaker("test", BreakerSettings(), clock)
    late = breaker.acquire()
    for _ in range(5):
        call(breaker, failed=True)
    clock.now_s += 30
    breaker.record(late, SLOW_S, failed=True)
    shown = breaker.snapshot()
    assert (shown.state, shown.buffered_calls) == (BreakerState.HALF_OPEN, 0)


def test_names_are_those_of_resilience4j(clock: Clock) -> None:
    shown = opened(clock).snapshot()
    assert shown.as_metrics() == {
        "name": "test",
        "state": "OPEN",
        "failureRate": 100.0,
        "slowCallRate": 0.0,
        "numberOfBufferedCalls": 5,
        "numberOfFailedCalls": 5,
        "numberOfSlowCalls": 0,
        "numberOfSlowFailedCalls": 0,
        "numberOfSuccessfulCalls": 0,
        "numberOfNotPermittedCalls": 0,
    }
    assert shown.as_actuator()["bufferedCalls"] == 5


def test_threads_lose_no_result() -> None:
    breaker = CircuitBreaker("test", BreakerSettings(window_calls=10_000), Clock())

    def work() -> None:
        for number in range(2_000):
            call(breaker, failed=number % 4 == 0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = breaker.snapshot()
    assert (shown.buffered_calls, shown.failed_calls) == (8_000, 2_000)


def test_its_changes_of_state_are_kept_in_their_order(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now_s += 30
    for _ in range(3):
        call(breaker)
    changes = breaker.changes()
    assert [(change.previous, change.state) for change in changes] == [
        (BreakerState.CLOSED, BreakerState.OPEN),
        (BreakerState.OPEN, BreakerState.HALF_OPEN),
        (BreakerState.HALF_OPEN, BreakerState.CLOSED),
    ]
    times_s = [change.at_s for change in changes]
    assert times_s == sorted(times_s)


def test_only_the_newest_changes_are_kept(clock: Clock) -> None:
    breaker = opened(clock)
    for _ in range(CHANGES_KEPT):
        clock.now_s += 30
        for _ in range(3):
            call(breaker, failed=True)
    assert len(breaker.changes()) == CHANGES_KEPT
