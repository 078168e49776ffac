"""How every part is: database, tables, Redis, sinks of events, hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, StreamingResponse

from headgate import pipeline
from headgate.observe.readiness import readiness
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON

router = APIRouter(tags=["Health"])

_COLUMNS = ("part", "status", "message", "details")


@router.get("/health", response_class=HTMLResponse, summary="How every part is")
async def health(board: Board) -> HTMLResponse:
    """Every part that a run needs, how far each sink of events has got, and the hosts as the last runs saw them."""
    found = await pipeline.standings(board.store)
    return board.page(
        "health.html",
        {
            "title": "Health",
            "readiness": await readiness(board.store.db, board.settings),
            "outbox": await board.store.outbox_status(),
            "sources": [source for source in found.sources if source.activity and source.activity.hosts],
        },
    )


@router.get("/health.csv", response_class=StreamingResponse, responses=CSV, summary="Health as CSV")
async def health_csv(board: Board) -> StreamingResponse:
    """Every part as CSV."""
    return await csv_file("health", _COLUMNS, _parts(board))


@router.get("/health.json", response_class=StreamingResponse, responses=JSON, summary="Health as JSON")
async def health_json(board: Board) -> StreamingResponse:
    """Every part as JSON."""
    return await json_file("health", _parts(board), under="parts")


async def _parts(board: Dashboard) -> AsyncIterator[Mapping[str, Any]]:
    report = await readiness(board.store.db, board.settings)
    for name, part in report.components.items():
        yield {"part": name, "status": part.status.value, "message": part.message, "details": dict(part.details)}
