"""All runs, newest first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.pipeline.run_report import describe_all
from headgate.store import RunState
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON

router = APIRouter(tags=["Runs"])

_ROWS = 50
_PART = 200
_LARGEST = 2**63 - 1
_FUNNEL = ("fetched", "duplicates", "quarantined", "valid", "new", "updated", "unchanged", "deleted")
_COLUMNS = ("run", "source", "status", "started_at", "finished_at", "decided_by", *_FUNNEL, "error")

Source = Annotated[str | None, Query(max_length=1000, description="Only runs of this source.")]
Status = Annotated[RunState | Literal[""], Query(description="Only runs that stand there.")]
Before = Annotated[int | None, Query(ge=0, le=_LARGEST, description="Only runs before this number.")]


@router.get("/runs", response_class=HTMLResponse, summary="All runs")
async def runs(board: Board, source: Source = None, status: Status = "", before: Before = None) -> HTMLResponse:
    """The runs, newest first: what each changed, how long it took, and how it ended."""
    source = _plain(source)
    records = await board.store.runs(source=source, status=status or None, before=before, limit=_ROWS + 1)
    shown = records[:_ROWS]
    return board.page(
        "runs.html",
        {
            "title": "Runs",
            "runs": await describe_all(board.store, shown),
            "next": shown[-1].seq if len(records) > _ROWS else None,
            "first": before is None,
            "source": source,
            "status": status or None,
            "all_sources": await board.store.sources(),
            "states": list(RunState),
            "query": urlencode({"source": source or "", "status": status.value if status else ""}),
        },
    )


@router.get("/runs.csv", response_class=StreamingResponse, responses=CSV, summary="All runs as CSV")
async def runs_csv(board: Board, source: Source = None, status: Status = "") -> StreamingResponse:
    """The runs as CSV, newest first."""
    return await csv_file("runs", _COLUMNS, _flat(board, _plain(source), status or None))


@router.get("/runs.json", response_class=StreamingResponse, responses=JSON, summary="All runs as JSON")
async def runs_json(board: Board, source: Source = None, status: Status = "") -> StreamingResponse:
    """The runs as JSON, newest first, each with the funnel of every entity."""
    return await json_file("runs", _all(board, _plain(source), status or None), under="runs")


async def _all(board: Dashboard, source: str | None, status: RunState | None) -> AsyncIterator[dict[str, Any]]:
    before = None
    while records := await board.store.runs(source=source, status=status, before=before, limit=_PART):
        for report in await describe_all(board.store, records):
            yield report.as_dict(changes=False)
        before = records[-1].seq


async def _flat(board: Dashboard, source: str | None, status: RunState | None) -> AsyncIterator[Mapping[str, Any]]:
    async for run in _all(board, source, status):
        entities = run["entities"].values()
        yield {**run, **{name: sum(entity[name] for entity in entities) for name in _FUNNEL}}


def _plain(word: str | None) -> str | None:
    """Return a word without what a database refuses; nothing for an empty field of a form."""
    return (word or "").replace("\0", "") or None
