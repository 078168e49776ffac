"""How every source and entity stands, read with a few bounded queries: for metrics, alerts and health."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context
from headgate.store.migrations import MIGRATIONS, current_version
from headgate.store.plan import EntityPlan
from headgate.store.quarantine import in_quarantine
from headgate.store.records import RunRecord, RunState, read_record

MAX_SOURCES = 200
"""Sources that are looked at, by name."""

MAX_QUARANTINED = 100_000
"""Rows in quarantine that are counted, over all entities: where there are more, so many are reported."""

LOOK_BACK = 20
"""Applied runs of a source that are searched for the last one that listed an entity."""


@dataclass(frozen=True, slots=True)
class EntityOverview:
    """How an entity stands.

    Args:
        entity: Its name.
        last: Its part of the last plan of the source.
        rows: Rows that are known, after the last applied run.
        listed_at: When the last applied run that listed it to its end began; if none of the last runs did, the last
            one that brought rows of it. None: never, or too long ago.
        quarantined: Its rows in quarantine.
    """

    entity: str
    last: EntityPlan
    rows: int
    listed_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """How a source stands.

    Args:
        source: Its name.
        last: Its newest run.
        applied_at: When its last applied run ended.
        held: Runs that the guard holds.
        held_since: When the oldest of them was planned.
        entities: The entities of its last plan.
    """

    source: str
    last: RunRecord
    applied_at: datetime | None
    held: int
    held_since: datetime | None
    entities: tuple[EntityOverview, ...]


async def overview(context: Context) -> list[SourceOverview]:
    """Return how every source with a run stands, by name; :data:`MAX_SOURCES` of them at the most.

    Nothing is written: of a database whose tables this Headgate has not made, or not brought to its version, nothing
    is told.
    """
    lease = context.schema.lease
    async with context.db.get_connection() as connection:
        if await current_version(connection, context.schema) != MIGRATIONS[-1].version:
            return []
        # one row for each source that ever ran, whatever the number of runs
        sources = await connection.execute(sa.select(lease.c.source).order_by(lease.c.source).limit(MAX_SOURCES))
        quarantined = await _quarantined(connection, context)
        held = await _held(connection, context)
        found = [await _source(connection, context, row.source, quarantined, held) for row in sources.all()]
    return [source for source in found if source is not None]


async def _source(
    connection: AsyncConnection,
    context: Context,
    source: str,
    quarantined: dict[str, int],
    held: dict[str, tuple[int, datetime | None]],
) -> SourceOverview | None:
    run = context.schema.run
    newest = run.select().where(run.c.source == source).order_by(run.c.seq.desc())
    last = (await connection.execute(newest.limit(1))).first()
    if last is None:
        return None
    planned = last if last.plan else (await connection.execute(newest.where(run.c.plan.is_not(None)).limit(1))).first()
    applied = [
        read_record(row)
        for row in await connection.execute(newest.where(run.c.status == RunState.APPLIED.value).limit(LOOK_BACK))
    ]
    waiting, since = held.get(source, (0, None))
    plan = read_record(planned).plan if planned is not None else None
    entities = plan.entities if plan is not None else {}
    return SourceOverview(
        source=source,
        last=read_record(last),
        applied_at=applied[0].finished_at if applied else None,
        held=waiting,
        held_since=since,
        entities=tuple(
            EntityOverview(name, part, _rows(name, applied, part), _listed_at(name, applied), quarantined.get(name, 0))
            for name, part in entities.items()
        ),
    )


def _parts(name: str, applied: Iterable[RunRecord]) -> list[tuple[RunRecord, EntityPlan]]:
    return [(run, run.plan.entities[name]) for run in applied if run.plan is not None and name in run.plan.entities]


def _rows(name: str, applied: Sequence[RunRecord], planned: EntityPlan) -> int:
    for _, part in _parts(name, applied):
        return part.known + part.counts.new - part.counts.deleted
    return planned.known


def _listed_at(name: str, applied: Sequence[RunRecord]) -> datetime | None:
    """Return when an entity was last listed; a run that took another back, or replayed rows, lists nothing."""
    parts = [(run, part) for run, part in _parts(name, applied) if run.compensates is None]
    whole = (run.started_at for run, part in parts if part.complete and not (part.incomplete or part.partial))
    some = (run.started_at for run, part in parts if part.counts.fetched)
    return next(whole, None) or next(some, None)


async def _held(connection: AsyncConnection, context: Context) -> dict[str, tuple[int, datetime | None]]:
    """Return how many runs of each source are held, and when the oldest of them was planned."""
    run = context.schema.run
    query = (
        sa.select(run.c.source, sa.func.count().label("waiting"), sa.func.min(run.c.planned_at).label("since"))
        .where(run.c.status == RunState.HELD.value)
        .group_by(run.c.source)
    )
    return {row.source: (row.waiting, row.since) for row in await connection.execute(query)}


async def _quarantined(connection: AsyncConnection, context: Context) -> dict[str, int]:
    """Return the rows in quarantine by entity."""
    rows, entity = context.schema.quarantine, context.schema.entity
    some = sa.select(rows.c.entity_id).where(in_quarantine(context)).limit(MAX_QUARANTINED).subquery()
    query = (
        sa.select(entity.c.name, sa.func.count())
        .select_from(some.join(entity, entity.c.id == some.c.entity_id))
        .group_by(entity.c.name)
    )
    return {name: int(count) for name, count in await connection.execute(query)}
