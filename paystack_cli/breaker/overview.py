"""Every circuit breaker of a stack, asked of all services at once."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from paystack_cli.breaker.actuator import Breaker, read_breakers, read_changes
from paystack_cli.clients.endpoints import Endpoints
from paystack_cli.clients.http import HttpxClient
from paystack_cli.errors import PaystackError
from paystack_cli.stack.model import Service, Stack

ASKED_AT_ONCE_MAX = 16
WITH_BREAKERS = {"http", "relay", "worker"}
"""The check kinds of services that may have circuit breakers."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A breaker of `service`, and since when it is as it is (epoch; None: since its start)."""

    service: str
    breaker: Breaker
    since_s: float | None


@dataclass(frozen=True, slots=True)
class Silent:
    """A service that did not tell of its breakers, and why."""

    service: str
    reason: str
    hint: str


def with_breakers(stack: Stack, names: Collection[str]) -> list[Service]:
    """Those of `names` that may have breakers and can be asked."""
    return [
        service
        for service in stack.services.values()
        if service.name in names and service.check in WITH_BREAKERS and service.ports
    ]


def look(endpoints: Endpoints, services: Sequence[Service]) -> tuple[list[Seen], list[Silent]]:
    """The breakers of all `services`, and the services that gave no answer."""
    seen: list[Seen] = []
    silent: list[Silent] = []
    with ThreadPoolExecutor(ASKED_AT_ONCE_MAX) as pool:
        for found in pool.map(lambda service: _ask(endpoints, service), services):
            if isinstance(found, Silent):
                silent.append(found)
            else:
                seen += found
    return seen, silent


def _ask(endpoints: Endpoints, service: Service) -> list[Seen] | Silent:
    hint = f"paystack health {service.name}"
    try:
        client = HttpxClient(endpoints.http_url(service), hint=hint)
        return [
            Seen(service.name, breaker, _since_s(client, breaker.name))
            for breaker in read_breakers(client)
        ]
    except PaystackError as error:
        return Silent(service.name, error.message, error.hint)


def _since_s(client: HttpxClient, breaker: str) -> float | None:
    changes = read_changes(client, breaker)
    return changes[-1].at_s if changes else None
