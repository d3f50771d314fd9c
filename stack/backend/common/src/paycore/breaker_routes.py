"""What a service shows of its circuit breakers over HTTP, in resilience4j's names."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from paycore.actuator import json_response
from paycore.breaker import BreakerState, CircuitBreaker


def breaker_routes(breakers: Sequence[CircuitBreaker]) -> list[BaseRoute]:
    """`/actuator/circuitbreakers`, its events, and the paths that the team's scripts call.

    `/circuit-breaker/status` shows the first breaker, `/circuit-breaker/<name>` each. At the same
    time the metrics of resilience4j are registered for `/actuator/prometheus`.
    """
    REGISTRY.register(_BreakerMetrics(breakers))

    async def all_of_them(_request: Request) -> Response:
        snapshots = (breaker.snapshot() for breaker in breakers)
        return json_response({"circuitBreakers": {s.name: s.as_actuator() for s in snapshots}})

    async def events(_request: Request) -> Response:
        shown = (event for breaker in breakers for event in _events(breaker))
        in_time = sorted(shown, key=lambda event: str(event["creationTime"]))
        return json_response({"circuitBreakerEvents": in_time})

    def one(breaker: CircuitBreaker, path: str) -> BaseRoute:
        async def show(_request: Request) -> Response:
            return json_response(breaker.snapshot().as_metrics())

        return Route(f"/circuit-breaker/{path}", show)

    return [
        Route("/actuator/circuitbreakers", all_of_them),
        Route("/actuator/circuitbreakerevents", events),
        one(breakers[0], "status"),
        *(one(breaker, breaker.name) for breaker in breakers),
    ]


def _events(breaker: CircuitBreaker) -> Iterable[dict[str, Any]]:
    """As resilience4j's Spring Boot endpoint writes them; of its events only changes of state."""
    for change in breaker.changes():
        at = datetime.fromtimestamp(change.at_s, UTC)
        yield {
            "circuitBreakerName": breaker.name,
            "type": "STATE_TRANSITION",
            "creationTime": at.isoformat(timespec="microseconds"),
            "errorMessage": None,
            "durationInMs": None,
            "stateTransition": f"{change.previous}_TO_{change.state}",
        }


class _BreakerMetrics(Collector):
    """resilience4j's Micrometer metrics, read when they are asked for."""

    def __init__(self, breakers: Sequence[CircuitBreaker]) -> None:
        self._breakers = breakers

    def collect(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "resilience4j_circuitbreaker_state",
            "1 for the present state.",
            labels=["name", "state"],
        )
        failure_rate = GaugeMetricFamily(
            "resilience4j_circuitbreaker_failure_rate", "Percent; -1 if unknown.", labels=["name"]
        )
        slow_rate = GaugeMetricFamily(
            "resilience4j_circuitbreaker_slow_call_rate", "Percent; -1 if unknown.", labels=["name"]
        )
        buffered = GaugeMetricFamily(
            "resilience4j_circuitbreaker_buffered_calls",
            "Results in the window.",
            labels=["name", "kind"],
        )
        not_permitted = CounterMetricFamily(
            "resilience4j_circuitbreaker_not_permitted_calls",
            "Calls refused since the breaker last closed or half-opened.",
            labels=["name"],
        )
        for shown in (breaker.snapshot() for breaker in self._breakers):
            for one_state in BreakerState:
                state.add_metric([shown.name, one_state.lower()], float(shown.state is one_state))
            failure_rate.add_metric([shown.name], shown.failure_rate)
            slow_rate.add_metric([shown.name], shown.slow_rate)
            buffered.add_metric([shown.name, "failed"], shown.failed_calls)
            buffered.add_metric(
                [shown.name, "successful"], shown.buffered_calls - shown.failed_calls
            )
            not_permitted.add_metric([shown.name], shown.not_permitted_calls)
        return [state, failure_rate, slow_rate, buffered, not_permitted]
