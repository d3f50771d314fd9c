"""What actuator endpoints say of circuit breakers, ours and Spring's."""

import json
from collections.abc import Mapping

import pytest

from paystack_cli.breaker.actuator import (
    BREAKERS,
    EVENTS,
    Breaker,
    Change,
    Stay,
    read_breakers,
    read_changes,
    stays,
)
from paystack_cli.clients.http import Answer
from paystack_cli.errors import CheckFailed

OPENED = 1763866938.5


class Service:
    """Answers each path with one document."""

    base_url = "http://127.0.0.1:1"

    def __init__(self, documents: Mapping[str, object]) -> None:
        self._documents = documents

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        document = self._documents.get(path)
        status = 404 if document is None else 200
        return Answer(status, {}, json.dumps(document).encode())


def event(transition: str, at: str, name: str = "kafka-publisher") -> dict[str, object]:
    return {
        "circuitBreakerName": name,
        "type": "STATE_TRANSITION",
        "creationTime": at,
        "stateTransition": transition,
    }


def test_a_breaker_is_read_as_resilience4j_writes_it() -> None:
    entry = {
        "failureRate": "62.5",
        "slowCallRate": -1.0,
        "bufferedCalls": 8,
        "notPermittedCalls": 3,
        "state": "OPEN",
    }
    service = Service({BREAKERS: {"circuitBreakers": {"kafka-publisher": entry}}})
    assert read_breakers(service) == (Breaker("kafka-publisher", "OPEN", 62.5, -1.0, 8, 3),)


@pytest.mark.parametrize("document", [None, [], {"circuitBreakers": []}, {"status": "UP"}])
def test_a_service_without_breakers_has_none(document: object) -> None:
    assert read_breakers(Service({BREAKERS: document})) == ()


@pytest.mark.parametrize(
    "at",
    [
        "2025-11-23T03:02:18.500000+00:00",
        "2025-11-23T12:02:18.5+09:00[Asia/Seoul]",
        "2025-11-23T03:02:18.500Z",
    ],
)
def test_times_are_understood_as_python_and_java_write_them(at: str) -> None:
    events = [event("CLOSED_TO_OPEN", at), event("OPEN_TO_HALF_OPEN", at, name="another")]
    service = Service({EVENTS: {"circuitBreakerEvents": events}})
    assert read_changes(service, "kafka-publisher") == (Change(OPENED, "CLOSED", "OPEN"),)


def test_only_changes_of_state_count() -> None:
    calls = [{**event("", "2025-11-23T03:02:18Z"), "type": "NOT_PERMITTED"}]
    assert read_changes(Service({EVENTS: {"circuitBreakerEvents": calls}}), "kafka-publisher") == ()


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"status": "UP"},
        {"circuitBreakerEvents": [{"type": "STATE_TRANSITION"}]},
        {"circuitBreakerEvents": [event("CLOSED_TO_OPEN", "yesterday")]},
        {"circuitBreakerEvents": ["?"]},
    ],
)
def test_a_service_that_does_not_tell_is_named_with_what_mends_it(document: object) -> None:
    with pytest.raises(CheckFailed, match=EVENTS) as failed:
        read_changes(Service({EVENTS: document}), "kafka-publisher")
    assert "circuitbreakerevents" in failed.value.hint


def test_a_stay_lies_between_two_changes() -> None:
    changes = [Change(10, "CLOSED", "OPEN"), Change(40, "OPEN", "HALF_OPEN")]
    changes.append(Change(41, "HALF_OPEN", "CLOSED"))
    assert stays(changes) == (
        Stay("OPEN", 10, 40, "HALF_OPEN"),
        Stay("HALF_OPEN", 40, 41, "CLOSED"),
    )
    assert stays(changes[:1]) == stays([]) == ()
