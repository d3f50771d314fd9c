"""`/actuator` of every service: health, metrics and info, in Spring Boot's shapes."""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from paycore.health import FAILING, Health, HealthRegistry, Status, overall
from paycore.lifecycle import Stop
from paycore.problem import EXCEPTION_HANDLERS

_encode = msgspec.json.Encoder().encode

HEALTH_MEDIA_TYPE = "application/vnd.spring-boot.actuator.v3+json"


def actuator_routes(service: str, health: HealthRegistry, stop: Stop) -> list[BaseRoute]:
    """The routes under `/actuator` that every service has."""

    async def whole(_request: Request) -> Response:
        return health_response(await health.all(), {"groups": ["liveness", "readiness"]})

    async def readiness(_request: Request) -> Response:
        components = await health.readiness()
        if stop.requested:
            components["shutdown"] = Health(Status.OUT_OF_SERVICE, {"reason": stop.reason})
        return health_response(components)

    async def liveness(_request: Request) -> Response:
        return health_response({})

    async def info(_request: Request) -> Response:
        return json_response({"app": {"name": service, "version": _version_of(service)}})

    async def prometheus(_request: Request) -> Response:
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [
        Route("/actuator/health", whole),
        Route("/actuator/health/readiness", readiness),
        Route("/actuator/health/liveness", liveness),
        Route("/actuator/info", info),
        Route("/actuator/prometheus", prometheus),
    ]


def actuator_app(
    service: str, health: HealthRegistry, stop: Stop, extra: Sequence[BaseRoute] = ()
) -> Starlette:
    """The whole HTTP side of a service that only has an actuator, with its `extra` routes."""
    return Starlette(
        routes=[*actuator_routes(service, health, stop), *extra],
        exception_handlers=EXCEPTION_HANDLERS,
    )


def health_response(
    components: Mapping[str, Health], extra: Mapping[str, Any] | None = None
) -> Response:
    """Spring Boot's health document: 503 when a component fails, else 200."""
    status = overall(components)
    document: dict[str, Any] = {"status": status}
    if components:
        document["components"] = {
            name: {"status": health.status, "details": health.details}
            for name, health in components.items()
        }
    return json_response(
        document | dict(extra or {}),
        status_code=503 if status in FAILING else 200,
        media_type=HEALTH_MEDIA_TYPE,
    )


def json_response(
    document: object, status_code: int = 200, media_type: str = "application/json"
) -> Response:
    """`document` as JSON."""
    return Response(_encode(document), status_code, media_type=media_type)


def _version_of(service: str) -> str:
    try:
        return version(f"paystack-{service}")
    except PackageNotFoundError:
        return "unknown"
