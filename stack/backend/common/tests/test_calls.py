"""Calls run in a thread of their own and come back as outcomes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from paycore.breaker import BreakerSettings, CircuitBreaker
from paycore.calls import CALLS_MAX, Calls

WITHIN_S = 5.0


class Client:
    """A remote party that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.closed = False

    async def ask(self, question: str) -> str:
        await self.answers.wait()
        if question == "bad":
            raise ValueError(question)
        return question.upper()

    @asynccontextmanager
    async def opened(self) -> "AsyncIterator[Client]":
        yield self
        self.closed = True


def collect(calls: Calls[str], count: int) -> dict[str, object]:
    """The first `count` outcomes by item."""
    outcomes: dict[str, object] = {}
    deadline_s = time.monotonic() + WITHIN_S
    while len(outcomes) < count and time.monotonic() < deadline_s:
        outcomes |= dict(calls.finished(0.1))
    return outcomes


def test_outcomes_and_errors_come_back_with_their_item() -> None:
    client = Client()
    calls: Calls[str] = Calls(CircuitBreaker("test"))
    with calls:
        calls.enter(client.opened())
        client.answers.set()
        calls.start([(q, partial(client.ask, q)) for q in ("good", "bad")])
        assert calls.under_way == 2
        outcomes = collect(calls, 2)
        assert outcomes["good"] == "GOOD"
        assert isinstance(outcomes["bad"], ValueError)
        assert calls.under_way == 0
    assert client.closed


def test_closing_ends_calls_that_never_answer() -> None:
    client = Client()
    calls: Calls[str] = Calls(CircuitBreaker("test"))
    with calls:
        calls.enter(client.opened())
        calls.start([("good", partial(client.ask, "good"))])
    assert client.closed


@pytest.mark.parametrize(
    ("failures", "waited_s", "permitted", "outage"),
    [(0, 0, CALLS_MAX, False), (5, 0, 0, True), (5, 30, 3, True)],
)
def test_the_breaker_says_how_many_may_start(
    failures: int, waited_s: float, permitted: int, outage: bool
) -> None:
    now_s = 100.0
    breaker = CircuitBreaker("test", BreakerSettings(), lambda: now_s)
    for _ in range(failures):
        breaker.record(breaker.acquire(), 0.1, failed=True)
    now_s += waited_s
    calls: Calls[str] = Calls(breaker)
    assert (calls.permitted(), calls.outage) == (permitted, outage)
    assert calls.retry_after_s() == pytest.approx(30.0 if permitted == 0 else 0.0)


def test_a_worker_without_calls_is_never_held_back() -> None:
    calls: Calls[str] = Calls()
    assert (calls.permitted(), calls.outage, calls.retry_after_s()) == (CALLS_MAX, False, 0.0)
