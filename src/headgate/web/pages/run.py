"""One run: where its rows went, what it did with its time, and what it asked the upstream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import HTMLResponse, JSONResponse

from headgate import pipeline
from headgate.pipeline.quality_report import RunQuality
from headgate.pipeline.run_report import describe_all
from headgate.store import RunRecord, RunState, Store
from headgate.store import findings as found
from headgate.web.dashboard import Board
from headgate.web.files import JSON

router = APIRouter(tags=["Runs"])

Rows = Annotated[int | None, Query(ge=0, le=10**9, description="Rows of a replay.")]
RunPath = Annotated[str, Path(max_length=100, description="The id of a run, its beginning, or its last part.")]


@router.get("/runs/{run}", response_class=HTMLResponse, summary="One run")
async def run(
    *, board: Board, run: RunPath, replayed: Rows = None, refused: Rows = None, skipped: Rows = None
) -> HTMLResponse:
    """One run: its funnel with every loss named, stages, requests, hosts, slowest URLs and findings.

    ``replayed``, ``refused`` and ``skipped`` tell what became of rows whose replay led here.
    """
    record = await board.find_run(run)
    [report] = await describe_all(board.store, [record])
    activity = (await pipeline.activity_of(board.store, record)).get(record.id)
    under_way = record.seq in await board.store.under_way()
    interrupted = record.status is RunState.STARTED and not under_way
    return board.page(
        "run.html",
        {
            "title": f"Run {record.id}",
            "run": report,
            "state": "interrupted" if interrupted else record.status.value,
            "under_way": under_way,
            "activity": activity,
            "quality": await quality_of(board.store, record),
            "replay": None if replayed is None else (replayed, refused or 0, skipped or 0),
        },
    )


async def quality_of(store: Store, record: RunRecord) -> RunQuality | None:
    """Return the quality of a run; nothing if nothing was judged in it."""
    judged = await found.latest(store.context, source=record.source, until=record.seq, limit=1)
    return await pipeline.quality_of(store, record.id) if judged and judged[0].seq == record.seq else None


@router.get("/runs/{run}/report.json", response_class=JSONResponse, responses=JSON, summary="One run as JSON")
async def run_json(board: Board, run: RunPath) -> JSONResponse:
    """One run as JSON, without its changes."""
    record = await board.find_run(run)
    [report] = await describe_all(board.store, [record])
    return JSONResponse(report.as_dict(changes=False))
