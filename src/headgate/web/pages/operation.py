"""What a monitoring system asks for: metrics, and whether the server is alive and ready."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from starlette.responses import JSONResponse, Response

from headgate.health import ComponentHealth, HealthStatus
from headgate.observe import endpoints
from headgate.observe.endpoints import Answer
from headgate.observe.readiness import readiness
from headgate.web.dashboard import Board
from headgate.web.files import ALIVE, JSON, METRICS, READY

probes = APIRouter(tags=["Operation"])
"""What tells nothing about the data, and is open to everybody."""

router = APIRouter(tags=["Operation"])


@probes.get("/healthz", response_class=JSONResponse, responses=ALIVE, summary="Alive?")
async def healthz() -> Response:
    """Answer that the process is alive."""
    return _response(endpoints.live())


@probes.get("/readyz", response_class=JSONResponse, responses=READY, summary="Ready?")
async def readyz(request: Request) -> Response:
    """Answer whether the process can work: 200, or 503 if a part that it needs is not well.

    Of each part its status and how long it took are told, and nothing else: anybody may ask this.
    """
    state = request.app.state
    report = await readiness(state.store.db, state.settings)
    ready = report.status is not HealthStatus.UNHEALTHY
    parts = {name: _outside(part) for name, part in report.components.items()}
    return JSONResponse({"ready": ready, "status": report.status.value, **parts}, 200 if ready else 503)


@router.get("/metrics", response_class=Response, responses=METRICS, summary="All metrics")
async def metrics(board: Board, accept: Annotated[str, Header()] = "") -> Response:
    """Answer with all metrics of this moment: OpenMetrics to who accepts it, else the text of Prometheus."""
    return _response(await endpoints.metrics(board.store.db, accept))


@router.get("/openapi.json", response_class=JSONResponse, responses=JSON, summary="This description")
async def openapi(request: Request, board: Board) -> JSONResponse:  # noqa: ARG001 - for those who may look
    """The description of everything that can be asked for here, in OpenAPI."""
    return JSONResponse(request.app.openapi())


def _outside(part: ComponentHealth) -> dict[str, Any]:
    """Return what anybody may know of a part."""
    told = {"status": part.status.value, "response_ms": part.details.get("response_ms")}
    return {name: value for name, value in told.items() if value is not None}


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"Content-Type": answer.content_type})
