"""What clients send and get: the HTTP interface as types. openapi.py describes the same types."""

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from paycore.payment import PaymentStatus
from paycore.problem import Problem

from ingest_service.currency import CURRENCIES

AMOUNT_MAX = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8259, section 6)."""
IDEMPOTENCY_KEY_LENGTH_MAX = 64
LIMIT_DEFAULT = 50
LIMIT_MAX = 200
"""Payments on one page of a list."""
CURSOR_PATTERN = "^[A-Za-z0-9_-]{20}$"

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]+(?!\n)$"
_HEADER_KEY = re.compile(rb"[\x20-\x7e]{1,%d}" % IDEMPOTENCY_KEY_LENGTH_MAX)

MerchantId = Annotated[
    str, Meta(min_length=1, max_length=32, pattern=_NO_CONTROLS, examples=["JENKINS"])
]
MinorUnits = Annotated[
    int, Meta(ge=1, le=AMOUNT_MAX, description="Minor units of the currency.", examples=[1000])
]
Amount = MinorUnits | Annotated[float, Meta(ge=1, le=AMOUNT_MAX, multiple_of=1)]
"""To JSON 1000.0 is the integer 1000 (JSON Schema, section 4.2.3), and some clients write it so."""
CurrencyCode = Annotated[
    str,
    Meta(
        description="ISO 4217.",
        examples=["KRW"],
        extra_json_schema={"enum": sorted(CURRENCIES)},
    ),
]
IdempotencyKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=IDEMPOTENCY_KEY_LENGTH_MAX,
        pattern=_NO_CONTROLS,
    ),
]
Cursor = Annotated[str, Meta(pattern=CURSOR_PATTERN)]
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=128, pattern=_NO_CONTROLS)]


class AuthorizeRequest(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, gc=False
):
    """A new payment."""

    merchant_id: MerchantId
    amount: Amount
    currency: CurrencyCode
    idempotency_key: IdempotencyKey | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.currency!r} is no currency of ISO 4217")


class RefundRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The wish to give a captured payment back in full."""

    merchant_id: MerchantId
    reason: Reason


class CaptureRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The wish to see a payment captured."""

    merchant_id: MerchantId


class LedgerEntryView(msgspec.Struct, frozen=True, rename="camel"):
    """One transfer between two accounts."""

    entry_id: int
    entry_type: str
    debit_account: str
    credit_account: str
    amount: int
    currency: str
    occurred_at: str


class PaymentView(msgspec.Struct, frozen=True, rename="camel"):
    """A payment as clients see it; times are UTC, RFC 3339."""

    payment_id: int
    merchant_id: str
    status: PaymentStatus
    amount: int
    currency: str
    created_at: str
    updated_at: str
    ledger_entries: list[LedgerEntryView]
    message: str


class PaymentPage(msgspec.Struct, frozen=True, rename="camel"):
    """Payments, newest first; `next_cursor` is null on the last page."""

    payments: list[PaymentView]
    next_cursor: str | None


MESSAGES = {
    PaymentStatus.AUTHORIZED: "payment authorized",
    PaymentStatus.CAPTURE_REQUESTED: "payment authorized, capture requested",
    PaymentStatus.CAPTURED: "payment captured",
    PaymentStatus.CAPTURE_FAILED: "the card network refused the capture",
    PaymentStatus.REFUND_REQUESTED: "refund requested",
    PaymentStatus.REFUNDED: "payment refunded",
    PaymentStatus.REFUND_FAILED: "the card network refused the refund",
}

Wanted = TypeVar("Wanted")


def validation_failed(message: str) -> Problem:
    return Problem(400, "VALIDATION_FAILED", message)


def decode(decoder: "msgspec.json.Decoder[Wanted]", body: bytes) -> Wanted:
    """A request's body, checked. Raises Problem 400 for whatever is wrong with it."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise validation_failed(f"the body is not acceptable: {error}") from error


def from_query(text: str | None, kind: Any, name: str) -> Any:
    """A query parameter as `kind`. Raises Problem 400 when it is missing or wrong."""
    if text is None:
        raise validation_failed(f"the query parameter {name} is required")
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        raise validation_failed(f"{name}: {error}") from error


def idempotency_key(header: bytes | None, in_body: str | msgspec.UnsetType) -> str:
    """The key of a request, from its header or its body. Raises Problem 400."""
    if header is None:
        if in_body is msgspec.UNSET:
            raise validation_failed(
                "an idempotency key is required: the header Idempotency-Key or idempotencyKey"
            )
        return str(in_body)
    if not _HEADER_KEY.fullmatch(header):
        raise validation_failed(
            f"Idempotency-Key is 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters"
        )
    key = header.decode("ascii")
    if in_body is not msgspec.UNSET and in_body != key:
        raise validation_failed("Idempotency-Key and idempotencyKey differ")
    return key


def timestamp(moment: datetime) -> str:
    """RFC 3339 with microseconds, of a UTC time as the database keeps it (naive)."""
    return moment.isoformat(timespec="microseconds") + "Z"


def new_payment_body(
    payment_id: int, merchant_id: str, amount: int, currency: str, now: datetime
) -> bytes:
    """The answer to an authorization, as it is stored and sent."""
    status, created_at = PaymentStatus.CAPTURE_REQUESTED, timestamp(now)
    return _encode(
        PaymentView(
            payment_id,
            merchant_id,
            status,
            amount,
            currency,
            created_at,
            created_at,
            [],
            MESSAGES[status],
        )
    )


_encode = msgspec.json.Encoder().encode
