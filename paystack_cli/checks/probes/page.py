"""A service of others, without our actuator: the page that its health check asks."""

from urllib.parse import urlsplit

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.translation import client_errors_as_attempts

HTTP_OK = 200


def page_probe(target: Target) -> Probe:
    """Passes when the page is there."""
    name, client = target.service.name, target.http()
    check = target.service.healthcheck
    path = urlsplit(check.readiness_url if check and check.readiness_url else "/").path

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            answer = client.request("GET", path, timeout_s=timeout_s)
        if answer.status != HTTP_OK:
            raise AttemptFailed(f"GET {path} of {name}: HTTP {answer.status}")
        return Evidence(f"answers {path}", {"path": path})

    return probe
