"""The entities, and the rows of one: as they are, or as they were at a date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.pipeline.changes import NAMES, label
from headgate.store import EntityTable, browsing
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON
from headgate.web.inputs import After, EntityPath, Moment, Search, as_key, entity_named, moment_of
from headgate.web.searching import Part, all_items, one_page

router = APIRouter(tags=["Entities"])

_ROWS = 50
_PART = 1000
_COLUMNS_SHOWN = 5
_COLUMNS = ("entity", "source", "rows", "listed_at", "quarantined")


@router.get("/entities", response_class=HTMLResponse, summary="All entities")
async def entities(board: Board) -> HTMLResponse:
    """Every entity: how many rows it has, when it was last listed, and what is in quarantine."""
    return board.page("entities.html", {"title": "Entities", "sources": await board.store.overview()})


@router.get("/entities.csv", response_class=StreamingResponse, responses=CSV, summary="All entities as CSV")
async def entities_csv(board: Board) -> StreamingResponse:
    """Every entity as CSV."""
    return await csv_file("entities", _COLUMNS, _entities(board))


@router.get("/entities.json", response_class=StreamingResponse, responses=JSON, summary="All entities as JSON")
async def entities_json(board: Board) -> StreamingResponse:
    """Every entity as JSON."""
    return await json_file("entities", _entities(board), under="entities")


@router.get("/entities/{entity}", response_class=HTMLResponse, summary="The rows of an entity")
async def rows(*, board: Board, entity: EntityPath, q: Search = "", at: Moment = "", after: After = "") -> HTMLResponse:
    """The rows of an entity by key, as they are or as they were; each leads to its history."""
    table = await entity_named(board.store, entity)
    moment = moment_of(at, board.now)
    page = await one_page(_reader(board, table, moment, q), after or None, _ROWS)
    filters = {"q": q, "at": at}
    return board.page(
        "entity.html",
        {
            "title": table.name,
            "entity": table.name,
            "columns": columns_of(table),
            "rows": [(as_key(row.key), label(row.document, row.key), row) for row in page.items],
            "next": page.next,
            "searched": page.searched,
            "first": not after,
            "filters": filters,
            "moment": moment,
            "query": urlencode({name: value for name, value in filters.items() if value}),
        },
    )


@router.get("/entities/{entity}/rows.csv", response_class=StreamingResponse, responses=CSV, summary="Rows as CSV")
async def rows_csv(*, board: Board, entity: EntityPath, q: Search = "", at: Moment = "") -> StreamingResponse:
    """The rows of an entity as CSV, as they are or as they were."""
    table = await entity_named(board.store, entity)
    columns = [column.name for column in table.columns]
    return await csv_file(table.name, columns, _documents(_reader(board, table, moment_of(at, board.now), q)))


@router.get("/entities/{entity}/rows.json", response_class=StreamingResponse, responses=JSON, summary="Rows as JSON")
async def rows_json(*, board: Board, entity: EntityPath, q: Search = "", at: Moment = "") -> StreamingResponse:
    """The rows of an entity as JSON, as they are or as they were."""
    table = await entity_named(board.store, entity)
    moment = moment_of(at, board.now)
    head = {"entity": table.name, "as_of": (moment or board.now).isoformat()}
    return await json_file(table.name, _documents(_reader(board, table, moment, q)), head=head)


def columns_of(table: EntityTable) -> Sequence[str]:
    """Return the fields that there is room for beside what a person calls a row: the key, then the first others."""
    others = [column.name for column in table.columns if column.name not in {*table.key, *NAMES}]
    return [*table.key, *others][:_COLUMNS_SHOWN]


def _reader(board: Dashboard, table: EntityTable, moment: datetime | None, search: str) -> Part[browsing.Row]:
    async def read(after: str | None, limit: int) -> browsing.Page[browsing.Row]:
        return await browsing.rows(
            board.store.context, table.name, at=moment, search=search.replace("\0", ""), after=after, limit=limit
        )

    return read


async def _documents(read: Part[browsing.Row]) -> AsyncIterator[Mapping[str, Any]]:
    async for row in all_items(read, _PART):
        yield row.document


async def _entities(board: Dashboard) -> AsyncIterator[Mapping[str, Any]]:
    for source in await board.store.overview():
        for entity in source.entities:
            listed_at = entity.listed_at.isoformat() if entity.listed_at else None
            yield {
                "entity": entity.entity,
                "source": source.source,
                "rows": entity.rows,
                "listed_at": listed_at,
                "quarantined": entity.quarantined,
            }
