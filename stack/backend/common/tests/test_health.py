"""Health: who counts for readiness, what fails the whole, who is slow, what HTTP says."""

import asyncio
import threading

import pytest
from paycore.actuator import actuator_app
from paycore.health import Health, HealthRegistry, Status, overall
from paycore.lifecycle import Stop
from starlette.applications import Starlette
from starlette.types import Message


def get(app: Starlette, path: str) -> tuple[int, bytes]:
    """Status and body of a GET, through the app's own ASGI interface."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def service(**components: Health) -> Starlette:
    registry = HealthRegistry()
    for name, health in components.items():
        registry.register(name, lambda health=health: health)  # type: ignore[misc]
    return actuator_app("test", registry, Stop())


def test_spring_boots_shape() -> None:
    status, body = get(service(db=Health(Status.UP, {"version": "11.4"})), "/actuator/health")
    assert status == 200
    assert body == (
        b'{"status":"UP","components":{"db":{"status":"UP","details":{"version":"11.4"}}},'
        b'"groups":["liveness","readiness"]}'
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.UP, 200),
        (Status.CIRCUIT_OPEN, 200),
        (Status.DOWN, 503),
        (Status.OUT_OF_SERVICE, 503),
    ],
)
def test_an_open_circuit_fails_nobody(status: Status, code: int) -> None:
    app = service(good=Health(Status.UP), other=Health(status))
    assert get(app, "/actuator/health/readiness")[0] == code
    assert get(app, "/actuator/health/liveness") == (200, b'{"status":"UP"}')


def test_a_component_outside_readiness_is_shown_only() -> None:
    registry = HealthRegistry()
    registry.register("lag", lambda: Health(Status.DOWN), readiness=False)
    app = actuator_app("test", registry, Stop())
    assert get(app, "/actuator/health")[0] == 503
    assert get(app, "/actuator/health/readiness") == (200, b'{"status":"UP"}')


def test_a_stopping_service_is_out_of_service() -> None:
    stop = Stop()
    app = actuator_app("test", HealthRegistry(), stop)
    stop.request("SIGTERM")
    status, body = get(app, "/actuator/health/readiness")
    assert status == 503
    assert b"SIGTERM" in body


def test_an_indicator_that_raises_is_down_and_says_why() -> None:
    def broken() -> Health:
        raise OSError("no disk")

    registry = HealthRegistry()
    registry.register("disk", broken)
    health = asyncio.run(registry.all())["disk"]
    assert health == Health(Status.DOWN, {"error": "OSError: no disk"})


def test_a_stuck_indicator_is_down_and_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paycore.health.ANSWER_MAX_S", 0.05)
    release, calls = threading.Event(), 0

    def stuck() -> Health:
        nonlocal calls
        calls += 1
        release.wait()
        return Health(Status.UP)

    async def run() -> list[Status]:
        registry = HealthRegistry()
        registry.register("db", stuck)
        looks = [(await registry.all())["db"].status for _ in range(3)]
        release.set()
        await registry._running["db"]
        return looks

    assert asyncio.run(run()) == [Status.DOWN] * 3
    assert calls == 1


def test_overall_takes_the_first_that_fails() -> None:
    assert overall({}) is Status.UP
    assert overall({"a": Health(Status.CIRCUIT_OPEN), "b": Health(Status.DOWN)}) is Status.DOWN


def test_unknown_paths_are_problems() -> None:
    status, body = get(service(), "/nowhere")
    assert status == 404
    assert b'"code":"NOT_FOUND"' in body
