"""Runs pg-simulator: the card network's operations, its control doors and the actuator."""

import sys
from pathlib import Path

import uvloop
from paycore.actuator import actuator_routes
from paycore.asgi import HotPaths, LimitTarget
from paycore.health import Health, HealthRegistry, Status
from paycore.lifecycle import Stop, run_service
from paycore.logging import get_logger
from paycore.problem import EXCEPTION_HANDLERS
from paycore.server import listen, serve
from paycore.settings import Environment
from starlette.applications import Starlette
from starlette.routing import Route

from pg_simulator.behaviour import Behaviours, Operation
from pg_simulator.call_log import CallLog
from pg_simulator.control import control_routes
from pg_simulator.network import NetworkEndpoint
from pg_simulator.recorder import Recorder

SERVICE = "pg-simulator"
SEED = 1
"""Of the chances, until a PATCH of /pg/behaviour names another."""


async def _main(environment: Environment, stop: Stop) -> None:
    path = Path(environment.text("CALL_LOG"))
    writer, reader = CallLog(path), CallLog(path)
    recorder = Recorder(writer)
    behaviours = Behaviours(SEED)
    health = HealthRegistry()
    health.register(
        "callLog", lambda: Health(Status.UP, {"path": str(path), "rows": reader.size()})
    )
    operations = {
        f"/pg/{operation}": NetworkEndpoint(operation, behaviours, recorder)
        for operation in Operation
    }
    app = Starlette(
        routes=[
            *(Route(path, endpoint, methods=["POST"]) for path, endpoint in operations.items()),
            *control_routes(behaviours, reader),
            *actuator_routes(SERVICE, health, stop),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    listener = listen(environment)
    get_logger().info("service_started", address=listener.getsockname())
    await serve(HotPaths(operations, LimitTarget(app)), listener, stop)
    reader.close()
    writer.close()


def _serve(environment: Environment, stop: Stop) -> None:
    uvloop.run(_main(environment, stop))


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, _serve))
