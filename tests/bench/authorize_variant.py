"""The servers that `authorize` compares ingest-service with, on the same HTTP server.

AUTHORIZE_VARIANT says which. `one-transaction-a-request` is ingest-service with the same rows by
the same driver, but a query and a transaction of its own for every request, over some connections.
`constant` reads the body and answers the same to everyone: what the server, the network and the
load generator cost without any payment.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import uvloop
from ingest_service.authorize import AuthorizeEndpoint
from ingest_service.flusher import Flusher
from ingest_service.lookup import KeyLookup
from paycore.actuator import actuator_app
from paycore.asgi import HotPaths, read_body, send_answer
from paycore.breaker import CircuitBreaker
from paycore.card_network import CardNetwork
from paycore.health import HealthRegistry
from paycore.lifecycle import Stop, run_service
from paycore.outbox import RelayWaker
from paycore.server import listen, serve
from paycore.settings import DatabaseSettings, Environment
from starlette.types import ASGIApp, Receive, Scope, Send

CONNECTIONS = 8
"""Of the pool: the fastest of 1, 2, 4, 8 and 32 on two cores."""
PATH = "/payments/authorize"

Item = TypeVar("Item")
Result = TypeVar("Result")


class OneByOne(Generic[Item, Result]):
    """Stands where a Batcher stands, and gives every item a round of its own."""

    def __init__(
        self, make: Callable[[], Callable[[list[Item]], list[Result | Exception]]]
    ) -> None:
        self._make = make
        self._threads = ThreadPoolExecutor(CONNECTIONS)
        self._of_thread = threading.local()

    async def submit(self, item: Item) -> Result:
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._threads, self._run, item)
        if isinstance(result, Exception):
            raise result
        return result

    def _run(self, item: Item) -> Result | Exception:
        if not hasattr(self._of_thread, "work"):
            self._of_thread.work = self._make()
        result: Result | Exception = self._of_thread.work([item])[0]
        return result


async def constant(_scope: Scope, receive: Receive, send: Send) -> None:
    await read_body(receive)
    await send_answer(send, 200, b'{"paymentId":1}', [(b"content-type", b"application/json")])


async def _serve_constant(environment: Environment, stop: Stop) -> None:
    await _serve(constant, environment, stop)


async def _serve_one_by_one(environment: Environment, stop: Stop) -> None:
    settings = DatabaseSettings.read(environment)
    waker = RelayWaker(*environment.address("OUTBOX_WAKE"))
    breaker = CircuitBreaker("card-network")
    async with CardNetwork(environment.text("CARD_NETWORK_URL"), breaker) as card_network:
        endpoint = AuthorizeEndpoint(
            card_network,
            OneByOne(lambda: KeyLookup(settings).find),  # type: ignore[arg-type]
            OneByOne(lambda: Flusher(settings, waker).store),  # type: ignore[arg-type]
        )
        await _serve(endpoint, environment, stop)


async def _serve(endpoint: ASGIApp, environment: Environment, stop: Stop) -> None:
    actuator = actuator_app("variant", HealthRegistry(), stop)
    await serve(HotPaths({PATH: endpoint}, actuator), listen(environment), stop)


VARIANTS = {"one-transaction-a-request": _serve_one_by_one, "constant": _serve_constant}

if __name__ == "__main__":
    name = os.environ["AUTHORIZE_VARIANT"]
    variant = VARIANTS[name]
    sys.exit(run_service(name, lambda *given: uvloop.run(variant(*given))))
