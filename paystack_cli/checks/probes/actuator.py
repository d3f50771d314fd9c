"""The `/actuator` endpoints that every service has, in Spring Boot's shapes."""

from typing import Any

from paystack_cli.checks.model import AttemptFailed
from paystack_cli.clients.http import Answer, HttpClient
from paystack_cli.clients.sanitize import sanitize

READINESS = "/actuator/health/readiness"
HTTP_OK = 200


def ready_components(client: HttpClient, service: str, timeout_s: float) -> dict[str, str]:
    """The status of each component of a ready service.

    Raises AttemptFailed that names what is DOWN, or ServerUnreachable.
    """
    answer = client.request("GET", READINESS, timeout_s=timeout_s)
    components = _components(answer)
    if answer.status != HTTP_OK:
        down = [name for name, status in components.items() if status != "UP"]
        raise AttemptFailed(
            f"{service} is not ready: {', '.join(down) or answer}", hint=f"paystack logs {service}"
        )
    return components


def _components(answer: Answer) -> dict[str, str]:
    """Component -> status; details of a component that is not UP follow its name."""
    found: dict[str, Any] = answer.json().get("components") or {}
    return {
        _named(name, component): str(component.get("status", "UNKNOWN"))
        for name, component in found.items()
        if isinstance(component, dict)
    }


def _named(name: str, component: dict[str, Any]) -> str:
    details = component.get("details")
    if component.get("status") == "UP" or not isinstance(details, dict) or not details:
        return name
    told = ", ".join(f"{key}={value}" for key, value in details.items())
    return sanitize(f"{name} ({told})")
