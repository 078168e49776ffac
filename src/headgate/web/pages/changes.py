"""What a run changed, or would change while its plan waits: row by row, field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.pipeline.changes import tell
from headgate.pipeline.run_report import describe_all
from headgate.store import Operation, RunRecord, RunState, browsing
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON
from headgate.web.inputs import After, Search
from headgate.web.pages.run import RunPath

router = APIRouter(tags=["Runs"])

_ROWS = 50
_PART = 500
_COLUMNS = ("entity", "operation", "key", "label", "field", "old", "new")

Entity = Annotated[str, Query(max_length=200, description="Only changes of this entity.")]
Kind = Annotated[Literal["", "new", "updated", "deleted"], Query(description="Only this operation.")]


@router.get("/runs/{run}/changes", response_class=HTMLResponse, summary="The changes of a run")
async def changes(
    *, board: Board, run: RunPath, entity: Entity = "", operation: Kind = "", q: Search = "", after: After = ""
) -> HTMLResponse:
    """New, updated and deleted rows with the differences of their fields; of a held run also why it is held."""
    record = await board.find_run(run)
    [report] = await describe_all(board.store, [record])
    page = await _page(board, record, entity=entity, operation=operation, search=q, after=after, limit=_ROWS)
    filters = {"entity": entity, "operation": operation, "q": q}
    query = urlencode({name: value for name, value in filters.items() if value})
    return board.page(
        "changes.html",
        {
            "title": f"Changes of run {record.id}",
            "run": report,
            "waits": record.status in {RunState.HELD, RunState.PLANNED},
            "changes": [tell(change) for change in page.items],
            "documents": [change.document for change in page.items],
            "next": page.next,
            "searched": page.searched,
            "first": not after,
            "filters": filters,
            "query": query,
        },
    )


@router.get(
    "/runs/{run}/changes.csv", response_class=StreamingResponse, responses=CSV, summary="The changes of a run as CSV"
)
async def changes_csv(board: Board, run: RunPath, entity: Entity = "", operation: Kind = "") -> StreamingResponse:
    """The changes of a run as CSV: a line for each field that changed, or for each row that came or went."""
    record = await board.find_run(run)
    return await csv_file(f"changes-{record.id}", _COLUMNS, _lines(board, record, entity, operation))


@router.get(
    "/runs/{run}/changes.json", response_class=StreamingResponse, responses=JSON, summary="The changes of a run as JSON"
)
async def changes_json(board: Board, run: RunPath, entity: Entity = "", operation: Kind = "") -> StreamingResponse:
    """The changes of a run as JSON."""
    record = await board.find_run(run)
    rows = _all(board, record, entity, operation)
    return await json_file(f"changes-{record.id}", rows, under="changes", head={"run": record.id})


async def _page(
    board: Dashboard, record: RunRecord, *, entity: str, operation: str, search: str, after: str, limit: int
) -> browsing.Page[Any]:
    return await browsing.changes(
        board.store.context,
        record,
        entity=entity.replace("\0", "") or None,
        operation=Operation(operation) if operation else None,
        search=search.replace("\0", ""),
        after=after or None,
        limit=limit,
    )


async def _all(board: Dashboard, record: RunRecord, entity: str, operation: str) -> AsyncIterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = await _page(board, record, entity=entity, operation=operation, search="", after=after, limit=_PART)
        for change in page.items:
            yield tell(change).as_dict()
        after = page.next


async def _lines(board: Dashboard, record: RunRecord, entity: str, operation: str) -> AsyncIterator[dict[str, Any]]:
    async for change in _all(board, record, entity, operation):
        line = {name: change[name] for name in ("entity", "operation", "label")}
        line["key"] = ", ".join(map(str, change["key"]))
        for name, values in (change["fields"] or {None: {"old": None, "new": None}}).items():
            yield {**line, "field": name, **values}
