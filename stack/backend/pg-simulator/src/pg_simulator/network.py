"""The network's three operations as raw ASGI endpoints: POST /pg/{authorize,capture,refund}."""

import asyncio
import secrets
from typing import Annotated

import msgspec
from paycore.asgi import read_body, send_answer
from paycore.problem import Problem
from starlette.types import Receive, Scope, Send

from pg_simulator.behaviour import Behaviours, Operation
from pg_simulator.call_log import Call
from pg_simulator.recorder import Recorder

RETRY_AFTER_S = 1
IDEMPOTENCY_KEY_BYTES_MAX = 255

Amount = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
_JSON = [(b"content-type", b"application/json")]


class AuthorizeRequest(msgspec.Struct, frozen=True, rename="camel"):
    merchant_id: str
    amount: Amount
    currency: str
    payment_id: None = None


class MovementRequest(msgspec.Struct, frozen=True, rename="camel"):
    """A capture or a refund of an approved payment."""

    payment_id: Annotated[int, msgspec.Meta(ge=1)]
    approval_number: str
    amount: Amount
    currency: str


REQUEST_TYPES: dict[Operation, type[AuthorizeRequest] | type[MovementRequest]] = {
    Operation.AUTHORIZE: AuthorizeRequest,
    Operation.CAPTURE: MovementRequest,
    Operation.REFUND: MovementRequest,
}
REFERENCE_NAMES = {
    Operation.AUTHORIZE: "approvalNumber",
    Operation.CAPTURE: "transactionId",
    Operation.REFUND: "transactionId",
}


class NetworkEndpoint:
    """One operation: misbehaves as told, else answers each idempotency key once and for all."""

    def __init__(self, operation: Operation, behaviours: Behaviours, recorder: Recorder) -> None:
        self._operation = operation
        self._behaviours = behaviours
        self._recorder = recorder
        self._decode = msgspec.json.Decoder(REQUEST_TYPES[operation]).decode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        key = dict(scope["headers"]).get(b"idempotency-key", b"").decode("latin-1")
        if not 1 <= len(key) <= IDEMPOTENCY_KEY_BYTES_MAX:
            raise Problem(
                400, "VALIDATION_FAILED", "the header Idempotency-Key is missing or too long"
            )
        try:
            request = self._decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Problem(400, "VALIDATION_FAILED", str(error)) from error
        fate = self._behaviours.fate(self._operation, request.amount)
        if fate.delay_s:
            await asyncio.sleep(fate.delay_s)
        if fate.fails:
            raise Problem(503, "OUTAGE", "simulated outage", retry_after_s=RETRY_AFTER_S)
        status, answer = self._declined() if fate.declines else self._approved()
        answered = await self._recorder.record(
            Call(self._operation, key, body, status, answer, request.payment_id)
        )
        if not answered.same_request:
            raise Problem(
                422, "IDEMPOTENCY_KEY_REUSED", "this key came with another request before"
            )
        if fate.times_out_s:
            await asyncio.sleep(fate.times_out_s)
        await send_answer(send, answered.http_status, answered.answer, _JSON)

    def _approved(self) -> tuple[int, bytes]:
        name, reference = REFERENCE_NAMES[self._operation], secrets.token_hex(8).upper()
        return 200, f'{{"status":"APPROVED","{name}":"{reference}"}}'.encode()

    def _declined(self) -> tuple[int, bytes]:
        return 402, b'{"status":"DECLINED","reason":"DO_NOT_HONOR"}'
