"""Errors over HTTP: RFC 9457 problem+json, with `code` and `message` for the older clients."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:paystack:problem:"

_encode = msgspec.json.Encoder().encode


class ProblemDocument(msgspec.Struct, frozen=True, rename="camel"):
    """The body of every error answer (RFC 9457); `message` is `detail` for the older clients."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
    payment_id: int | msgspec.UnsetType = msgspec.UNSET


class Problem(Exception):
    """An error answer. `code` is what clients switch on, `message` is for people.

    `retry_after_s` says when to come again; `payment_id` names the payment where there is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        payment_id: int | None = None,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message)  # all that a copy in another process needs
        self.status = status
        self.code = code
        self.message = message
        self.payment_id = payment_id
        self.headers = dict(headers or {})
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)

    def __str__(self) -> str:
        return self.message

    def body(self) -> bytes:
        return _encode(
            ProblemDocument(
                type=TYPE_PREFIX + self.code.lower().replace("_", "-"),
                title=HTTPStatus(self.status).phrase,
                status=self.status,
                detail=self.message,
                code=self.code,
                message=self.message,
                payment_id=msgspec.UNSET if self.payment_id is None else self.payment_id,
            )
        )

    def response(self) -> Response:
        return Response(self.body(), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def internal_error() -> Problem:
    """A fault of ours: the log has the traceback, the client learns nothing of our insides."""
    return Problem(500, "INTERNAL_ERROR", "the request failed for a reason of ours")


async def _on_problem(_request: Request, problem: Problem) -> Response:
    return problem.response()


async def _on_http_exception(_request: Request, error: HTTPException) -> Response:
    """What the router itself answers: 404 for an unknown path, 405 for an unknown method."""
    code = HTTPStatus(error.status_code).phrase.upper().replace(" ", "_").replace("-", "_")
    return Problem(error.status_code, code, error.detail, headers=error.headers).response()


async def _on_failure(_request: Request, _error: Exception) -> Response:
    return internal_error().response()


EXCEPTION_HANDLERS: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
    Problem: _on_problem,
    HTTPException: _on_http_exception,
    Exception: _on_failure,
}
"""For Starlette: every error leaves as problem+json."""
