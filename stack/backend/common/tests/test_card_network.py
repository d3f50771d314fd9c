"""The card network's client: what each answer means, and what the breaker is told."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
from paycore.breaker import BreakerSettings, BreakerState, CircuitBreaker
from paycore.card_network import (
    Approved,
    CardNetwork,
    CardNetworkNotPermitted,
    CardNetworkRefused,
    CardNetworkUnavailable,
    Declined,
    Outcome,
)
from paycore.http_client import Answer, HttpError

APPROVED = b'{"status":"APPROVED","approvalNumber":"A1"}'
CAPTURED = b'{"status":"APPROVED","transactionId":"T1"}'


class Wire:
    """Stands for the HTTP client: answers what it is told and remembers what it was asked."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, str], bytes]] = []

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked.append((path, headers, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def network(wire: Wire, breaker: CircuitBreaker | None = None) -> CardNetwork:
    card_network = CardNetwork("http://card.test", breaker or CircuitBreaker("card-network"))
    card_network._client = wire  # type: ignore[assignment]
    return card_network


def authorize(card_network: CardNetwork) -> Outcome:
    trace = {"traceparent": "00-1-2-01"}
    return asyncio.run(card_network.authorize("key", "SHOP", 1_000, "KRW", trace))


MOVEMENTS: dict[str, Callable[[CardNetwork], object]] = {
    "capture": lambda card_network: card_network.capture(7, "A1", 1_000, "KRW", {}),
    "refund": lambda card_network: card_network.refund(7, "A1", 1_000, "KRW", {}),
}


def test_approved() -> None:
    wire = Wire((200, APPROVED))
    assert authorize(network(wire)) == Approved("A1", APPROVED.decode())
    path, headers, body = wire.asked[0]
    assert path == "/pg/authorize"
    assert headers == {"idempotency-key": "key", "traceparent": "00-1-2-01"}
    assert body == b'{"merchantId":"SHOP","amount":1000,"currency":"KRW"}'


@pytest.mark.parametrize("name", MOVEMENTS)
def test_a_movement_carries_the_payments_own_key(name: str) -> None:
    wire = Wire((200, CAPTURED))
    outcome = asyncio.run(MOVEMENTS[name](network(wire)))  # type: ignore[arg-type]
    assert outcome == Approved("T1", CAPTURED.decode())
    path, headers, body = wire.asked[0]
    assert path == f"/pg/{name}"
    assert headers["idempotency-key"] == f"{name}-7"
    assert b'"paymentId":7' in body


def test_declined() -> None:
    body = b'{"status":"DECLINED","reason":"DO_NOT_HONOR"}'
    assert authorize(network(Wire((402, body)))) == Declined("DO_NOT_HONOR", body.decode())


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (503, b"busy"), (429, b""), (408, b""), (200, b"no json"), HttpError("lost")],
)
def test_what_may_pass_is_unavailable(answer: Answer | Exception) -> None:
    with pytest.raises(CardNetworkUnavailable):
        authorize(network(Wire(answer)))


@pytest.mark.parametrize("answer", [(400, b"bad"), (422, b"other body"), (404, b""), (200, b"{}")])
def test_what_no_repeat_mends_is_refused(answer: Answer) -> None:
    with pytest.raises(CardNetworkRefused):
        authorize(network(Wire(answer)))


def test_failures_open_the_breaker_and_then_nothing_is_asked() -> None:
    breaker = CircuitBreaker("card-network", BreakerSettings(calls_min=2))
    wire = Wire(HttpError("lost"))
    card_network = network(wire, breaker)
    for _ in range(2):
        with pytest.raises(CardNetworkUnavailable):
            authorize(card_network)
    assert breaker.state is BreakerState.OPEN
    with pytest.raises(CardNetworkNotPermitted) as kept_back:
        authorize(card_network)
    assert len(wire.asked) == 2
    assert 0 < kept_back.value.retry_after_s <= breaker.settings.open_s


def test_a_decline_is_a_success_to_the_breaker() -> None:
    breaker = CircuitBreaker("card-network", BreakerSettings(calls_min=1))
    authorize(network(Wire((402, b'{"reason":"NO"}')), breaker))
    assert breaker.state is BreakerState.CLOSED
    assert breaker.snapshot().failed_calls == 0
