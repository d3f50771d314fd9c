"""POST /payments/authorize, the hot path: a raw ASGI endpoint.

    read -> join a copy in flight -> look the key up -> card network -> store -> answer

The lookup and the store are shared by all requests that wait at that moment (paycore.batcher). The
card network is asked outside any transaction; its idempotency key is made from merchant and key, so
a client's retry after a crash gets the same approval and nothing is charged twice.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from paycore.asgi import read_body, send_answer, send_problem
from paycore.batcher import Batcher, Overloaded
from paycore.card_network import (
    CardNetwork,
    CardNetworkNotPermitted,
    CardNetworkRefused,
    CardNetworkUnavailable,
    Outcome,
)
from paycore.problem import MEDIA_TYPE, Problem
from paycore.trace import RequestTrace, request_trace
from paycore.work_process import WorkLost
from prometheus_client import Histogram
from starlette.types import Receive, Scope, Send

from ingest_service.database_errors import database_away
from ingest_service.flusher import Authorization, Stored
from ingest_service.messages import AuthorizeRequest, decode, idempotency_key
from ingest_service.store import Key, StoredAnswer

IN_FLIGHT_MAX = 4_096
RETRY_AFTER_S = 1
SECONDS = Histogram(
    "paystack_authorize_seconds", "From the request's head to its answer", ["status"]
)

_DECODER = msgspec.json.Decoder(AuthorizeRequest)
_CONTENT_TYPES = {
    200: (b"content-type", b"application/json"),
    402: (b"content-type", MEDIA_TYPE.encode()),
}
_REPLAYED = (b"idempotent-replayed", b"true")


class _Asked(msgspec.Struct, frozen=True):
    """One valid request."""

    key: Key
    request_hash: bytes
    amount: int
    currency: str
    trace: RequestTrace


@dataclass(frozen=True, slots=True)
class _InFlight:
    """A key that is being decided; copies of its request wait for the same answer."""

    request_hash: bytes
    answer: "asyncio.Future[StoredAnswer]"


class AuthorizeEndpoint:
    """Decides each key once, however often and however concurrently it is asked."""

    def __init__(
        self,
        card_network: CardNetwork,
        lookups: Batcher[Key, StoredAnswer | None],
        flusher: Batcher[Authorization, Stored],
    ) -> None:
        self._card_network = card_network
        self._lookups = lookups
        self._flusher = flusher
        self._in_flight: dict[Key, _InFlight] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = time.perf_counter()
        headers = dict(scope["headers"])
        trace = request_trace(headers)
        echo = (b"x-request-id", trace.request_id.encode())
        try:
            asked = _read(await read_body(receive), headers.get(b"idempotency-key"), trace)
            answer, replayed = await self._answer(asked)
        except Problem as problem:
            SECONDS.labels(problem.status).observe(time.perf_counter() - began_s)
            await send_problem(send, problem, [echo])
            return
        SECONDS.labels(answer.status).observe(time.perf_counter() - began_s)
        marks = [_REPLAYED, echo] if replayed else [echo]
        await send_answer(send, answer.status, answer.body, [_CONTENT_TYPES[answer.status], *marks])

    async def _answer(self, asked: _Asked) -> tuple[StoredAnswer, bool]:
        """The one answer of the key, and whether an earlier request had it first."""
        while (running := self._in_flight.get(asked.key)) is not None:
            if running.request_hash == asked.request_hash:
                return await asyncio.shield(running.answer), True
            # Another request under this key: only what becomes of it says what this one is.
            await asyncio.wait([running.answer])
        if len(self._in_flight) >= IN_FLIGHT_MAX:
            raise _overloaded(f"{IN_FLIGHT_MAX} payments are in flight")
        future: asyncio.Future[StoredAnswer] = asyncio.get_running_loop().create_future()
        self._in_flight[asked.key] = _InFlight(asked.request_hash, future)
        try:
            answer, replayed = await self._decide(asked)
            future.set_result(answer)
            return answer, replayed
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else _overloaded("stopping"))
            future.exception()  # seen: nobody else may be waiting
            raise
        finally:
            del self._in_flight[asked.key]

    async def _decide(self, asked: _Asked) -> tuple[StoredAnswer, bool]:
        try:
            known = await self._lookups.submit(asked.key)
            if known is not None:
                _check_same(asked, known.request_hash)
                return known, True
            outcome = await self._ask_card_network(asked)
            stored = await self._flusher.submit(
                Authorization(
                    asked.key,
                    asked.request_hash,
                    asked.amount,
                    asked.currency,
                    outcome,
                    asked.trace,
                )
            )
        except Overloaded as error:
            raise _overloaded(str(error)) from error
        except WorkLost as error:
            raise database_away(error) from error
        if not stored.fresh:
            _check_same(asked, stored.answer.request_hash)
        return stored.answer, not stored.fresh

    async def _ask_card_network(self, asked: _Asked) -> Outcome:
        merchant_id, _ = asked.key
        try:
            return await self._card_network.authorize(
                _card_network_key(asked.key),
                merchant_id,
                asked.amount,
                asked.currency,
                asked.trace.headers(),
            )
        except CardNetworkUnavailable as error:
            wait_s = error.retry_after_s if isinstance(error, CardNetworkNotPermitted) else 0.0
            raise Problem(
                503,
                "CARD_NETWORK_UNAVAILABLE",
                "the card network does not answer; send the same request again",
                retry_after_s=max(RETRY_AFTER_S, round(wait_s)),
            ) from error
        except CardNetworkRefused as error:
            # It has approved another request under this key, which was never stored: a crash came
            # between, and the client did not repeat that request but sent a new one.
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise _key_reused() from error
            raise


def _read(body: bytes, key_header: bytes | None, trace: RequestTrace) -> _Asked:
    """A checked request. Raises Problem 400."""
    request = decode(_DECODER, body)
    key = idempotency_key(key_header, request.idempotency_key)
    amount = int(request.amount)
    meaning = f"{amount} {request.currency}".encode()
    return _Asked(
        (request.merchant_id, key),
        hashlib.sha256(meaning).digest(),
        amount,
        request.currency,
        trace,
    )


def _card_network_key(key: Key) -> str:
    """One ASCII key for merchant and key; the length keeps ("a", "bc") apart from ("ab", "c")."""
    merchant_id, idempotency_key = key
    readable = f"authorize-{len(merchant_id)}-{merchant_id}-{idempotency_key}"
    if readable.isascii():
        return readable
    return "authorize-sha256-" + hashlib.sha256(readable.encode()).hexdigest()


def _check_same(asked: _Asked, request_hash: bytes) -> None:
    if asked.request_hash != request_hash:
        raise _key_reused()


def _key_reused() -> Problem:
    return Problem(
        422, "IDEMPOTENCY_KEY_REUSED", "this idempotency key came with another request before"
    )


def _overloaded(reason: str) -> Problem:
    return Problem(503, "OVERLOADED", f"too much at once: {reason}", retry_after_s=RETRY_AFTER_S)
