"""What clients asked and were told: a file of JSON lines that a load generator writes.

    {"event": "send", "operation": "authorize", "key": "k1", "merchant_id": "SHOP",
     "amount": 1000, "currency": "KRW"}
    {"event": "answer", "operation": "authorize", "key": "k1", "status": 200, "body": "{…}"}

`operation` is `authorize`, `refund` (its `send` has `payment_id`) or `reuse`: the key of an
acknowledged payment with another body. A `send` stands before its answers, and a repeat of a
request has the same key. Other events and fields are ignored.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from paystack_cli.errors import PreflightError


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An authorize that a client saw accepted; `answers` are its distinct bodies."""

    payment_id: int
    merchant_id: str
    key: str
    amount: int
    currency: str
    answers: frozenset[str]


@dataclass(slots=True)
class Journal:
    """What the clients may rely on."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    refunded: set[int] = field(default_factory=set)
    """Payments whose refund was accepted."""
    reused: dict[str, int] = field(default_factory=dict)
    """Keys that were good for another body too, with the status of that answer."""


def read_journal(path: Path) -> Journal:
    """Raises PreflightError for what is no journal."""
    try:
        with path.open(encoding="utf-8") as lines:
            return _sorted_out(json.loads(line) for line in lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreflightError(
            f"{path} is no journal of clients: {error}",
            hint="its format: docs/commands/verify.md",
        ) from error


def _sorted_out(records: Iterator[Mapping[str, Any]]) -> Journal:
    journal = Journal()
    asked: dict[tuple[str, str], Mapping[str, Any]] = {}
    bodies: dict[str, set[str]] = {}
    for record in records:
        event, operation, key = record["event"], record["operation"], record["key"]
        if event == "send":
            asked[operation, key] = record
        elif event == "answer" and record["status"] == HTTPStatus.OK:
            if operation == "authorize":
                bodies.setdefault(key, set()).add(record["body"])
            elif operation == "refund":
                journal.refunded.add(int(asked[operation, key]["payment_id"]))
            elif operation == "reuse":
                journal.reused[key] = record["status"]
    for key, answers in bodies.items():
        request = asked["authorize", key]
        journal.acknowledged.append(
            Acknowledged(
                payment_id=int(json.loads(min(answers))["paymentId"]),
                merchant_id=request["merchant_id"],
                key=key,
                amount=request["amount"],
                currency=request["currency"],
                answers=frozenset(answers),
            )
        )
    return journal
