"""Retention: versions that ended long ago are removed, and it is noted from when on the history is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context
from headgate.store.horizon import horizon_of
from headgate.store.outbox.retention import awaited_runs
from headgate.store.plan import Operation
from headgate.store.records import WAITING, RunState
from headgate.store.schema import Schema


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed of an entity, or would be.

    Args:
        entity: Its name.
        versions: Versions that ended before the horizon, deletions among them; not those that a sink still waits for.
        quarantined: Rows that were put into quarantine before the horizon.
    """

    entity: str
    versions: int
    quarantined: int


async def prune(context: Context, before: datetime, *, dry_run: bool) -> list[Pruned]:
    """Remove what ended before an instant, in one transaction; return what that was, by entity.

    Whatever was so at that instant or later can still be told, and every run that was applied after it can still be
    taken back: a version goes only if the one that followed it began no later than that instant.

    Args:
        context: The database and its tables.
        before: The new horizon. An earlier one than the last changes nothing.
        dry_run: Only count.
    """
    entity = context.schema.entity
    async with context.db.get_transaction() as connection:
        found = (await connection.execute(sa.select(entity.c.id, entity.c.name).order_by(entity.c.id))).all()
        return [
            Pruned(name, *await _prune_entity(connection, context, entity_id, before, dry_run=dry_run))
            for entity_id, name in found
        ]


async def _prune_entity(
    connection: AsyncConnection, context: Context, entity_id: int, before: datetime, *, dry_run: bool
) -> tuple[int, int]:
    schema = context.schema
    history, quarantine = schema.history, schema.quarantine
    ended = sa.and_(history.c.entity_id == entity_id, ended_versions(schema, before))
    old = sa.and_(quarantine.c.entity_id == entity_id, old_quarantine(schema, before))
    counts = (await count_rows(connection, history, ended), await count_rows(connection, quarantine, old))
    if dry_run:
        return counts
    await connection.execute(history.delete().where(ended))
    await connection.execute(quarantine.delete().where(old))
    last = await horizon_of(connection, context, entity_id)
    if last is None or last < before:
        insert = schema.insert(schema.horizon).values(entity_id=entity_id, at=before)
        values = {"at": insert.excluded.at}
        await connection.execute(insert.on_conflict_do_update(index_elements=["entity_id"], set_=values))
    return counts


def ended_versions(schema: Schema, before: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a version ended before an instant and that no sink waits for it; it is never null."""
    history = schema.history
    gone = sa.and_(history.c.operation == Operation.DELETED.value, history.c.valid_to.is_(None))
    # a row that is gone needs no version to say so: without one it is not there either
    return sa.and_(
        sa.or_(
            sa.and_(history.c.valid_to.is_not(None), history.c.valid_to <= before),
            sa.and_(gone, history.c.valid_from <= before),
        ),
        history.c.run_seq.not_in(awaited_runs(schema)),
    )


def old_quarantine(schema: Schema, before: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a row was put into quarantine before an instant, by a run that has ended."""
    quarantine = schema.quarantine
    return sa.and_(quarantine.c.at <= before, quarantine.c.run_seq.not_in(working_runs(schema)))


def working_runs(schema: Schema) -> sa.Select[Any]:
    """Return the numbers of the runs that work or wait for a decision."""
    run = schema.run
    return sa.select(run.c.seq).where(run.c.status.in_([state.value for state in (*WAITING, RunState.STARTED)]))


async def count_rows(connection: AsyncConnection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    """Return how many rows of a table fulfil a condition."""
    query = sa.select(sa.func.count()).select_from(table).where(condition)
    return int((await connection.execute(query)).scalar_one())
