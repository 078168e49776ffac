"""Counts and numbers over time, by group, as charts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.pipeline.naming import names_of
from headgate.store import RunState, SeriesPoint
from headgate.store.series import NUMBERS, series
from headgate.web.charts.lines import COLOURS, Line
from headgate.web.counting import Counting, Series, Wanted
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON
from headgate.web.inputs import entity_named
from headgate.web.wording import shown

router = APIRouter(tags=["Trends"])

_POINTS = 400
_OTHERS = "all others"
_NONE = "none"
_COLUMNS = ("at", "group", "name", "rows", "filled", "total", "mean")

Entity = Annotated[str, Query(max_length=200, description="The entity; the first one if not given.")]
Field = Annotated[str, Query(max_length=200, description="A field of numbers, whose mean is drawn.")]
By = Annotated[str, Query(max_length=200, description="A field whose values make the groups.")]


@router.get("/trends", response_class=HTMLResponse, summary="Counts and numbers over time")
async def trends(board: Board, request: Request, entity: Entity = "", field: Field = "", by: By = "") -> HTMLResponse:
    """How many rows there were over time, by group, and the mean of a field of numbers."""
    entities = await board.store.entities()
    context: dict[str, Any] = {"title": "Trends", "entities": list(entities), "entity": None}
    if not entities:
        return board.page("trends.html", context)
    table = await entity_named(board.store, entity or next(reversed(entities)))
    last = await board.store.runs(status=RunState.APPLIED, limit=1)
    wanted = Wanted(table.name, field or None, by or None, last[0].seq if last else None)
    counting: Counting = request.app.state.counting
    found = await counting.get(board.store, wanted)
    named = await names_of(board.store, table, by, [] if found is None else _ranked(found)[:COLOURS])
    groups = [] if found is None else largest(found, board.now, single=not by, names=named)
    drawn = groups[:COLOURS]
    filters = {"entity": table.name, "field": field, "by": by}
    context |= {
        "entity": table.name,
        "numbers": [column.name for column in table.columns if column.type in NUMBERS and column.name not in table.key],
        "fields": [column.name for column in table.columns if column.name not in table.key],
        "filters": filters,
        "query": urlencode({name: value for name, value in filters.items() if value}),
        "ready": found is not None,
        "counts": [Line(name, [(point.at, point.rows) for point in points]) for name, points in drawn],
        "means": [Line(name, [(point.at, point.mean) for point in points]) for name, points in drawn] if field else [],
        "table": [(name, points[-1]) for name, points in groups if points],
        "many": found is not None and len(found) > COLOURS,
        "groups": 0 if found is None else len(found),
    }
    return board.page("trends.html", context)


@router.get("/trends.csv", response_class=StreamingResponse, responses=CSV, summary="A trend as CSV")
async def trends_csv(board: Board, entity: Entity, field: Field = "", by: By = "") -> StreamingResponse:
    """Every point of a trend, with all its groups, as CSV."""
    return await csv_file("trend", _COLUMNS, await _points(board, entity, field, by))


@router.get("/trends.json", response_class=StreamingResponse, responses=JSON, summary="A trend as JSON")
async def trends_json(board: Board, entity: Entity, field: Field = "", by: By = "") -> StreamingResponse:
    """Every point of a trend, with all its groups, as JSON."""
    head = {"entity": entity, "field": field or None, "by": by or None}
    return await json_file("trend", await _points(board, entity, field, by), under="points", head=head)


def _ranked(found: Series) -> list[str | None]:
    """Return the groups, those with the most rows first."""
    return sorted(found, key=lambda name: -found[name][-1].rows)


def largest(
    found: Series, now: datetime, *, single: bool = False, names: Mapping[str, str] | None = None
) -> list[tuple[str, Sequence[SeriesPoint]]]:
    """Return the largest groups, as many as there are colours, and all others as one; each drawn to its end and to now.

    Args:
        found: The groups.
        now: Where the lines end.
        single: Whether the only group is all rows.
        names: What groups are called, where their value is no name.
    """
    ranked = _ranked(found)
    words = {value: shown(name, 60) for value, name in (names or {}).items()}
    chosen = [
        ("all rows" if single else _NONE if value is None else words.get(value) or shown(value, 60), found[value])
        for value in ranked[:COLOURS]
    ]
    if others := ranked[COLOURS:]:
        chosen = [*chosen, (_OTHERS, _together([found[value] for value in others]))]
    return [(name, _thinned(_until(points, now))) for name, points in chosen]


def _together(groups: Sequence[Sequence[SeriesPoint]]) -> list[SeriesPoint]:
    """Return the sum of some groups at every instant that one of them changed."""
    steps = sorted((point.at, number) for number, points in enumerate(groups) for point in points)
    places = {(number, point.at): point for number, points in enumerate(groups) for point in points}
    current: dict[int, SeriesPoint] = {}
    rows, filled, total = 0, 0, 0.0
    together: list[SeriesPoint] = []
    for at, number in steps:
        new, old = places[number, at], current.get(number)
        rows += new.rows - (old.rows if old else 0)
        filled += new.filled - (old.filled if old else 0)
        total += new.total - (old.total if old else 0.0)
        current[number] = new
        if together and together[-1].at == at:
            together.pop()
        together.append(SeriesPoint(at, rows, filled, total))
    return together


def _until(points: Sequence[SeriesPoint], now: datetime) -> list[SeriesPoint]:
    last = points[-1]
    return [*points, SeriesPoint(now, last.rows, last.filled, last.total)] if now > last.at else list(points)


def _thinned(points: Sequence[SeriesPoint]) -> Sequence[SeriesPoint]:
    """Return as many points as a picture can show, the first and the last among them."""
    if len(points) <= _POINTS:
        return points
    step = (len(points) - 1) / (_POINTS - 1)
    return [points[round(number * step)] for number in range(_POINTS)]


async def _points(board: Dashboard, entity: str, field: str, by: str) -> AsyncIterator[Mapping[str, Any]]:
    table = await entity_named(board.store, entity)
    found = await series(board.store.context, table.name, field=field or None, by=by or None)
    return _flat(found, await names_of(board.store, table, by, found))


async def _flat(found: Series, names: Mapping[str, str]) -> AsyncIterator[Mapping[str, Any]]:
    for group, points in found.items():
        for point in points:
            yield {
                "at": point.at.isoformat(),
                "group": group,
                "name": None if group is None else names.get(group),
                "rows": point.rows,
                "filled": point.filled,
                "total": point.total,
                "mean": point.mean,
            }
