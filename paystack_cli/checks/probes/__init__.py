"""How to prove that a service does its job: one module per check kind of compose.yaml.

A new kind is one module here and one line in PROBES of `health.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from paystack_cli.checks.model import Probe
from paystack_cli.checks.reach import Reach
from paystack_cli.clients.http import HttpClient
from paystack_cli.stack.catalog import Catalog
from paystack_cli.stack.model import Service


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a service that answers is still not healthy."""

    lag_records: int
    outbox_age_s: float
    parked_rows: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe is made from."""

    service: Service
    reach: Reach
    catalog: Catalog
    limits: Limits

    def http(self) -> HttpClient:
        """A client of the service itself."""
        hint = f"paystack logs {self.service.name}"
        return self.reach.http(self.reach.service_url(self.service), hint=hint)


ProbeMaker = Callable[[Target], Probe]
