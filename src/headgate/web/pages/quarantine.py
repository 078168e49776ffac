"""The rows that did not pass: what came, why it was refused, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Form, Path, Query
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from headgate import pipeline
from headgate.errors import ConfigError
from headgate.store import QuarantineRecord
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, DONE, JSON
from headgate.web.problems import NotFoundError
from headgate.web.security.access import Acting

router = APIRouter(tags=["Quarantine"])
actions = APIRouter(tags=["Decisions"], responses=DONE)

_ROWS = 50
_LARGEST = 2**63 - 1
_COLUMNS = ("id", "entity", "key", "at", "run", "partition", "reasons", "raw")

Number = Annotated[int, Path(ge=0, le=_LARGEST, description="The number of the row.")]
Entity = Annotated[str, Query(max_length=200, description="Only rows of this entity.")]
Run = Annotated[str, Query(max_length=100, description="Only rows that this run brought.")]
Before = Annotated[int | None, Query(ge=0, le=_LARGEST, description="Only rows before this number.")]
Ids = Annotated[list[int], Form(description="The numbers of the rows.", max_length=1000)]
Details = Annotated[bool, Form(description="Also rows of the entities that a sync with details reads.")]


@router.get("/quarantine", response_class=HTMLResponse, summary="The rows in quarantine")
async def quarantine(board: Board, entity: Entity = "", run: Run = "", before: Before = None) -> HTMLResponse:
    """The rows that did not pass, newest first, each with why."""
    records = [record async for record in _records(board, entity, run, before=before, limit=_ROWS + 1)]
    filters = {"entity": entity, "run": run}
    sources = await board.store.overview()
    return board.page(
        "quarantine.html",
        {
            "title": "Quarantine",
            "records": records[:_ROWS],
            "next": records[_ROWS - 1].id if len(records) > _ROWS else None,
            "first": before is None,
            "filters": filters,
            "query": urlencode({name: value for name, value in filters.items() if value}),
            "counts": [(part.entity, part.quarantined) for source in sources for part in source.entities],
        },
    )


@router.get("/quarantine.csv", response_class=StreamingResponse, responses=CSV, summary="The quarantine as CSV")
async def quarantine_csv(board: Board, entity: Entity = "", run: Run = "") -> StreamingResponse:
    """The rows in quarantine as CSV, each with its reasons and as it came."""
    return await csv_file("quarantine", _COLUMNS, _plain(board, entity, run))


@router.get("/quarantine.json", response_class=StreamingResponse, responses=JSON, summary="The quarantine as JSON")
async def quarantine_json(board: Board, entity: Entity = "", run: Run = "") -> StreamingResponse:
    """The rows in quarantine as JSON, each with its reasons and as it came."""
    return await json_file("quarantine", _plain(board, entity, run))


@router.get("/quarantine/{number}", response_class=HTMLResponse, summary="One row in quarantine")
async def quarantined(board: Board, number: Number) -> HTMLResponse:
    """One row as it came, with every reason."""
    record = await _one(board, number)
    raw = orjson.dumps(record.raw, option=orjson.OPT_INDENT_2, default=str).decode()
    return board.page("quarantined.html", {"title": f"Row {record.id}", "record": record, "raw": raw})


@actions.post("/quarantine/replay", status_code=303, response_class=RedirectResponse, summary="Judge rows again")
async def replay(
    board: Board,
    who: Acting,  # noqa: ARG001 - who may act
    ids: Ids,
    *,
    details: Details = False,
) -> RedirectResponse:
    """Judge rows of one source again, after a rule or a model was mended, and apply those that pass now."""
    sources = {(await _one(board, number)).source for number in ids}
    if len(sources) != 1:
        raise ConfigError("Rows of several sources are replayed one source at a time.", hint="Choose rows of one.")
    report = await pipeline.replay(sources.pop(), config=board.settings, ids=set(ids), details=details)
    told = {"replayed": report.replayed, "refused": len(report.refused), "skipped": len(report.skipped)}
    return RedirectResponse(f"/runs/{report.run.run}?{urlencode(told)}", 303)


@actions.post("/quarantine/drop", status_code=303, response_class=RedirectResponse, summary="Drop rows")
async def drop(board: Board, who: Acting, ids: Ids) -> RedirectResponse:  # noqa: ARG001 - who may act
    """Delete rows from the quarantine for good."""
    await board.store.drop_quarantined([number for number in ids if 0 <= number <= _LARGEST])
    return RedirectResponse("/quarantine", 303)


async def _one(board: Dashboard, number: int) -> QuarantineRecord:
    ids = [number] if 0 <= number <= _LARGEST else []
    async for record in board.store.quarantined(ids=ids, limit=1):
        return record
    raise NotFoundError(f"Row {number} is not in quarantine.", "It was replayed, dropped or pruned, or never was.")


async def _records(
    board: Dashboard, entity: str, run: str, *, before: int | None = None, limit: int | None = None
) -> AsyncIterator[QuarantineRecord]:
    run_id = (await board.find_run(run)).id if run else None
    async for record in board.store.quarantined(
        entity=entity.replace("\0", "") or None, run_id=run_id, before=before, limit=limit
    ):
        yield record


async def _plain(board: Dashboard, entity: str, run: str) -> AsyncIterator[Mapping[str, Any]]:
    async for record in _records(board, entity, run):
        yield {
            "id": record.id,
            "entity": record.entity,
            "key": None if record.key is None else list(record.key),
            "at": record.at.isoformat(),
            "run": record.run,
            "partition": record.partition,
            "reasons": list(record.reasons),
            "raw": record.raw,
        }
