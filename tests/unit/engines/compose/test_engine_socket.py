"""The questions of `status`, asked over a socket, and what may come back."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paystack_cli.engines.compose.daemon import connect
from paystack_cli.engines.compose.engine_socket import EngineSocket, NotThere
from paystack_cli.engines.compose.errors import EngineGone, EngineMissing, EngineRefused

TIMEOUT_S = 5.0


@contextmanager
def _answering(folder: Path, *answers: bytes) -> Iterator[tuple[str, list[str]]]:
    """A socket that gives these answers, one a connection; what was asked."""
    path = str(folder / "engine.sock")
    asked: list[str] = []
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()

        def serve() -> None:
            for answer in answers:
                connection, _ = door.accept()
                with connection:
                    asked.append(connection.recv(65536).decode().split("\r\n")[0])
                    connection.sendall(answer)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield path, asked
        server.join(TIMEOUT_S)


def _http(body: object, status: str = "200 OK", server: str = "Other/1") -> bytes:
    head = f"HTTP/1.0 {status}\r\nContent-Type: x\r\nServer: {server}\r\n\r\n"
    return head.encode() + json.dumps(body).encode()


def _ping(version: str) -> bytes:
    return _http("OK", server=f"Docker/{version} (linux)")


def test_the_questions_are_asked_as_the_engine_expects_them(tmp_path: Path) -> None:
    events = _http({"Action": "die"}) + b"\n" + b'{"Action": "start"}\n'
    answers = (_http([{"Id": "a"}]), _http({"Id": "a/b"}), events, _http({"read": "now"}))
    filters = {"label": ["x=y"]}
    quoted = "%7B%22label%22%3A%20%5B%22x%3Dy%22%5D%7D"
    with _answering(tmp_path, *answers) as (path, asked):
        engine = EngineSocket(path, TIMEOUT_S)
        assert engine.containers(all=True, filters=filters, limit=1) == [{"Id": "a"}]
        assert engine.inspect_container("a b") == {"Id": "a/b"}
        past = engine.events(since=1, until=2, filters=filters, decode=True)
        assert [event["Action"] for event in past] == ["die", "start"]
        assert engine.stats("a", stream=False, one_shot=True) == {"read": "now"}
    assert asked == [
        f"GET /containers/json?all=1&limit=1&filters={quoted} HTTP/1.0",
        "GET /containers/a%20b/json HTTP/1.0",
        f"GET /events?since=1&until=2&filters={quoted} HTTP/1.0",
        "GET /containers/a/stats?stream=0&one-shot=1 HTTP/1.0",
    ]


def test_docker_tells_its_version_in_every_head_and_others_when_asked(tmp_path: Path) -> None:
    with _answering(tmp_path, _ping("29.0+x")) as (path, _):
        assert EngineSocket(path, TIMEOUT_S).version() == "29.0+x"
    Path(path).unlink()
    with _answering(tmp_path, _http("OK"), _http({"Version": "5.4"})) as (path, asked):
        assert EngineSocket(path, TIMEOUT_S).version() == "5.4"
    assert asked == ["GET /_ping HTTP/1.0", "GET /version HTTP/1.0"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (_http({"message": "no such container"}, "404 Not Found"), NotThere, "/containers/a/json"),
        (_http({"message": "it burns"}, "500 Oh"), EngineRefused, "Docker refuses: it burns"),
        (b"SSH-2.0-OpenSSH\r\n", ConnectionError, "is no Docker Engine"),
        (b"HTTP/1.0 200 OK\r\n\r\n{half", ConnectionError, "is no Docker Engine"),
        (b"", ConnectionError, "is no Docker Engine"),
    ],
)
def test_what_is_no_good_answer(
    tmp_path: Path, answer: bytes, error: type[Exception], said: str
) -> None:
    with _answering(tmp_path, answer) as (path, _), pytest.raises(error, match=said):
        EngineSocket(path, TIMEOUT_S).inspect_container("a")


def _variables(path: str) -> dict[str, str]:
    return {"DOCKER_HOST": f"unix://{path}"}


def test_an_engine_that_is_not_there_or_too_old_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="no Docker Engine answers at unix://"):
        connect(_variables(str(tmp_path / "none.sock")), "pay")
    with (
        _answering(tmp_path, _ping("19.03.1")) as (path, _),
        pytest.raises(EngineMissing, match=r"is 19\.03\.1, at least 20\.10 is needed"),
    ):
        connect(_variables(path), "pay")


def test_one_that_goes_away_is_told_so_and_what_has_gone_is_no_error(tmp_path: Path) -> None:
    answers = (_ping("29.0"), _http({}, "404 Not Found"), b"")
    with _answering(tmp_path, *answers) as (path, _):
        daemon = connect(_variables(path), "pay")
        assert (daemon.version, daemon.is_local) == ("29.0", True)
        assert daemon.container("a") is None
        with pytest.raises(EngineGone, match="does not answer any more"):
            daemon.containers()


def test_another_context_or_protocol_is_left_to_the_package(tmp_path: Path) -> None:
    variables = {"DOCKER_HOST": "tcp://127.0.0.1:1", "HOME": str(tmp_path)}
    with pytest.raises(EngineMissing, match=r"no Docker Engine answers at .*127\.0\.0\.1:1"):
        connect(variables, "pay")
