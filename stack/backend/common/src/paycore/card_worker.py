"""The two workers that speak to the card network, as services: settlement-worker, refund-worker."""

from paycore.breaker import BreakerSettings, CircuitBreaker
from paycore.calls import Calls
from paycore.card_network import CardNetwork
from paycore.card_step import CardStep, CardStepHandler
from paycore.lifecycle import Stop
from paycore.outbox import RelayWaker
from paycore.settings import Environment
from paycore.worker import Work
from paycore.worker_service import run_worker

BREAKER = "card-network"


def serve_card_worker(name: str, step: CardStep, environment: Environment, stop: Stop) -> None:
    """Runs worker `name` until `stop`."""
    breaker = CircuitBreaker(BREAKER, BreakerSettings.read(environment))
    waker = RelayWaker(*environment.address("OUTBOX_WAKE"))
    calls: Calls[Work] = Calls(breaker)
    with calls:
        network = calls.enter(CardNetwork(environment.text("CARD_NETWORK_URL"), breaker))
        handler = CardStepHandler(step, network, source=name)
        run_worker(name, environment, stop, handler, calls, waker.wake)
