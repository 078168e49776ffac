"""What a monitoring system asks for: metrics, and whether the server is alive and ready."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import JSONResponse, Response

from headgate.observe import endpoints
from headgate.observe.endpoints import Answer
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
    """Answer whether the process can work: 200, or 503 if a part that it needs is not well. Only the status is told."""
    state = request.app.state
    answer = await endpoints.ready(state.store.db, state.settings)
    return JSONResponse({"ready": answer.status < _BAD}, answer.status)


@router.get("/metrics", response_class=Response, responses=METRICS, summary="All metrics")
async def metrics(board: Board, accept: Annotated[str, Header()] = "") -> Response:
    """Answer with all metrics of this moment: OpenMetrics to who accepts it, else the text of Prometheus."""
    return _response(await endpoints.metrics(board.store.db, accept))


@router.get("/openapi.json", response_class=JSONResponse, responses=JSON, summary="This description")
async def openapi(request: Request, board: Board) -> JSONResponse:  # noqa: ARG001 - for those who may look
    """The description of everything that can be asked for here, in OpenAPI."""
    return JSONResponse(request.app.openapi())


_BAD = 400


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"Content-Type": answer.content_type})
