"""How every part is: database, tables, Redis, sinks of events, hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, StreamingResponse

from headgate import pipeline
from headgate.errors import HeadgateError
from headgate.observe.readiness import readiness
from headgate.web.dashboard import Board, Dashboard
from headgate.web.delivery import sentences
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON
from headgate.web.wording import duration, shown

router = APIRouter(tags=["Health"])

_UNITS = {"ms": 0.001, "seconds": 1.0}
_COLUMNS = ("part", "status", "message", "details")


@router.get("/health", response_class=HTMLResponse, summary="How every part is")
async def health(board: Board) -> HTMLResponse:
    """Every part that a run needs, how far each sink of events has got, and the hosts as the last runs saw them."""
    report = await readiness(board.store.db, board.settings)
    context: dict[str, Any] = {
        "title": "Health",
        "readiness": report,
        "facts": {name: facts(part.details) for name, part in report.components.items()},
    }
    try:
        found = await pipeline.standings(board.store)
        outbox = await board.store.outbox_status()
    except HeadgateError:
        # the parts say what is wrong with the database; without it nothing else is known
        return board.page("health.html", {**context, "sinks": [], "kept": None, "sources": []})
    context |= {
        "sinks": [(sink, sentences(sink, outbox.at)) for sink in outbox.sinks],
        "kept": outbox.kept,
        "sources": [source for source in found.sources if source.activity and source.activity.hosts],
    }
    return board.page("health.html", context)


def facts(details: Mapping[str, Any]) -> list[str]:
    """Return the facts of a part in words; what it says of its own parts stands elsewhere on the page."""
    return [_fact(name, value) for name, value in details.items() if value is not None and not isinstance(value, dict)]


def _fact(name: str, value: Any) -> str:
    words, _, unit = name.rpartition("_")
    if unit in _UNITS and isinstance(value, int | float):
        return f"{words.replace('_', ' ')} {duration(value * _UNITS[unit])}"
    if isinstance(value, bool):
        return f"{'' if value else 'not '}{name.replace('_', ' ')}"
    return f"{name.replace('_', ' ')} {f'{value:,}' if isinstance(value, int) else shown(value, 120)}"


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
