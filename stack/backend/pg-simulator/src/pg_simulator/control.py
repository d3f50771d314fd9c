"""The simulator's own doors: GET /pg/calls, GET/PATCH/DELETE /pg/behaviour[/{operation}]."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from paycore.actuator import json_response
from paycore.problem import Problem
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pg_simulator.behaviour import BehaviourChange, Behaviours, Operation
from pg_simulator.call_log import CALLS_SHOWN_MAX, CallLog

CALLS_SHOWN = 100


def control_routes(behaviours: Behaviours, log: CallLog) -> list[Route]:
    """The routes to look at the simulator and to set how it behaves.

    `log` is read from threads, over a connection that nobody writes through.
    """

    async def show(_request: Request) -> Response:
        return json_response(behaviours.current())

    async def change(request: Request) -> Response:
        wanted = _decode(await request.body(), BehaviourChange)
        behaviours.change(_operations(request), wanted)
        return json_response(behaviours.current())

    async def reset(_request: Request) -> Response:
        behaviours.reset()
        return json_response(behaviours.current())

    async def calls(request: Request) -> Response:
        query = request.query_params
        found = await asyncio.to_thread(
            log.find,
            query.get("operation"),
            _number(query.get("paymentId"), "paymentId"),
            query.get("key"),
            _number(query.get("before"), "before"),
            _number(query.get("limit"), "limit") or CALLS_SHOWN,
        )
        counts = await asyncio.to_thread(log.counts)
        return json_response({"counts": counts, "calls": found, "limitMax": CALLS_SHOWN_MAX})

    return [
        Route("/pg/behaviour", show, methods=["GET"]),
        Route("/pg/behaviour", change, methods=["PATCH"]),
        Route("/pg/behaviour", reset, methods=["DELETE"]),
        Route("/pg/behaviour/{operation}", change, methods=["PATCH"]),
        Route("/pg/calls", calls, methods=["GET"]),
    ]


def _operations(request: Request) -> list[Operation]:
    name = request.path_params.get("operation")
    if name is None:
        return list(Operation)
    try:
        return [Operation(name)]
    except ValueError:
        known = ", ".join(Operation)
        raise Problem(404, "NOT_FOUND", f"no operation {name!r}; there are {known}") from None


def _number(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem(400, "VALIDATION_FAILED", f"{name} is no number: {text[:40]!r}")
    return int(text)


def _decode(body: bytes, kind: type[BehaviourChange]) -> BehaviourChange:
    decode: Callable[..., Any] = msgspec.json.decode
    try:
        return kind() if not body else decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "VALIDATION_FAILED", str(error)) from error
