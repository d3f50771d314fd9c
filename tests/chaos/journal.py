"""What the clients asked and what they were told: JSON lines, written before each request is sent.

Nothing is concluded from an answer that never came: the same request is sent again with the same
key until a definite answer is there.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any


class Operation(StrEnum):
    """What a client asks for."""

    AUTHORIZE = "authorize"
    REUSE = "reuse"
    """The key of an acknowledged payment with another amount."""
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a client, the same over all its attempts; `key` names the payment."""

    operation: Operation
    key: str
    merchant_id: str
    amount: int
    currency: str
    payment_id: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body of the request."""
        if self.operation is Operation.REFUND:
            return {"merchantId": self.merchant_id, "reason": "chaos"}
        return {
            "merchantId": self.merchant_id,
            "amount": self.amount,
            "currency": self.currency,
            "idempotencyKey": self.key,
        }


class Journal:
    """Appends to the file; one writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def close(self) -> None:
        self._file.close()

    def sending(self, asked: Asked, attempt: int) -> None:
        """To be called before the request leaves."""
        self._write(
            event="send",
            operation=asked.operation,
            key=asked.key,
            attempt=attempt,
            merchant_id=asked.merchant_id,
            amount=asked.amount,
            currency=asked.currency,
            payment_id=asked.payment_id,
        )

    def answered(self, asked: Asked, attempt: int, status: int, body: str) -> None:
        self._write(
            event="answer",
            operation=asked.operation,
            key=asked.key,
            attempt=attempt,
            status=status,
            body=body,
        )

    def unanswered(self, asked: Asked, attempt: int, reason: str) -> None:
        """The request may or may not have had its effect."""
        self._write(
            event="unknown",
            operation=asked.operation,
            key=asked.key,
            attempt=attempt,
            reason=reason,
        )

    def _write(self, **record: object) -> None:
        self._file.write(json.dumps({"at": datetime.now(UTC).isoformat(), **record}) + "\n")


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An authorize that a client saw accepted; `answers` are its distinct 200 bodies."""

    key: str
    merchant_id: str
    amount: int
    currency: str
    payment_id: int
    answers: tuple[str, ...]


@dataclass
class JournalRead:
    """The journal's content, sorted out."""

    acknowledged: dict[int, Acknowledged] = field(default_factory=dict)
    """By payment id."""
    refunded: set[int] = field(default_factory=set)
    """Payments whose refund a client saw accepted."""
    reuse_accepted: dict[str, int] = field(default_factory=dict)
    """Keys whose use for another amount was answered with anything but 422, with that status."""
    answers: Counter[str] = field(default_factory=Counter)
    """Answers by operation and status ("authorize 200"); "unknown" counts those that never came."""


def read_journal(path: Path) -> JournalRead:
    """Sorts out a journal that nobody writes any more."""
    read = JournalRead()
    asked: dict[str, dict[str, Any]] = {}
    accepted: dict[str, list[str]] = {}
    for record in _records(path):
        operation, key = record["operation"], record["key"]
        if record["event"] == "send":
            if operation == Operation.AUTHORIZE:
                asked[key] = record
            elif operation == Operation.REFUND:
                asked[f"refund {key}"] = record
            continue
        status = record.get("status", "unknown")
        read.answers[f"{operation} {status}"] += 1
        if operation == Operation.AUTHORIZE and status == HTTPStatus.OK:
            accepted.setdefault(key, []).append(record["body"])
        elif operation == Operation.REFUND and status == HTTPStatus.OK:
            read.refunded.add(asked[f"refund {key}"]["payment_id"])
        elif (
            operation == Operation.REUSE
            and is_definite(status, record.get("body", ""))
            and status != HTTPStatus.UNPROCESSABLE_ENTITY
        ):
            read.reuse_accepted[key] = status
    for key, bodies in accepted.items():
        request = asked[key]
        payment_id = json.loads(bodies[0])["paymentId"]
        read.acknowledged[payment_id] = Acknowledged(
            key=key,
            merchant_id=request["merchant_id"],
            amount=request["amount"],
            currency=request["currency"],
            payment_id=payment_id,
            answers=tuple(dict.fromkeys(bodies)),
        )
    return read


NOT_YET = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def is_definite(status: int | str, body: str) -> bool:
    """Whether an answer settles the request: not "try again", not "in flight", not none at all."""
    if isinstance(status, str) or status in NOT_YET:
        return False
    return not (status == HTTPStatus.CONFLICT and "REQUEST_IN_FLIGHT" in body)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
