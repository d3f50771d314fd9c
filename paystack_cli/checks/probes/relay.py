"""The outbox relay: ready, its breaker closed, no row waiting too long, none given up."""

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Limits, Target
from paystack_cli.checks.probes.actuator import ready_components
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.events.outbox import OutboxStatus, read_status

BREAKER = "/circuit-breaker/kafka-publisher"


def relay_probe(target: Target) -> Probe:
    """Passes when rows leave the outbox in time."""
    name = target.service.name
    client = target.http()
    database = target.reach.database()

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            ready_components(client, name, timeout_s)
            breaker = client.request("GET", BREAKER, timeout_s=timeout_s).json().get("state")
            outbox = read_status(database, timeout_s)
        facts = {
            "breaker": breaker,
            "pending_rows": outbox.pending,
            "oldest_age_s": outbox.oldest_age_s,
            "parked_rows": outbox.parked_rows,
        }
        if trouble := _trouble(breaker, outbox, target.limits):
            raise AttemptFailed(trouble, hint="paystack outbox status", facts=facts)
        age_s = outbox.oldest_age_s or 0.0
        return Evidence(
            f"{outbox.pending} rows wait, oldest {age_s:.1f} s, breaker {breaker}", facts
        )

    return probe


def _trouble(breaker: str | None, outbox: OutboxStatus, limits: Limits) -> str | None:
    """What keeps events from leaving; None when nothing does."""
    age_s = outbox.oldest_age_s or 0.0
    troubles = (
        (breaker != "CLOSED", f"the breaker kafka-publisher is {breaker or 'not reported'}"),
        (
            age_s > limits.outbox_age_s,
            f"the oldest row waits for {age_s:.1f} s, more than {limits.outbox_age_s:g} s",
        ),
        (
            outbox.parked_rows > limits.parked_rows,
            f"{outbox.parked_rows} rows are parked, more than {limits.parked_rows}",
        ),
    )
    return next((text for is_so, text in troubles if is_so), None)
