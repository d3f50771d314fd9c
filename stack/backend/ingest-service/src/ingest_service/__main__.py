"""Runs ingest-service."""

import sys

import uvloop
from paycore.actuator import actuator_routes
from paycore.asgi import HotPaths, LimitTarget, Traced
from paycore.batcher import Batcher
from paycore.breaker import BreakerSettings, CircuitBreaker
from paycore.card_network import CardNetwork
from paycore.health import HealthRegistry, breaker_health, database_health
from paycore.lifecycle import Stop, run_service
from paycore.logging import get_logger
from paycore.outbox import RelayWaker
from paycore.problem import EXCEPTION_HANDLERS
from paycore.server import listen, serve
from paycore.settings import DatabaseSettings, Environment
from paycore.work_process import WorkProcess
from starlette.applications import Starlette
from starlette.routing import Route

from ingest_service import flusher, lookup
from ingest_service.api import PaymentsApi
from ingest_service.authorize import AuthorizeEndpoint
from ingest_service.database_pool import DatabasePool
from ingest_service.flusher import Authorization, Stored
from ingest_service.lookup import KeyLookup
from ingest_service.store import Key, StoredAnswer

SERVICE = "ingest-service"
QUEUE_MAX = 4_096


async def _main(environment: Environment, stop: Stop) -> None:
    settings = DatabaseSettings.read(environment)
    breaker = CircuitBreaker("card-network", BreakerSettings.read(environment))
    key_lookup = KeyLookup(settings)
    waker = RelayWaker(*environment.address("OUTBOX_WAKE"))
    storing: WorkProcess[Authorization, Stored] = WorkProcess("ingest_service.storing")
    storing.start()
    pool = DatabasePool(settings)
    lookups: Batcher[Key, StoredAnswer | None] = Batcher(
        "lookup", key_lookup.find, batch_max=lookup.BATCH_MAX, queue_max=QUEUE_MAX
    )
    flushes: Batcher[Authorization, Stored] = Batcher(
        "flush", storing.work, batch_max=flusher.BATCH_MAX, queue_max=QUEUE_MAX
    )
    health = HealthRegistry()
    health.register("db", database_health(settings))
    health.register("cardNetwork", breaker_health(breaker))
    async with CardNetwork(environment.text("CARD_NETWORK_URL"), breaker) as card_network:
        lookups.start()
        flushes.start()
        authorize = AuthorizeEndpoint(card_network, lookups, flushes)
        app = Starlette(
            routes=[
                Route("/payments/authorize", authorize, methods=["POST"]),
                *PaymentsApi(pool, waker).routes(),
                *actuator_routes(SERVICE, health, stop),
            ],
            exception_handlers=EXCEPTION_HANDLERS,
        )
        listener = listen(environment)
        get_logger().info("service_started", address=listener.getsockname())
        await serve(
            HotPaths({"/payments/authorize": authorize}, Traced(LimitTarget(app))), listener, stop
        )
        await lookups.close()
        await flushes.close()
    pool.close()
    key_lookup.close()
    storing.close()


def _serve(environment: Environment, stop: Stop) -> None:
    uvloop.run(_main(environment, stop))


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, _serve))
