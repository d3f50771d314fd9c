"""Kafka: one record acknowledged by all replicas and read back, on a topic of its own."""

from paystack_cli.checks.model import Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts

TOPIC = "paystack.health"


def kafka_probe(target: Target) -> Probe:
    """Passes when the record that was sent is the record that comes back."""
    topic = target.catalog.topics[TOPIC]

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            took = target.reach.round_trip(TOPIC, topic, timeout_s)
        return Evidence(
            f"produced and consumed a record in {took.round_trip_s * 1000:.0f} ms",
            took._asdict(),
        )

    return probe
