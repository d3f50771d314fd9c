"""What `status` asks the Docker Engine, over its socket.

Importing the `docker` package alone takes longer than `docker compose ps` does in all, importing
`http.client` a quarter of that. So the few questions of read-only commands are asked here, by the
names and in the form that the package has. An answer to HTTP/1.0 is neither chunked nor kept alive.
"""

import json
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from paystack_cli.engines.compose.errors import EngineRefused

READ_BYTES = 65536
HEAD_END = b"\r\n\r\n"
OK, NOT_FOUND = 200, 404

_SERVER = re.compile(rb"^Server: Docker/([^\s]+)", re.MULTILINE | re.IGNORECASE)
"""In the head of every answer of Docker's, not of all that speak its API."""

Filters = Mapping[str, Sequence[str]]


class NotThere(Exception):
    """What was asked for is not there (any more)."""


class Reading(Protocol):
    """The questions; `docker.APIClient` answers them too."""

    def containers(
        self, *, all: bool, filters: Filters, limit: int = -1
    ) -> list[Mapping[str, Any]]:
        """The containers that the filters let through, in short; `limit`: the newest so many."""

    def inspect_container(self, container: str) -> Mapping[str, Any]:
        """Everything about one container."""

    def events(
        self, *, since: int, until: int, filters: Filters, decode: bool
    ) -> Iterable[Mapping[str, Any]]:
        """What happened between two times of the past, in seconds since the epoch."""

    def stats(self, container: str, *, stream: bool, one_shot: bool) -> Mapping[str, Any]:
        """What a running container uses now."""


class EngineSocket:
    """Asks the engine at a unix socket. Raises OSError when it does not answer as one does."""

    def __init__(self, path: str, timeout_s: float) -> None:
        self._path = path
        self.timeout_s = timeout_s

    def version(self) -> str:
        """The engine's version.

        Out of its shortest answer: before it answers `/version` it runs programs, for 5 to 15 ms.
        """
        found = _SERVER.search(self._ask("/_ping").partition(HEAD_END)[0])
        return found[1].decode("ascii") if found else str(self._get("/version")["Version"])

    def containers(
        self, *, all: bool, filters: Filters, limit: int = -1
    ) -> list[Mapping[str, Any]]:
        listed: list[Mapping[str, Any]] = self._get(
            f"/containers/json?all={int(all)}&limit={limit}&filters={_quoted(filters)}"
        )
        return listed

    def inspect_container(self, container: str) -> Mapping[str, Any]:
        inspected: Mapping[str, Any] = self._get(f"/containers/{quote(container)}/json")
        return inspected

    def events(
        self, *, since: int, until: int, filters: Filters, decode: bool
    ) -> Iterable[Mapping[str, Any]]:
        asked = f"/events?since={since}&until={until}&filters={_quoted(filters)}"
        return [self._understood(line) for line in self._body(asked).splitlines()]

    def stats(self, container: str, *, stream: bool, one_shot: bool) -> Mapping[str, Any]:
        asked = f"/containers/{quote(container)}/stats?stream={int(stream)}"
        used: Mapping[str, Any] = self._get(f"{asked}&one-shot={int(one_shot)}")
        return used

    def _get(self, path: str) -> Any:
        return self._understood(self._body(path))

    def _body(self, path: str) -> bytes:
        head, _, body = self._ask(path).partition(HEAD_END)
        try:
            status = int(head.split(maxsplit=2)[1])
        except (IndexError, ValueError) as error:
            raise self._no_engine(head) from error
        if status == NOT_FOUND:
            raise NotThere(path)
        if status != OK:
            message = self._understood(body).get("message")
            raise EngineRefused(f"Docker refuses: {message}", hint="paystack status")
        return body

    def _understood(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise self._no_engine(body) from error

    def _no_engine(self, answer: bytes) -> ConnectionError:
        return ConnectionError(f"{self._path} is no Docker Engine: {answer[:80]!r}")

    def _ask(self, path: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self.timeout_s)
            connection.connect(self._path)
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode("ascii"))
            return b"".join(iter(lambda: connection.recv(READ_BYTES), b""))


def _quoted(filters: Filters) -> str:
    return quote(json.dumps(filters))
