"""What a run does while it works, and what it did: kept as the pipeline words it, the store does not read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store import lease
from headgate.store.context import Context


@dataclass(frozen=True, slots=True)
class ActivityNote:
    """What a run does, as of a moment.

    Args:
        at: When it was written down, in UTC.
        facts: JSON-able values.
    """

    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What moves whenever something about the runs changes: compare it with an earlier one.

    Args:
        run: The number of the last run.
        decided_at: When a run was last planned.
        finished_at: When a run last ended.
        noted_at: When a run last said what it does.
        held: How many runs are held.
        under_way: The numbers of the runs that somebody works at: one that nobody works at any more writes nothing.
    """

    run: int | None
    decided_at: datetime | None
    finished_at: datetime | None
    noted_at: datetime | None
    held: int
    under_way: frozenset[int]


async def write(connection: AsyncConnection, context: Context, run_seq: int, facts: Mapping[str, Any]) -> None:
    """Note what a run does, in the place of what it did before."""
    schema = context.schema
    values = {"run_seq": run_seq, "at": context.now(), "facts": orjson.dumps(facts, default=str).decode()}
    insert = schema.insert(schema.activity).values(values)
    renewed = {name: insert.excluded[name] for name in ("at", "facts")}
    await connection.execute(insert.on_conflict_do_update(index_elements=["run_seq"], set_=renewed))


async def read(context: Context, numbers: Collection[int]) -> dict[int, ActivityNote]:
    """Return what some runs do or did, by their numbers; runs of which nothing was noted are left out."""
    activity = context.schema.activity
    async with context.db.get_connection() as connection:
        rows = await connection.execute(activity.select().where(activity.c.run_seq.in_(numbers)))
        return {row.run_seq: ActivityNote(row.at, orjson.loads(row.facts)) for row in rows}


async def stamp(context: Context) -> Stamp:
    """Return what moves whenever something about the runs changes; costs one look, however many runs there are."""
    run, activity = context.schema.run, context.schema.activity
    newest = run.select().order_by(run.c.seq.desc()).limit(_LOOKED_AT).subquery()
    query = sa.select(
        sa.func.max(newest.c.seq),
        sa.func.max(newest.c.planned_at),
        sa.func.max(newest.c.finished_at),
        sa.select(sa.func.max(activity.c.at)).where(activity.c.run_seq.in_(sa.select(newest.c.seq))).scalar_subquery(),
        sa.func.count().filter(newest.c.reasons.is_not(None), newest.c.finished_at.is_(None)),
    )
    async with context.db.get_connection() as connection:
        working = await lease.under_way(connection, context.schema, context.now())
        run_seq, decided_at, finished_at, noted_at, held = (await connection.execute(query)).one()
    return Stamp(run_seq, decided_at, finished_at, noted_at, held, frozenset(working))


_LOOKED_AT = 200
"""Runs that are looked at for a change: nobody decides about older ones without looking at them."""
