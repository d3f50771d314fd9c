"""The few lines under a raw ASGI endpoint: read a bounded body, send an answer.

Raw endpoints serve the hot paths; everything else uses Starlette's requests and responses.
"""

from collections.abc import Mapping, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paycore.logging import get_logger, log_context
from paycore.problem import MEDIA_TYPE, Problem, internal_error
from paycore.trace import request_trace

BODY_BYTES_MAX = 64 * 1024
"""As the gateway's limit (client_max_body_size)."""
TARGET_BYTES_MAX = 8 * 1024
"""Of path and query together, as nginx's default for a request line."""

Header = tuple[bytes, bytes]


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises Problem 413 beyond BODY_BYTES_MAX."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= BODY_BYTES_MAX:
        message = await receive()
        body += message.get("body", b"")
    if len(body) > BODY_BYTES_MAX:
        raise Problem(
            413,
            "CONTENT_TOO_LARGE",
            f"a body is at most {BODY_BYTES_MAX} bytes",
            headers={"Connection": "close"},  # what is left of the body is not read
        )
    return body


async def send_answer(send: Send, status: int, body: bytes, headers: Sequence[Header]) -> None:
    """Sends a whole response; Content-Length is added to `headers`."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def send_problem(send: Send, problem: Problem, headers: Sequence[Header] = ()) -> None:
    """Sends `problem`, with `headers` besides its own."""
    own = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    media_type = (b"content-type", MEDIA_TYPE.encode())
    await send_answer(send, problem.status, problem.body(), [media_type, *own, *headers])


class Traced:
    """`app`, with a RequestTrace in `scope["trace"]` and log lines, and X-Request-Id answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace = request_trace(dict(scope["headers"]))
        echo = (b"x-request-id", trace.request_id.encode())

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), echo]
            await send(message)

        with log_context(trace.traceparent, trace.request_id):
            await self._app({**scope, "trace": trace}, receive, send_traced)


class HotPaths:
    """`app`, with a few POST paths answered by raw endpoints without going through its routing.

    Starlette's middleware and routing cost 15 us a request, which is a tenth of a whole payment.
    """

    def __init__(self, posts: Mapping[str, ASGIApp], app: ASGIApp) -> None:
        self._posts = posts
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._posts.get(scope["path"]) if scope["method"] == "POST" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            await endpoint(scope, receive, send)
        except Problem as problem:
            await send_problem(send, problem)
        except Exception:
            get_logger().exception("request_failed", path=scope["path"])
            await send_problem(send, internal_error())


class LimitTarget:
    """`app`, with 414 for a request target beyond TARGET_BYTES_MAX."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope["raw_path"]) + len(scope["query_string"]) > TARGET_BYTES_MAX:
            message = f"path and query are at most {TARGET_BYTES_MAX} bytes"
            await send_problem(send, Problem(414, "URI_TOO_LONG", message))
            return
        await self._app(scope, receive, send)
