"""One row through time: every version, two of them side by side, and how it was at a date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from headgate import pipeline
from headgate.errors import ConfigError
from headgate.pipeline.changes import label
from headgate.store import EntityTable, Version, browsing
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, DONE, JSON
from headgate.web.inputs import EntityPath, Key, Moment, as_key, entity_named, key_of, moment_of
from headgate.web.problems import NotFoundError
from headgate.web.security.access import Acting
from headgate.web.tables import Table, offer

router = APIRouter(tags=["Entities"])
actions = APIRouter(tags=["Decisions"])

_VERSIONS = 50
_PART = 500
_INSTANT = timedelta(microseconds=1)
_COLUMNS = ("valid_from", "valid_to", "operation", "run", "field", "old", "new")
_SIDES = ("field", "left", "right", "differs")

At = Annotated[str, Form(max_length=40, description="The date or time to go back to.")]
KeyField = Annotated[str, Form(max_length=4000, description="The values of the key, as a JSON list.")]


@router.get("/entities/{entity}/row", response_class=HTMLResponse, summary="One row through time")
async def record(
    *, board: Board, entity: EntityPath, key: Key, at: Moment = "", a: Moment = "", b: Moment = "", before: Moment = ""
) -> HTMLResponse:
    """The versions of one row, newest first; two of them side by side; how it was at a date, and what restoring does.

    ``a`` and ``b`` name two versions by an instant at which they were true.
    """
    table = await entity_named(board.store, entity)
    values = key_of(table, key)
    moment = moment_of(at, board.now)
    listed = await browsing.versions(
        board.store.context, table.name, values, before=moment_of(before, board.now), limit=_VERSIONS + 1
    )
    newest = await browsing.versions(board.store.context, table.name, values, limit=1)
    if not newest:
        raise NotFoundError(f"'{table.name}' never had this row.", "The page of the entity lists the rows it has.")
    then = None if moment is None else await _true_at(board, table, values, at)
    pair = [await _true_at(board, table, values, side) for side in (a, b)] if a and b else []
    known = next((version.document for version in [*newest, *listed] if version.document), None)
    return board.page(
        "record.html",
        {
            "title": label(known, values),
            "entity": table.name,
            "key": as_key(values),
            "values": values,
            "versions": listed[:_VERSIONS],
            "next": listed[_VERSIONS - 1].valid_from.isoformat() if len(listed) > _VERSIONS else None,
            "current": newest[0],
            "at": at,
            "moment": moment,
            "then": then,
            "restoring": None if moment is None else await _preview(board, table, values, at),
            "compared": _side_by_side(pair) if pair else None,
            "pair": pair,
            "chosen": _chosen(pair, listed),
            "pair_query": urlencode({"key": as_key(values), "a": a, "b": b}),
            "query": urlencode({"key": as_key(values)}),
            "fields": [column.name for column in table.columns],
        },
    )


@router.get("/entities/{entity}/row.json", response_class=StreamingResponse, responses=JSON, summary="Versions as JSON")
async def record_json(board: Board, entity: EntityPath, key: Key) -> StreamingResponse:
    """The versions of one row as JSON, newest first."""
    table = await entity_named(board.store, entity)
    values = key_of(table, key)
    head = {"entity": table.name, "key": list(values)}
    return await json_file(f"{table.name}-history", _versions(board, table, values), under="versions", head=head)


@router.get("/entities/{entity}/row.csv", response_class=StreamingResponse, responses=CSV, summary="Versions as CSV")
async def record_csv(board: Board, entity: EntityPath, key: Key) -> StreamingResponse:
    """The versions of one row as CSV, newest first: a line for each field that changed."""
    table = await entity_named(board.store, entity)
    return await csv_file(f"{table.name}-history", _COLUMNS, _lines(board, table, key_of(table, key)))


async def _sides(*, board: Board, entity: EntityPath, key: Key, a: Moment = "", b: Moment = "") -> Table:
    table = await entity_named(board.store, entity)
    values = key_of(table, key)
    compared = _side_by_side([await _true_at(board, table, values, side) for side in (a, b)])
    return [dict(zip(_SIDES, line, strict=True)) for line in compared]


offer(router, "/entities/{entity}/sides", _SIDES, _sides, what="Two versions of one row side by side")


@actions.post(
    "/entities/{entity}/restore",
    status_code=303,
    response_class=RedirectResponse,
    responses=DONE,
    summary="Restore one row",
)
async def restore(
    board: Board,
    who: Acting,  # noqa: ARG001 - who may act
    entity: EntityPath,
    key: KeyField,
    at: At,
) -> RedirectResponse:
    """Plan the run that makes one row what it was at a time. Nothing is changed until that plan is applied."""
    table = await entity_named(board.store, entity)
    values = key_of(table, key)
    moment = moment_of(at, board.now)
    if moment is None:
        raise ConfigError("To restore a row needs a time.", hint="Give the date or time to go back to.")
    planned = await pipeline.plan_restore(board.store, table.name, values, moment, guard=board.settings.guard)
    if planned is None:
        return RedirectResponse(f"/entities/{quote(table.name)}/row?{urlencode({'key': as_key(values)})}", 303)
    return RedirectResponse(f"/runs/{planned.run}/changes", 303)


async def _true_at(board: Dashboard, table: EntityTable, values: tuple[Any, ...], text: str) -> Version | None:
    """Return the version of a row that was true at an instant; none before the first."""
    moment = moment_of(text, board.now) or board.now
    found = await browsing.versions(board.store.context, table.name, values, before=moment + _INSTANT, limit=1)
    return found[0] if found else None


async def _preview(board: Dashboard, table: EntityTable, values: tuple[Any, ...], text: str) -> pipeline.Change | None:
    """Return what restoring would change; nothing if that cannot be told, which the page says."""
    try:
        return await pipeline.preview_restore(board.store, table.name, values, moment_of(text, board.now) or board.now)
    except ConfigError:
        return None


def _side_by_side(pair: list[Version | None]) -> list[tuple[str, Any, Any, bool]]:
    """Return every field of two versions, with both values, and whether they differ."""
    first, second = ((version.document if version else None) or {} for version in pair)
    return [
        (name, first.get(name), second.get(name), first.get(name) != second.get(name)) for name in {**first, **second}
    ]


def _chosen(pair: Sequence[Version | None], listed: Sequence[Version]) -> list[datetime | None]:
    """Return when the two versions began that are chosen for a comparison: those compared, else the newest two."""
    newest = listed[1::-1]
    return [side.valid_from if side else None for side in pair or (*newest[:1], *newest[-1:])]


async def _versions(board: Dashboard, table: EntityTable, values: tuple[Any, ...]) -> AsyncIterator[dict[str, Any]]:
    before = None
    while versions := await browsing.versions(board.store.context, table.name, values, before=before, limit=_PART):
        for version in versions:
            yield version.as_dict()
        before = versions[-1].valid_from


async def _lines(board: Dashboard, table: EntityTable, values: tuple[Any, ...]) -> AsyncIterator[Mapping[str, Any]]:
    async for version in _versions(board, table, values):
        head = {name: version[name] for name in ("valid_from", "valid_to", "operation", "run")}
        for name, change in (version["fields"] or {None: {"old": None, "new": None}}).items():
            yield {**head, "field": name, **change}
