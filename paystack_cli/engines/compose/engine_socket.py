"""What `status` asks the Docker Engine, over its socket.

Importing the `docker` package alone takes longer than `docker compose ps` does in all, importing
`http.client` a quarter of that. So the few questions of read-only commands are asked here, by the
names and in the form that the package has. An answer to HTTP/1.0 is neither chunked nor kept alive.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from paystack_cli.engines.compose.errors import EngineRefused

READ_BYTES = 65536
OK, NOT_FOUND = 200, 404


class NotThere(Exception):
    """What was asked for is not there (any more)."""


class Reading(Protocol):
    """The questions; `docker.APIClient` answers them too."""

    def version(self) -> Mapping[str, Any]:
        """The engine's versions."""

    def containers(
        self, *, all: bool, filters: Mapping[str, Sequence[str]]
    ) -> list[Mapping[str, Any]]:
        """The containers that the filters let through, in short."""

    def inspect_container(self, container: str) -> Mapping[str, Any]:
        """Everything about one container."""


class EngineSocket:
    """Asks the engine at a unix socket. Raises OSError when it does not answer as one does."""

    def __init__(self, path: str, timeout_s: float) -> None:
        self._path = path
        self.timeout_s = timeout_s

    def version(self) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._get("/version")
        return answer

    def containers(
        self, *, all: bool, filters: Mapping[str, Sequence[str]]
    ) -> list[Mapping[str, Any]]:
        listed: list[Mapping[str, Any]] = self._get(
            f"/containers/json?all={int(all)}&filters={quote(json.dumps(filters))}"
        )
        return listed

    def inspect_container(self, container: str) -> Mapping[str, Any]:
        inspected: Mapping[str, Any] = self._get(f"/containers/{quote(container)}/json")
        return inspected

    def _get(self, path: str) -> Any:
        head, _, body = self._ask(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").partition(
            b"\r\n\r\n"
        )
        try:
            status = int(head.split(maxsplit=2)[1])
            answer = json.loads(body)
        except (IndexError, ValueError) as error:
            raise ConnectionError(f"{self._path} is no Docker Engine: {head[:80]!r}") from error
        if status == NOT_FOUND:
            raise NotThere(path)
        if status != OK:
            raise EngineRefused(f"Docker refuses: {answer.get('message')}", hint="paystack status")
        return answer

    def _ask(self, request: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self.timeout_s)
            connection.connect(self._path)
            connection.sendall(request.encode("ascii"))
            return b"".join(iter(lambda: connection.recv(READ_BYTES), b""))
