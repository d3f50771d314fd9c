"""HTTP: one request, one answer; an error status is an answer, not an exception."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from paystack_cli.clients.errors import ServerUnreachable
from paystack_cli.clients.sanitize import sanitize

BODY_SHOWN_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (case-insensitive) and body of one HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one when it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    def __str__(self) -> str:
        problem = self.json()
        if "code" in problem:
            said = f"{problem['code']}: {problem.get('message', '')}"
        else:
            said = self.body[:BODY_SHOWN_BYTES_MAX].decode("utf-8", "replace")
        return sanitize(f"HTTP {self.status} {said}".rstrip())


class HttpClient(Protocol):
    """Requests under one base URL. The environment's proxies are not for a local stack: ignored."""

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a body is JSON unless `headers` say otherwise.

        Raises ServerUnreachable when no full answer came within `timeout_s`.
        """


class HttpxClient:
    """An HttpClient of this process."""

    def __init__(self, base_url: str, *, hint: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._hint = hint

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        url = self.base_url + path
        try:
            response = httpx.request(
                method,
                url,
                content=body,
                headers=headers_of(body, headers),
                timeout=timeout_s,
                trust_env=False,
                # Reading the machine's certificates costs more than a plain HTTP request.
                verify=url.startswith("https:"),
            )
        except httpx.TimeoutException as error:
            raise ServerUnreachable(
                f"{method} {url}: no answer within {timeout_s:.1f} s", hint=self._hint
            ) from error
        except httpx.TransportError as error:
            raise ServerUnreachable(f"{method} {url}: {error}", hint=self._hint) from error
        return Answer(response.status_code, response.headers, response.content)


def headers_of(body: bytes | None, given: Mapping[str, str] | None) -> dict[str, str]:
    """The headers to send: a body is JSON unless `given` says otherwise."""
    content_type = {"Content-Type": "application/json"} if body is not None else {}
    return {**content_type, **(given or {})}
