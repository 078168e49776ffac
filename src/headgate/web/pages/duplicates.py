"""The rows of a run that another row of the same key stands for."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from headgate.pipeline.changes import label
from headgate.pipeline.run_report import describe_all
from headgate.store import Repeat, RunRecord, browsing
from headgate.web.dashboard import Board, Dashboard
from headgate.web.pages.changes import Entity
from headgate.web.pages.run import RunPath
from headgate.web.tables import Table, offer

router = APIRouter(tags=["Runs"])

_COLUMNS = ("entity", "key", "label", "duplicates", "conflicts")


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that came more than once.

    Args:
        entity: Name of the entity.
        repeat: The key, and how often.
        label: What a person calls the row.
        known: Whether the row was ever applied, so that it has a history.
    """

    entity: str
    repeat: Repeat
    label: str
    known: bool


@router.get("/runs/{run}/duplicates", response_class=HTMLResponse, summary="The duplicates of a run")
async def duplicates(*, board: Board, run: RunPath, entity: Entity = "") -> HTMLResponse:
    """The keys that came more than once, whose other rows count as duplicates: the first hundred of each entity."""
    record = await board.find_run(run)
    [report] = await describe_all(board.store, [record])
    found = await _repeated(board, record, entity)
    counted = sum(part.duplicates for name, part in report.entities.items() if entity in {"", name})
    return board.page(
        "duplicates.html",
        {
            "title": f"Duplicates of run {record.id}",
            "run": report,
            "entity": entity,
            "found": found,
            "counted": counted,
            "more": counted - sum(one.repeat.rows for one in found),
        },
    )


async def _repeated(board: Dashboard, record: RunRecord, entity: str) -> list[Repeated]:
    found: list[Repeated] = []
    for name, plan in (record.plan.entities if record.plan else {}).items():
        if entity in {"", name} and plan.repeats:
            documents = await browsing.last_documents(board.store.context, name, [one.key for one in plan.repeats])
            found += [
                Repeated(name, one, label(documents.get(one.key), one.key), one.key in documents)
                for one in plan.repeats
            ]
    return found


async def _table(board: Board, run: RunPath, entity: Entity = "") -> Table:
    return [
        {
            "entity": one.entity,
            "key": ", ".join(map(str, one.repeat.key)),
            "label": one.label,
            "duplicates": one.repeat.rows,
            "conflicts": one.repeat.conflicts,
        }
        for one in await _repeated(board, await board.find_run(run), entity)
    ]


offer(router, "/runs/{run}/duplicates", _COLUMNS, _table, what="The duplicates of a run")
