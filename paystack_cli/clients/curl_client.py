"""HTTP from inside the stack's network: curl in a container of its own for each batch of requests.

Starting a container costs most of a second, and checks ask many services at once. So requests that
come together share one container, and those that come while it runs share the next.
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue

from paystack_cli.clients.container import NOT_RUN_HINT, run_in_container
from paystack_cli.clients.curl import (
    SCRIPT,
    Failure,
    Request,
    Unreadable,
    configuration,
    read_answers,
)
from paystack_cli.clients.errors import ServerFailed, ServerUnreachable
from paystack_cli.clients.http import Answer, headers_of
from paystack_cli.clients.sanitize import sanitize
from paystack_cli.engines.base import Engine

SERVICE = "curl-client"

GATHER_S = 0.05
"""A batch waits for company: checks that start together ask within some tens of milliseconds."""
REQUEST_MIN_S = 0.1
"""What a request gets that waited for the container before until its time was over."""


class CurlContainer:
    """Sends requests from inside; called from several threads at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Queued] = SimpleQueue()
        self._runner = ThreadPoolExecutor(max_workers=1, thread_name_prefix=SERVICE)

    def send(self, request: Request) -> Answer | Failure:
        """Raises ServerRefused or ServerFailed when no container did its work."""
        queued = _Queued(request)
        self._queue.put(queued)
        self._runner.submit(self._run_batch)
        return queued.outcome.result()

    def _run_batch(self) -> None:
        """One container for all who wait by now; nobody may be left for the last one called."""
        time.sleep(GATHER_S)
        batch = list(self._take_queue())
        if not batch:
            return
        try:
            outcomes = self._ask([queued.with_time_left() for queued in batch])
        except Exception as error:
            for queued in batch:
                queued.outcome.set_exception(error)
        else:
            for queued, outcome in zip(batch, outcomes, strict=True):
                queued.outcome.set_result(outcome)

    def _take_queue(self) -> "Iterator[_Queued]":
        with suppress(Empty):
            while True:
                yield self._queue.get_nowait()

    def _ask(self, requests: list[Request]) -> list[Answer | Failure]:
        command = ["sh", "-c", SCRIPT, "sh", configuration(requests)]
        slowest_s = max(request.timeout_s for request in requests)
        output = run_in_container(self._engine, SERVICE, command, slowest_s)
        try:
            return read_answers(output, len(requests))
        except Unreadable as error:
            raise ServerFailed(
                f"{SERVICE} did not print what curl fetched: {error}", hint=NOT_RUN_HINT
            ) from error


class _Queued:
    """A request in the queue and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._since_s = time.monotonic()
        self.outcome: Future[Answer | Failure] = Future()

    def with_time_left(self) -> Request:
        waited_s = time.monotonic() - self._since_s
        left_s = max(REQUEST_MIN_S, self._request.timeout_s - waited_s)
        return replace(self._request, timeout_s=left_s)


class CurlClient:
    """An HttpClient inside the stack's network."""

    def __init__(self, container: CurlContainer, base_url: str, *, hint: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._container = container
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
        outcome = self._container.send(
            Request(method, url, timeout_s, body, headers_of(body, headers))
        )
        if isinstance(outcome, Failure):
            raise ServerUnreachable(
                f"{method} {url} from inside: {sanitize(outcome.reason)}", hint=self._hint
            )
        return outcome
