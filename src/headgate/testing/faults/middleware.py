"""Faults as a middleware of any aiohttp application."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from headgate.testing.faults.rows import ROW_FAULTS, change_rows
from headgate.testing.faults.spec import Fault, FaultKind, FaultPlan

_ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head>"
    b"<body><h1>We are sorry</h1><p>Something went wrong on our side.</p></body></html>"
)
_POLL_SECONDS = 0.05
_DRIPS = 20


class FaultInjector:
    """Lets the requests of an application go wrong, as a plan says.

    Use it as ``web.Application(middlewares=[injector.middleware])``.

    Args:
        plan: The faults, or a specification of them.
        seed: Same seed, same requests: same faults.

    Raises:
        ConfigError: The specification is malformed.
    """

    def __init__(self, plan: FaultPlan | str | None = None, *, seed: int = 0) -> None:
        self.seed = seed
        self.plan = plan if isinstance(plan, FaultPlan) else FaultPlan.parse(plan)
        self.injected: Counter[str] = Counter()
        """How often each kind of fault struck, by the name of the kind."""
        self._requests: Counter[str] = Counter()

    def reset(self, plan: FaultPlan | str | None = None) -> None:
        """Begin again from the first request, with another plan if one is given."""
        if plan is not None:
            self.plan = plan if isinstance(plan, FaultPlan) else FaultPlan.parse(plan)
        self.injected.clear()
        self._requests.clear()

    def draw(self, route: str, target: str) -> tuple[list[Fault], random.Random]:
        """Decide what goes wrong with the next request of a target (path and query) on a route."""
        self._requests[route] += 1
        occurrence = f"{route} {target}"
        self._requests[occurrence] += 1
        rng = random.Random(f"{self.seed}/{occurrence}/{self._requests[occurrence]}")
        faults = self.plan.faults_of(route)
        # every fault draws, whether it can still strike or not: `x3` must not shift the draws of its neighbours
        struck = [fault for fault in faults if rng.random() < fault.probability and self._in_time(fault, route)]
        return struck, rng

    def _in_time(self, fault: Fault, route: str) -> bool:
        return fault.first is None or self._requests[route] <= fault.first

    @web.middleware
    async def _strike(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        faults, rng = self.draw(route_name(request), request.path_qs)
        changes: list[Fault] = []
        for fault in faults:
            self.injected[fault.kind.value] += 1
            if fault.kind is FaultKind.LATENCY:
                await asyncio.sleep(fault.seconds or 0)
            elif fault.kind in ROW_FAULTS or fault.kind in {FaultKind.TRUNCATE, FaultKind.DRIP}:
                changes.append(fault)
            else:
                return await _instead(fault, request)
        response = await handler(request)
        if not changes or not isinstance(response, web.Response):
            return response
        return await _changed(response, changes, request, rng)

    @property
    def middleware(self) -> Middleware:
        """The middleware, for ``web.Application(middlewares=[...])``."""
        return self._strike


def route_name(request: web.Request) -> str:
    """Return the name of a request's route, else the last segment of its path."""
    return request.match_info.route.name or request.path.rstrip("/").rpartition("/")[2]


async def _instead(fault: Fault, request: web.Request) -> web.Response:
    """Answer in place of the application, or not at all."""
    if fault.kind.is_status:
        headers = {} if fault.seconds is None else {"Retry-After": str(max(1, round(fault.seconds)))}
        return web.Response(status=int(fault.kind.value), headers=headers, text=f"injected {fault.kind.value}\n")
    if fault.kind is FaultKind.EMPTY:
        return web.Response(body=b"")
    if fault.kind is FaultKind.HTML:
        return web.Response(body=_ERROR_PAGE, content_type="text/html", charset="utf-8")
    if fault.kind is FaultKind.HANG:
        await _wait_while_connected(request, fault.seconds)
    return _reset(request)


async def _wait_while_connected(request: web.Request, seconds: float | None) -> None:
    """Wait for a time, or for ever if there is none, but not longer than the client does."""
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    while request.transport is not None and not request.transport.is_closing():
        if end is not None and loop.time() >= end:
            return
        await asyncio.sleep(_POLL_SECONDS)


def _reset(request: web.Request) -> web.Response:
    """Break the connection with a TCP reset."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _changed(
    response: web.Response, changes: list[Fault], request: web.Request, rng: random.Random
) -> web.StreamResponse:
    """Return the application's answer with its body changed, and sent slowly if a fault says so."""
    body = response.body if isinstance(response.body, bytes) else b""
    drip: float | None = None
    # rows first: a body that was cut off has none any more
    for fault in sorted(changes, key=lambda fault: fault.kind not in ROW_FAULTS):
        if fault.kind is FaultKind.DRIP:
            drip = fault.seconds or 0
        elif fault.kind is FaultKind.TRUNCATE:
            body = body[: int(len(body) * rng.uniform(0.3, 0.9))]
        elif response.content_type == "application/json" and body:
            body = orjson.dumps(change_rows(orjson.loads(body), fault, rng))
    if drip is None:
        response.body = body
        return response
    return await _drip(response, body, request, drip)


async def _drip(response: web.Response, body: bytes, request: web.Request, seconds: float) -> web.StreamResponse:
    slow = web.StreamResponse(status=response.status, headers=response.headers)
    slow.content_length = len(body)
    await slow.prepare(request)
    size = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), size):
        await slow.write(body[start : start + size])
        await asyncio.sleep(seconds / _DRIPS)
    await slow.write_eof()
    return slow
