"""The HTTP client against small real servers: reuse, stale connections, time-outs, nonsense."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from paycore.http_client import Answer, HttpClient, HttpError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _with_server(
    serve: Serve, use: Callable[[HttpClient], Awaitable[object]], timeout_s: float = 2.0
) -> object:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = HttpClient(
        f"http://127.0.0.1:{port}/base",
        connections_max=4,
        connect_timeout_s=1,
        timeout_s=timeout_s,
    )
    try:
        async with client:
            return await use(client)
    finally:
        server.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Head and body of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
    return head, await reader.readexactly(length)


def test_it_sends_what_was_given_and_keeps_the_connection() -> None:
    seen: list[tuple[str, bytes]] = []
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            seen.append(await _request(reader))
            writer.write(OK)

    async def use(client: HttpClient) -> list[Answer]:
        return [await client.post("/pg", {"idempotency-key": f"k{n}"}, b"[1]") for n in range(3)]

    assert asyncio.run(_with_server(serve, use)) == [(200, b"{}")] * 3
    assert connections == 1
    head, body = seen[0]
    assert head.startswith("POST /base/pg HTTP/1.1\r\n")
    assert "idempotency-key: k0\r\n" in head
    assert body == b"[1]"


def test_a_kept_connection_that_was_closed_is_replaced_unseen() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await _request(reader)
        writer.write(OK)
        await writer.drain()
        if connections == 1:
            await reader.read(1)  # the second request arrives, and the connection ends

    async def use(client: HttpClient) -> list[Answer]:
        return [await client.post("/", {}, b"") for _ in range(2)]

    assert asyncio.run(_with_server(serve, use)) == [(200, b"{}")] * 2
    assert connections == 2


ANSWERS = {
    "chunked": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        (200, b"abcde"),
    ),
    "interim first": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, b"{}")),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
    "closing": (
        b"HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
        (503, b"x"),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_of_every_framing(name: str) -> None:
    raw, expected = ANSWERS[name]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await _request(reader)
            writer.write(raw)
            await writer.drain()
            if b"connection: close" in raw:
                return

    async def use(client: HttpClient) -> list[Answer]:
        return [await client.post("/", {}, b"x") for _ in range(2)]

    assert asyncio.run(_with_server(serve, use)) == [expected, expected]


FAILURES = {
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
    "closed before the answer": (b"", "closed the connection"),
    "closed within the answer": (OK[:-1], "closed the connection"),
    "too large": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 2_000_000,
        "larger",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_usable_answer_is_an_error(name: str) -> None:
    raw, reason = FAILURES[name]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(raw)
        await writer.drain()

    with pytest.raises(HttpError, match=reason):
        asyncio.run(_with_server(serve, lambda client: client.post("/", {}, b"x")))


def test_a_late_answer_is_a_time_out_and_never_another_ones_answer() -> None:
    release = asyncio.Event()
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        first = asked == 1
        await _request(reader)
        if first:
            await release.wait()
        writer.write(OK.replace(b"{}", b"1!" if first else b"2!"))
        await writer.drain()

    async def use(client: HttpClient) -> Answer:
        with pytest.raises(HttpError, match="no answer within"):
            await client.post("/", {}, b"x")
        release.set()
        return await client.post("/", {}, b"x")

    assert asyncio.run(_with_server(serve, use, timeout_s=0.1)) == (200, b"2!")


def test_a_cancelled_call_gives_its_connection_up() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await _request(reader)
        if connections == 1:
            await reader.read()  # never answers
        writer.write(OK)
        await writer.drain()

    async def use(client: HttpClient) -> Answer:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.post("/", {}, b"x"), 0.05)
        return await client.post("/", {}, b"x")

    assert asyncio.run(_with_server(serve, use)) == (200, b"{}")
    assert connections == 2


def test_nobody_there() -> None:
    async def run() -> None:
        client = HttpClient(
            "http://127.0.0.1:1", connections_max=1, connect_timeout_s=1, timeout_s=1
        )
        with pytest.raises(HttpError, match=r"cannot connect to 127\.0\.0\.1:1"):
            await client.post("/", {}, b"")

    asyncio.run(run())


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\ny", "a\ry"])
def test_a_header_cannot_smuggle_another(value: str) -> None:
    async def run() -> None:
        client = HttpClient(
            "http://127.0.0.1:1", connections_max=1, connect_timeout_s=1, timeout_s=1
        )
        with pytest.raises(ValueError, match="line break"):
            await client.post("/", {"idempotency-key": value}, b"")

    asyncio.run(run())


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8090", "http://"])
def test_an_address_must_be_http(url: str) -> None:
    with pytest.raises(ValueError, match="no http"):
        HttpClient(url, connections_max=1, connect_timeout_s=1, timeout_s=1)
