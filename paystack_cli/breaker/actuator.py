"""A service's circuit breakers as resilience4j's actuator endpoints tell of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from paystack_cli.clients.http import Answer, HttpClient
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.errors import CheckFailed

BREAKERS = "/actuator/circuitbreakers"
EVENTS = "/actuator/circuitbreakerevents"
CHANGE = "STATE_TRANSITION"
ANSWER_MAX_S = 4.0
HTTP_OK = 200


class State(StrEnum):
    """What a breaker does with calls."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker as its service tells of it; rates in percent, -1 while too few calls."""

    name: str
    state: str
    failure_rate_percent: float
    slow_call_rate_percent: float
    buffered_calls: int
    not_permitted_calls: int


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker went from one state to another at `at_s`, seconds since the epoch."""

    at_s: float
    previous: str
    state: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A breaker was in `state` from `begun_s` to `ended_s`; `next` is what it changed to."""

    state: str
    begun_s: float
    ended_s: float
    next: str


def read_breakers(service: HttpClient) -> tuple[Breaker, ...]:
    """All breakers of a service; none when it has none. Raises ServerUnreachable."""
    answer = service.request("GET", BREAKERS, timeout_s=ANSWER_MAX_S)
    entries = answer.json().get("circuitBreakers") if answer.status == HTTP_OK else None
    if not isinstance(entries, dict):
        return ()
    return tuple(_breaker(name, entry) for name, entry in entries.items())


def read_changes(service: HttpClient, breaker: str) -> tuple[Change, ...]:
    """The newest changes of one breaker, oldest first.

    Raises ServerUnreachable; CheckFailed for a service that does not tell of them.
    """
    answer = service.request("GET", EVENTS, timeout_s=ANSWER_MAX_S)
    events = answer.json().get("circuitBreakerEvents") if answer.status == HTTP_OK else None
    if not isinstance(events, list):
        raise _does_not_tell(answer)
    try:
        return tuple(
            _change(event)
            for event in events
            if event["circuitBreakerName"] == breaker and event["type"] == CHANGE
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _does_not_tell(answer) from error


def stays(changes: Sequence[Change]) -> tuple[Stay, ...]:
    """What lies between one change and the next; the present state has no end and is none."""
    return tuple(
        Stay(one.state, one.at_s, following.at_s, following.state)
        for one, following in pairwise(changes)
    )


def _breaker(name: str, entry: Mapping[str, Any]) -> Breaker:
    return Breaker(
        name=sanitize(name),
        state=sanitize(str(entry.get("state", "UNKNOWN"))),
        failure_rate_percent=float(entry.get("failureRate", -1)),
        slow_call_rate_percent=float(entry.get("slowCallRate", -1)),
        buffered_calls=int(entry.get("bufferedCalls", 0)),
        not_permitted_calls=int(entry.get("notPermittedCalls", 0)),
    )


def _change(event: Mapping[str, Any]) -> Change:
    previous, _, state = str(event["stateTransition"]).partition("_TO_")
    # Java writes the name of its zone behind the offset: 2026-11-23T12:00:00+09:00[Asia/Seoul]
    at = datetime.fromisoformat(str(event["creationTime"]).partition("[")[0])
    return Change(at.timestamp(), sanitize(previous), sanitize(state))


def _does_not_tell(answer: Answer) -> CheckFailed:
    return CheckFailed(
        f"GET {EVENTS} does not tell how its breakers changed: {answer}",
        hint="in Spring: management.endpoints.web.exposure.include=circuitbreakerevents",
    )
