"""Rows that did not pass: what came, why it was refused, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.codec import decode_key
from headgate.store.context import Context
from headgate.store.records import RunState


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """One row in quarantine.

    Args:
        id: Its number.
        run: The id of the run that brought it.
        source: The source.
        entity: Name of the entity.
        partition: The part of the upstream's listing it came from.
        key: The values of its key, where they can be told.
        raw: The row as it came.
        reasons: Every reason, in sentences.
        at: When it was put there, in UTC.
    """

    id: int
    run: str
    source: str
    entity: str
    partition: str
    key: tuple[Any, ...] | None
    raw: dict[str, Any]
    reasons: tuple[str, ...]
    at: datetime


async def listing(
    context: Context,
    *,
    entity: str | None,
    run_id: str | None,
    ids: Collection[int] | None,
    before: int | None,
    limit: int | None,
) -> AsyncIterator[QuarantineRecord]:
    """Yield the rows that are still in quarantine, newest first."""
    schema = context.schema
    rows = schema.quarantine
    query = (
        sa.select(
            rows,
            schema.run.c.id.label("run_id"),
            schema.run.c.source,
            schema.entity.c.name.label("entity"),
            schema.partition.c.name.label("partition"),
        )
        .join(schema.run, schema.run.c.seq == rows.c.run_seq)
        .join(schema.entity, schema.entity.c.id == rows.c.entity_id)
        .join(schema.partition, schema.partition.c.id == rows.c.partition_id)
        .where(in_quarantine(context))
        .order_by(rows.c.id.desc())
        .limit(limit)
    )
    if entity is not None:
        query = query.where(schema.entity.c.name == entity)
    if run_id is not None:
        query = query.where(schema.run.c.id == run_id)
    if ids is not None:
        query = query.where(rows.c.id.in_(ids))
    if before is not None:
        query = query.where(rows.c.id < before)
    async with context.db.get_connection() as connection:
        async for row in await connection.stream(query):
            yield QuarantineRecord(
                id=row.id,
                run=row.run_id,
                source=row.source,
                entity=row.entity,
                partition=row.partition,
                key=decode_key(row.key) if row.key is not None else None,
                raw=orjson.loads(row.raw),
                reasons=tuple(orjson.loads(row.reasons)),
                at=row.at,
            )


async def drop(context: Context, ids: Collection[int]) -> int:
    """Delete rows from the quarantine and return how many there were."""
    rows = context.schema.quarantine
    async with context.db.get_transaction() as connection:
        return (await connection.execute(rows.delete().where(rows.c.id.in_(ids)))).rowcount


async def take_out(connection: AsyncConnection, context: Context, ids: Collection[int], run_seq: int) -> None:
    """Note that a run replays rows: they leave the quarantine when it is applied, and stay if it is not.

    Raises:
        ConfigError: A row is not in quarantine any more.
    """
    rows = context.schema.quarantine
    done = await connection.execute(
        rows.update().where(rows.c.id.in_(ids), in_quarantine(context)).values(replay_seq=run_seq)
    )
    if done.rowcount != len(set(ids)):
        message = f"Of {len(set(ids))} rows to replay, {done.rowcount} are in quarantine."
        raise ConfigError(message, hint="'headgate quarantine list' shows what is there.")


def in_quarantine(context: Context) -> sa.ColumnElement[bool]:
    """Return the condition that a row was not replayed by an applied run."""
    rows, replay = context.schema.quarantine, context.schema.run.alias("replay")
    applied = sa.exists().where(replay.c.seq == rows.c.replay_seq, replay.c.status == RunState.APPLIED.value)
    return sa.or_(rows.c.replay_seq.is_(None), ~applied)
