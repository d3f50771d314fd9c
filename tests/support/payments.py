"""Payments through the public door, for tests that follow one of them."""

import itertools
import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.stack import StackUnderTest
from tests.support.waiting import wait_for

MERCHANT = "E2E"
SETTLE_WITHIN_S = 15.0

_door = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
"""One client for all threads; a connection is never kept, so a restart of the door is not felt."""
_numbers = itertools.count(1)
_run = secrets.token_hex(4)


def new_key() -> str:
    """An idempotency key that no run has used."""
    return f"e2e-{_run}-{next(_numbers)}"


def authorize(
    stack: StackUnderTest,
    *,
    key: str | None = None,
    amount: int = 1_000,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One authorize; its answer, whatever it is."""
    body = {
        "merchantId": MERCHANT,
        "amount": amount,
        "currency": "KRW",
        "idempotencyKey": key or new_key(),
    }
    return _door.post(f"{stack.gateway}/authorize", json=body, headers=headers)


def accepted(answer: httpx.Response) -> int:
    """The payment id of an authorize that must have been accepted."""
    assert answer.status_code == 200, answer.text
    payment_id = answer.json()["paymentId"]
    assert isinstance(payment_id, int)
    return payment_id


def refund(stack: StackUnderTest, payment_id: int) -> httpx.Response:
    body = {"merchantId": MERCHANT, "reason": "changed my mind"}
    return _door.post(f"{stack.gateway}/refund/{payment_id}", json=body)


def wait_status(stack: StackUnderTest, payment_id: int, status: str) -> dict[str, Any]:
    """The payment as the door shows it once it has `status` and its ledger entries."""
    entries = {"CAPTURED": 1, "REFUNDED": 2}[status]

    def look() -> dict[str, Any]:
        payment: dict[str, Any] = _door.get(f"{stack.gateway}/{payment_id}").json()
        assert payment["status"] == status, payment
        assert len(payment["ledgerEntries"]) == entries, payment
        return payment

    return wait_for(look, f"payment {payment_id} {status} and booked", SETTLE_WITHIN_S)
