"""What a run changed, or would change while its plan waits: row by row, field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.pipeline.changes import tell
from headgate.pipeline.run_report import describe_all
from headgate.store import Change, Operation, RunRecord, RunState, browsing
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON
from headgate.web.inputs import After, Search
from headgate.web.pages.run import RunPath
from headgate.web.searching import Part, all_items, one_page

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
    page = await one_page(_reader(board, record, entity, operation, q), after or None, _ROWS)
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
async def changes_csv(
    *, board: Board, run: RunPath, entity: Entity = "", operation: Kind = "", q: Search = ""
) -> StreamingResponse:
    """The changes of a run as CSV: a line for each field that changed, or for each row that came or went."""
    record = await board.find_run(run)
    found = all_items(_reader(board, record, entity, operation, q), _PART)
    return await csv_file(f"changes-{record.id}", _COLUMNS, _lines(found))


@router.get(
    "/runs/{run}/changes.json", response_class=StreamingResponse, responses=JSON, summary="The changes of a run as JSON"
)
async def changes_json(
    *, board: Board, run: RunPath, entity: Entity = "", operation: Kind = "", q: Search = ""
) -> StreamingResponse:
    """The changes of a run as JSON."""
    record = await board.find_run(run)
    found = all_items(_reader(board, record, entity, operation, q), _PART)
    return await json_file(f"changes-{record.id}", _told(found), under="changes", head={"run": record.id})


def _reader(board: Dashboard, record: RunRecord, entity: str, operation: str, search: str) -> Part[Change]:
    async def read(after: str | None, limit: int) -> browsing.Page[Change]:
        return await browsing.changes(
            board.store.context,
            record,
            entity=entity.replace("\0", "") or None,
            operation=Operation(operation) if operation else None,
            search=search.replace("\0", ""),
            after=after,
            limit=limit,
        )

    return read


async def _told(found: AsyncIterator[Change]) -> AsyncIterator[dict[str, Any]]:
    async for change in found:
        yield tell(change).as_dict()


async def _lines(found: AsyncIterator[Change]) -> AsyncIterator[dict[str, Any]]:
    async for change in _told(found):
        line = {name: change[name] for name in ("entity", "operation", "label")}
        line["key"] = ", ".join(map(str, change["key"]))
        for name, values in (change["fields"] or {None: {"old": None, "new": None}}).items():
            yield {**line, "field": name, **values}
