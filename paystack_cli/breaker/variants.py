"""What can be broken to see a breaker at work, and who is asked about it in this stack."""

from collections.abc import Mapping
from dataclasses import dataclass

from paystack_cli.breaker.backlog import OUTBOX, UNCAPTURED, Backlog
from paystack_cli.breaker.scenario import Guarded
from paystack_cli.breaker.variant import Variant
from paystack_cli.breaker.witness import BrokerWitness, CardNetworkWitness, Witness
from paystack_cli.clients.database import PyMySqlDatabase
from paystack_cli.clients.endpoints import KAFKA_CHECK, Endpoints, service_of
from paystack_cli.clients.http import HttpClient, HttpxClient
from paystack_cli.engines.base import Engine, Progress
from paystack_cli.faults.card_network_outage import CardNetworkOutage
from paystack_cli.faults.model import Fault
from paystack_cli.faults.stopped_service import StoppedService
from paystack_cli.stack.model import Stack

CARD_NETWORK = "pg-simulator"
CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class _Case:
    """Which breaker guards against it, and what piles up behind it meanwhile."""

    service: str
    breaker: str
    backlog: str
    rows_per_payment: int


_CASES: Mapping[Variant, _Case] = {
    # An authorization writes two events.
    Variant.BROKER_DOWN: _Case("outbox-relay", "kafka-publisher", OUTBOX, 2),
    Variant.CARD_NETWORK: _Case("settlement-worker", "card-network", UNCAPTURED, 1),
}


class Parties:
    """Everybody who takes part in a test of one variant on one stack.

    `actuator` is the URL of the service with the breaker, where it is not this stack's own.
    """

    def __init__(
        self,
        variant: Variant,
        stack: Stack,
        engine: Engine,
        endpoints: Endpoints,
        actuator: str | None = None,
    ) -> None:
        self._variant = variant
        self._case = _CASES[variant]
        self._stack = stack
        self._engine = engine
        self._endpoints = endpoints
        self._actuator = actuator

    def guarded(self, probes: int, opens_within_s: float) -> Guarded:
        """The breaker, and what is expected of it."""
        case = self._case
        url = self._actuator or self._endpoints.http_url(self._stack.services[case.service])
        return Guarded(
            service=case.service,
            breaker=case.breaker,
            actuator=HttpxClient(url, hint=f"paystack health {case.service}"),
            witness=self._witness(),
            backlog=Backlog(PyMySqlDatabase(self._endpoints.database()), case.backlog),
            rows_per_payment=case.rows_per_payment,
            probes=probes,
            opens_within_s=opens_within_s,
        )

    def fault(self, progress: Progress) -> Fault:
        """What breaks it in a stack that the engine runs."""
        if self._variant is Variant.CARD_NETWORK:
            return CardNetworkOutage(self._network(), CAPTURE)
        broker = service_of(self._stack, KAFKA_CHECK).name
        return StoppedService(self._engine, broker, progress)

    def _witness(self) -> Witness:
        if self._variant is Variant.CARD_NETWORK:
            return CardNetworkWitness(self._network(), CAPTURE)
        topics = [event.topic for event in self._stack.catalog.events.values()]
        return BrokerWitness(self._endpoints.kafka(), topics)

    def _network(self) -> HttpClient:
        url = self._endpoints.http_url(self._stack.services[CARD_NETWORK])
        return HttpxClient(url, hint=f"paystack health {CARD_NETWORK}")
