"""The public door: a request reaches ingest-service and its database and comes back."""

import time

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts

LIST_NOTHING = "/api/payments?merchantId=paystack-health&limit=1"
"""A read of a merchant that has no payments: touches the whole way, changes nothing."""
HTTP_OK = 200


def gateway_probe(target: Target) -> Probe:
    """Passes when a list of payments comes back through the gateway."""
    name = target.service.name
    client = target.reach.http(target.reach.gateway_url(), hint=f"paystack logs {name}")

    def probe(timeout_s: float) -> Evidence:
        begun_s = time.monotonic()
        with client_errors_as_attempts():
            answer = client.request("GET", LIST_NOTHING, timeout_s=timeout_s)
        if answer.status != HTTP_OK:
            raise AttemptFailed(
                f"GET {LIST_NOTHING} through the gateway: {answer}",
                hint="paystack health ingest-service",
            )
        round_trip_s = time.monotonic() - begun_s
        return Evidence(
            f"a payment list through the public door in {round_trip_s * 1000:.0f} ms",
            {"round_trip_s": round_trip_s},
        )

    return probe
