"""The service: one relay, its circuit breaker, retention, and the actuator that shows them."""

import sys
import threading
from contextlib import closing

from paycore.actuator import actuator_app
from paycore.breaker import BreakerSettings, CircuitBreaker
from paycore.breaker_routes import breaker_routes
from paycore.health import Health, HealthRegistry, Indicator, Status, breaker_health
from paycore.lifecycle import CannotStart, Stop, run_service
from paycore.outbox import WakeListener
from paycore.publisher import Publisher
from paycore.relay import Relay, RelayStatus
from paycore.retention import Retention, RetentionSettings, RetentionStatus
from paycore.server import background_server, listen
from paycore.settings import DatabaseSettings, Environment

SERVICE = "outbox-relay"
BREAKER = "kafka-publisher"


def serve(environment: Environment, stop: Stop) -> None:
    breaker = CircuitBreaker(BREAKER, BreakerSettings.read(environment))
    bootstrap = environment.text("KAFKA_BOOTSTRAP")
    database = DatabaseSettings.read(environment)
    publisher = Publisher(bootstrap, breaker)
    retention = Retention(RetentionSettings.read(environment), database, bootstrap, breaker)
    with closing(_wake_listener(environment)) as wake:
        relay = Relay(database, publisher, wake)
        health = HealthRegistry()
        health.register("relay", relay_health(relay.status))
        health.register("kafkaPublisher", breaker_health(breaker))
        health.register("retention", retention_health(retention.status), readiness=False)
        app = actuator_app(SERVICE, health, stop, breaker_routes([breaker]))
        stop.on_request(wake.interrupt)
        with background_server(app, listen(environment)):
            # Nothing waits for it at the end: each of its statements is a transaction.
            threading.Thread(
                target=retention.run, args=[stop], name="retention", daemon=True
            ).start()
            relay.run(stop)


def relay_health(status: RelayStatus) -> Indicator:
    """UP while the relay holds its database connection; without slices it is a spare."""

    def look() -> Health:
        details = {
            "slices": status.slices,
            "inHand": status.in_hand,
            "published": status.published,
        }
        if status.error is not None:
            return Health(Status.DOWN, {"error": status.error, **details})
        return Health(Status.UP, details)

    return look


def retention_health(status: RetentionStatus) -> Indicator:
    """DOWN while inbox rows stay because they would not outlive the records of their events.

    Events are published all the same, so the service stays ready.
    """

    def look() -> Health:
        details = {"purged": dict(status.purged)}
        if status.conflict is not None:
            return Health(Status.DOWN, {"error": status.conflict, **details})
        return Health(Status.UP, details)

    return look


def _wake_listener(environment: Environment) -> WakeListener:
    host, port = environment.address("OUTBOX_WAKE")
    try:
        return WakeListener(host, port)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host}:{port}/udp (OUTBOX_WAKE): {error}") from error


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, serve))
