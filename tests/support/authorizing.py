"""Authorize requests straight to ingest-service, for tests and benches that own it."""

import itertools
import secrets
from typing import Any

MERCHANT = "SHOP"

_run = secrets.token_hex(4)
_numbers = itertools.count(1)


def new_key() -> str:
    """An idempotency key that no run has used."""
    return f"it-{_run}-{next(_numbers)}"


def authorize_body(key: str | None = None, **changes: Any) -> dict[str, Any]:
    """A good request; `changes` replace its fields."""
    return {
        "merchantId": MERCHANT,
        "amount": 1_000,
        "currency": "KRW",
        "idempotencyKey": key or new_key(),
        **changes,
    }
