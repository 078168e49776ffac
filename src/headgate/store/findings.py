"""What was found about the data of a run, kept as the pipeline words it: the store does not read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context
from headgate.store.records import RunState


@dataclass(frozen=True, slots=True)
class QualityNote:
    """What was found about one entity in one run, as JSON-able values.

    Args:
        entity: Name of the entity.
        report: What was found.
        profile: The table in numbers, for the next run to be compared with.
        seen: The shape of the payload, if it is news.
    """

    entity: str
    report: Mapping[str, Any]
    profile: Mapping[str, Any] | None = None
    seen: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """What was found in one run.

    Args:
        seq: The run's number.
        run: Its id.
        source: The source.
        started_at: When it began, in UTC.
        notes: What was found, by entity.
    """

    seq: int
    run: str
    source: str
    started_at: datetime
    notes: Mapping[str, QualityNote]


async def write(connection: AsyncConnection, context: Context, run_seq: int, notes: Iterable[QualityNote]) -> None:
    """Keep what was found in a run."""
    rows = [
        {
            "run_seq": run_seq,
            "entity": note.entity,
            "report": json.dumps(note.report),
            "profile": None if note.profile is None else json.dumps(note.profile),
            "seen": None if note.seen is None else json.dumps(note.seen),
        }
        for note in notes
    ]
    if rows:
        await connection.execute(context.schema.quality.insert(), rows)


async def last_profiles(connection: AsyncConnection, context: Context, source: str) -> dict[str, Any]:
    """Return, by entity, the profile of the last applied run of a source that has one."""
    run, quality = context.schema.run, context.schema.quality
    last = (
        sa.select(quality.c.entity, sa.func.max(quality.c.run_seq).label("seq"))
        .join(run, run.c.seq == quality.c.run_seq)
        .where(run.c.source == source, run.c.status == RunState.APPLIED.value, quality.c.profile.is_not(None))
        .group_by(quality.c.entity)
        .subquery()
    )
    same = sa.and_(quality.c.run_seq == last.c.seq, quality.c.entity == last.c.entity)
    query = sa.select(quality.c.entity, quality.c.profile).join(last, same)
    return {row.entity: json.loads(row.profile) for row in await connection.execute(query)}


async def latest(
    context: Context, *, source: str | None = None, until: int | None = None, limit: int
) -> list[QualityRecord]:
    """Return what was found in the last runs that got as far as a plan, newest first.

    Args:
        context: The database and its tables.
        source: Only runs of this source.
        until: Only this run and those before it, by number.
        limit: So many runs at the most.
    """
    run, quality = context.schema.run, context.schema.quality
    query = (
        sa.select(run.c.seq, run.c.id, run.c.source, run.c.started_at)
        .where(sa.exists().where(quality.c.run_seq == run.c.seq), run.c.status != RunState.FAILED.value)
        .order_by(run.c.seq.desc())
        .limit(limit)
    )
    if source is not None:
        query = query.where(run.c.source == source)
    if until is not None:
        query = query.where(run.c.seq <= until)
    async with context.db.get_connection() as connection:
        runs = (await connection.execute(query)).all()
        found = await connection.execute(quality.select().where(quality.c.run_seq.in_([row.seq for row in runs])))
        notes: dict[int, dict[str, QualityNote]] = {row.seq: {} for row in runs}
        for row in found:
            notes[row.run_seq][row.entity] = QualityNote(
                row.entity, json.loads(row.report), _read(row.profile), _read(row.seen)
            )
    return [QualityRecord(row.seq, row.id, row.source, row.started_at, notes[row.seq]) for row in runs]


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
