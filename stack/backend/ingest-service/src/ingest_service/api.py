"""The routes beside authorize: read, list, capture, refund, and the document of the whole API."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from paycore.actuator import json_response
from paycore.asgi import read_body
from paycore.outbox import RelayWaker
from paycore.trace import RequestTrace
from pymysql.cursors import Cursor
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest_service import payments
from ingest_service.cursor import decode_cursor
from ingest_service.database_pool import DatabasePool
from ingest_service.messages import (
    LIMIT_DEFAULT,
    CaptureRequest,
    Limit,
    MerchantId,
    RefundRequest,
    decode,
    from_query,
)
from ingest_service.openapi import PAYMENT_ID_PATTERN, document

Result = TypeVar("Result")

_REFUND = msgspec.json.Decoder(RefundRequest)
_CAPTURE = msgspec.json.Decoder(CaptureRequest)


class _PaymentId(Convertor[int]):
    """A path segment that can be a payment id; anything else matches no route and is a 404."""

    regex = PAYMENT_ID_PATTERN

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("payment_id", _PaymentId())


class PaymentsApi:
    """Handlers over a pool of database connections."""

    def __init__(self, pool: DatabasePool, waker: RelayWaker) -> None:
        self._pool = pool
        self._waker = waker
        self._document = document()

    def routes(self) -> list[Route]:
        payment = "{payment_id:payment_id}"
        return [
            Route("/payments", self.newest, methods=["GET"]),
            Route(f"/payments/capture/{payment}", self.capture, methods=["POST"]),
            Route(f"/payments/refund/{payment}", self.refund, methods=["POST"]),
            Route(f"/payments/{payment}", self.read, methods=["GET"]),
            Route("/openapi.json", self.openapi, methods=["GET"]),
        ]

    async def read(self, request: Request) -> Response:
        payment_id = request.path_params["payment_id"]
        return await self._answer(lambda cursor: payments.read(cursor, payment_id))

    async def newest(self, request: Request) -> Response:
        query = request.query_params
        merchant_id = from_query(query.get("merchantId"), MerchantId, "merchantId")
        limit = from_query(query.get("limit", str(LIMIT_DEFAULT)), Limit, "limit")
        before = None if "cursor" not in query else decode_cursor(query["cursor"])
        return await self._answer(
            lambda cursor: payments.newest(cursor, merchant_id, before, limit)
        )

    async def capture(self, request: Request) -> Response:
        payment_id = request.path_params["payment_id"]
        wanted = decode(_CAPTURE, await read_body(request.receive))
        return await self._answer(
            lambda cursor: payments.capture(cursor, payment_id, wanted.merchant_id)
        )

    async def refund(self, request: Request) -> Response:
        payment_id = request.path_params["payment_id"]
        wanted = decode(_REFUND, await read_body(request.receive))
        trace: RequestTrace = request.scope["trace"]
        response = await self._answer(
            lambda cursor: payments.refund(cursor, payment_id, wanted, trace)
        )
        self._waker.wake()
        return response

    async def openapi(self, _request: Request) -> Response:
        return json_response(self._document)

    async def _answer(self, work: Callable[[Cursor], Result]) -> Response:
        return json_response(await self._pool.run(work))
