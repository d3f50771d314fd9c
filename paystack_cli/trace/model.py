"""The timeline of one payment: plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Who knows of a step."""

    CARD_NETWORK = "card network"
    PAYMENT = "payment"
    OUTBOX = "outbox"
    TOPIC = "topic"
    INBOX = "inbox"
    LEDGER = "ledger"
    DEAD_LETTER = "dead letter"
    REPLAY = "replay"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `event_id` is that of the outbox row it belongs to."""

    at: datetime
    source: Source
    what: str
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """What should have happened and did not, and the next command."""

    what: str
    next_command: str


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment as the database has it; `amount` in minor units."""

    payment_id: int
    merchant_id: str
    amount: int
    currency: str
    status: str
    idempotency_key: str
    requested_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event of the payment as its outbox row tells it."""

    event_id: int
    event_type: str
    source: str
    published: bool
    parked: bool
    attempts: int
    last_error: str | None
    created_at: datetime
    published_at: datetime | None
    traceparent: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """An inbox row: the consumer has applied the event."""

    consumer: str
    event_id: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A transfer between two accounts; `amount` in minor units."""

    entry_id: int
    entry_type: str
    debit_account: str
    credit_account: str
    amount: int
    occurred_at: datetime
    event_id: int


@dataclass(frozen=True, slots=True)
class CardRequest:
    """How far a worker is with the card network: a row of settlement_request or refund_request."""

    operation: str
    status: str
    retry_count: int
    answer: str | None
    requested_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """All that the database knows of one payment, at one moment (`read_at`)."""

    payment: Payment
    events: tuple[OutboxRow, ...]
    receipts: tuple[Receipt, ...]
    ledger: tuple[LedgerEntry, ...]
    card_requests: tuple[CardRequest, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A record of an event topic that carries one of the payment's events."""

    topic: str
    partition: int
    offset: int
    event_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps in the order of time, what is missing, and what could not be looked at."""

    facts: PaymentFacts
    steps: tuple[Step, ...]
    missing: tuple[Missing, ...]
    unread: tuple[str, ...] = field(default=())

    @property
    def gaps_s(self) -> list[float]:
        """The seconds between each step and the one before it."""
        times = [step.at for step in self.steps]
        return [
            (at - before).total_seconds()
            for before, at in zip(times[:1] + times, times, strict=False)
        ]


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """By time; of one moment, as they follow from each other."""
    order = list(Source)
    return tuple(sorted(steps, key=lambda step: (step.at, order.index(step.source))))
