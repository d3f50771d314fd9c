"""A service that speaks HTTP: its own readiness, which proves what it depends on."""

from paystack_cli.checks.model import Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.probes.actuator import ready_components
from paystack_cli.checks.translation import client_errors_as_attempts


def http_probe(target: Target) -> Probe:
    """Passes when readiness is UP."""
    name = target.service.name
    client = target.http()

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            components = ready_components(client, name, timeout_s)
        return Evidence(f"ready: {', '.join(components) or 'itself'}", {"components": components})

    return probe
