"""What the card network was asked about a payment, out of its own log."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from paystack_cli.clients.errors import ServerFailed
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.trace.model import Payment

ANSWER_MAX_S = 3.0

CARD_NETWORK = "pg-simulator"
"""The service that stands in for the card network."""


@dataclass(frozen=True, slots=True)
class Call:
    """One idempotency key at the card network: first and last request under it, and the answer."""

    operation: str
    http_status: int
    attempts: int
    first_at: datetime
    last_at: datetime

    @property
    def approved(self) -> bool:
        """Whether money moved."""
        return self.http_status == HTTPStatus.OK


def read_calls(card_network: HttpClient, payment: Payment) -> tuple[Call, ...]:
    """The calls of a payment, oldest first. Raises ServerUnreachable or ServerFailed.

    The authorization is asked for before there is a payment id: it is found by its key.
    """
    queries = ({"paymentId": payment.payment_id}, {"key": authorization_key(payment)})
    calls = {call["callId"]: _call(call) for query in queries for call in _ask(card_network, query)}
    return tuple(calls[number] for number in sorted(calls))


def authorization_key(payment: Payment) -> str:
    """The key that ingest-service gives the card network, made from merchant and key."""
    merchant = payment.merchant_id
    readable = f"authorize-{len(merchant)}-{merchant}-{payment.idempotency_key}"
    if readable.isascii():
        return readable
    return "authorize-sha256-" + hashlib.sha256(readable.encode()).hexdigest()


def _ask(card_network: HttpClient, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    answer = card_network.request("GET", f"/pg/calls?{urlencode(query)}", timeout_s=ANSWER_MAX_S)
    calls = answer.json().get("calls")
    if answer.status != HTTPStatus.OK or not isinstance(calls, list):
        raise ServerFailed(
            f"{card_network.base_url}/pg/calls: {answer}", hint="paystack logs pg-simulator"
        )
    yield from calls


def _call(fields: dict[str, Any]) -> Call:
    return Call(
        operation=sanitize(str(fields["operation"])),
        http_status=fields["httpStatus"],
        attempts=fields["attempts"],
        first_at=datetime.fromtimestamp(fields["firstAt"], UTC),
        last_at=datetime.fromtimestamp(fields["lastAt"], UTC),
    )
