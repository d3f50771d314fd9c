"""The card network: authorize, capture and refund over HTTP, behind a circuit breaker.

Every call carries an idempotency key, so that it may be repeated after any doubt: the network
answers the repeat as it answered the first. `trace` is what to send on as headers.
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Self

import msgspec

from paycore.breaker import CallNotPermitted, CircuitBreaker
from paycore.http_client import HttpClient, HttpError

TIMEOUT_S = 3.0
"""Of one answer; longer than the breaker's slow call, so that slow calls are seen as slow."""
CONNECT_TIMEOUT_S = 1.0
CONNECTIONS_MAX = 512
"""As many calls are under way at once; more wait for their turn."""
ANSWER_BYTES_MAX = 500
"""Of an answer that is kept (settlement_request.answer, refund_request.answer)."""

_encode = msgspec.json.Encoder().encode
_TRANSIENT = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class CardNetworkUnavailable(Exception):
    """The network did not answer, or not in time, or with a 5xx: the outcome is unknown."""


class CardNetworkNotPermitted(CardNetworkUnavailable):
    """The circuit breaker kept the call back for another `retry_after_s`: nothing was attempted."""

    def __init__(self, error: CallNotPermitted) -> None:
        super().__init__(str(error))
        self.retry_after_s = error.retry_after_s


class CardNetworkRefused(Exception):
    """The network found our request wrong (`status` is its 4xx): no repeat will help."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Approved(msgspec.Struct, frozen=True):
    """The network did it. `reference` is its approval number (authorize) or transaction id."""

    reference: str
    answer: str


class Declined(msgspec.Struct, frozen=True):
    """The network will not do it, now or later."""

    reason: str
    answer: str


Outcome = Approved | Declined


class _ApprovedAnswer(msgspec.Struct):
    approvalNumber: str = ""  # noqa: N815 - the network's names
    transactionId: str = ""  # noqa: N815


class _DeclinedAnswer(msgspec.Struct):
    reason: str


_decode_approved = msgspec.json.Decoder(_ApprovedAnswer).decode
_decode_declined = msgspec.json.Decoder(_DeclinedAnswer).decode


class CardNetwork:
    """A client of one event loop, opened with `async with`.

    Each call raises CardNetworkUnavailable (transient; CardNetworkNotPermitted when the breaker is
    open) or CardNetworkRefused (permanent).
    """

    def __init__(self, url: str, breaker: CircuitBreaker, timeout_s: float = TIMEOUT_S) -> None:
        self._breaker = breaker
        self._client = HttpClient(
            url,
            connections_max=CONNECTIONS_MAX,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            timeout_s=timeout_s,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)

    async def authorize(
        self, key: str, merchant_id: str, amount: int, currency: str, trace: Mapping[str, str]
    ) -> Outcome:
        """Asks for the approval of `amount` minor units."""
        body = {"merchantId": merchant_id, "amount": amount, "currency": currency}
        return await self._call("/pg/authorize", key, body, trace)

    async def capture(
        self,
        payment_id: int,
        approval_number: str,
        amount: int,
        currency: str,
        trace: Mapping[str, str],
    ) -> Outcome:
        """Collects an approved payment."""
        body = _movement(payment_id, approval_number, amount, currency)
        return await self._call("/pg/capture", f"capture-{payment_id}", body, trace)

    async def refund(
        self,
        payment_id: int,
        approval_number: str,
        amount: int,
        currency: str,
        trace: Mapping[str, str],
    ) -> Outcome:
        """Gives a captured payment back."""
        body = _movement(payment_id, approval_number, amount, currency)
        return await self._call("/pg/refund", f"refund-{payment_id}", body, trace)

    async def _call(
        self, path: str, key: str, body: Mapping[str, object], trace: Mapping[str, str]
    ) -> Outcome:
        try:
            permit = self._breaker.acquire()
        except CallNotPermitted as error:
            raise CardNetworkNotPermitted(error) from None
        started_s = time.monotonic()
        failed = True
        try:
            headers = {"idempotency-key": key, **trace}
            status, answer = await self._client.post(path, headers, _encode(body))
            failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRANSIENT
        except HttpError as error:
            raise CardNetworkUnavailable(f"{path}: {error}") from error
        finally:
            self._breaker.record(permit, time.monotonic() - started_s, failed=failed)
        if failed:
            raise CardNetworkUnavailable(f"{path} answered {status}: {_short(answer)}")
        return _read(path, status, answer)


def _movement(
    payment_id: int, approval_number: str, amount: int, currency: str
) -> dict[str, object]:
    return {
        "paymentId": payment_id,
        "approvalNumber": approval_number,
        "amount": amount,
        "currency": currency,
    }


def _read(path: str, status: int, answer: bytes) -> Outcome:
    try:
        if status == HTTPStatus.OK:
            approved = _decode_approved(answer)
            reference = approved.transactionId or approved.approvalNumber
            if reference:
                return Approved(reference, _short(answer))
        elif status == HTTPStatus.PAYMENT_REQUIRED:
            return Declined(_decode_declined(answer).reason, _short(answer))
    except msgspec.MsgspecError as error:
        raise CardNetworkUnavailable(f"{path}: an answer that is no answer: {error}") from error
    raise CardNetworkRefused(status, f"{path} answered {status}: {_short(answer)}")


def _short(answer: bytes) -> str:
    return answer[:ANSWER_BYTES_MAX].decode("utf-8", "replace")
