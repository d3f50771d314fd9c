"""A worker as a service: its loop, its consumer group, its dead letters and its actuator."""

import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

from paycore.actuator import actuator_app
from paycore.breaker_routes import breaker_routes
from paycore.calls import Calls
from paycore.catalog import catalog
from paycore.database import Database
from paycore.dead_letter import DeadLetterSender
from paycore.handler import Handler
from paycore.health import (
    Health,
    HealthRegistry,
    Indicator,
    Status,
    breaker_health,
    database_health,
)
from paycore.intake import Intake
from paycore.lifecycle import Stop
from paycore.server import background_server, listen
from paycore.settings import DatabaseSettings, Environment
from paycore.worker import Work, Worker, WorkerStatus


def run_worker(
    name: str,
    environment: Environment,
    stop: Stop,
    handler: Handler[Any, Any],
    calls: Calls[Work],
    on_applied: Callable[[], None] = lambda: None,
) -> None:
    """Runs consumer `name` of the catalog until `stop`; its group id is its name.

    `calls` runs what the handler asks for; `on_applied` is called after each commit.
    """
    entry = catalog().consumers[name]
    bootstrap = environment.text("KAFKA_BOOTSTRAP")
    settings = DatabaseSettings.read(environment)
    with (
        closing(listen(environment)) as listener,
        closing(Database(settings)) as database,
        closing(DeadLetterSender(bootstrap, name, entry.dead_letter_topic)) as dead_letters,
        closing(Intake(bootstrap, name, _instance(name, environment), entry.topics)) as intake,
    ):
        worker = Worker(name, intake, database, dead_letters, handler, calls, on_applied)
        health = HealthRegistry()
        health.register("db", database_health(settings))
        health.register("consumerGroup", group_health(intake))
        health.register("work", work_health(worker.status))
        routes = []
        if calls.breaker is not None:
            health.register("cardNetwork", breaker_health(calls.breaker))
            routes = breaker_routes([calls.breaker])
        with background_server(actuator_app(name, health, stop, routes), listener):
            worker.run(stop)


def _instance(name: str, environment: Environment) -> str:
    """One name per container, and per process where several share a host."""
    return f"{name}@{socket.gethostname()}:{environment.number('SERVER_PORT')}"


def group_health(intake: Intake) -> Indicator:
    """UP while the broker answers and the consumer group has this member."""

    def look() -> Health:
        state = intake.state
        if not state.connected:
            return Health(Status.DOWN, {"error": "no connection to the broker", "lag": state.lag})
        if not state.joined:
            return Health(Status.DOWN, {"error": "not in its consumer group", "lag": state.lag})
        return Health(Status.UP, {"lag": state.lag})

    return look


def work_health(status: WorkerStatus) -> Indicator:
    """UP while what cannot be applied can be set aside."""

    def look() -> Health:
        details = {"inHand": status.in_hand, "aside": status.aside}
        if status.dead_letter_error is not None:
            return Health(Status.DOWN, {"error": status.dead_letter_error, **details})
        return Health(Status.UP, details)

    return look
