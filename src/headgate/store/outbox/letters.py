"""Events that wait for another attempt, dead letters, and delivering again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.context import Context
from headgate.store.outbox.entry import Entry
from headgate.store.outbox.mailbox import load


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that a sink did not take.

    Args:
        id: Its number.
        sink: The sink.
        entry: The event.
        dead: Whether it is not tried any more.
        attempts: How often delivery was tried and failed.
        since: Since when it is put aside.
        retry_at: When it is tried again.
        error: What it failed with last; none if it only waits for an older one of its key.
    """

    id: int
    sink: str
    entry: Entry
    dead: bool
    attempts: int
    since: datetime
    retry_at: datetime | None
    error: str | None


async def letters(
    connection: AsyncConnection, context: Context, *, sink: str | None, dead: bool | None, limit: int
) -> list[Letter]:
    """Return events that were put aside, oldest first.

    Args:
        connection: The connection.
        context: The database and its tables.
        sink: Only of this sink.
        dead: Only dead letters, or only those that are tried again; none: both.
        limit: At most so many.
    """
    table = context.schema.delivery
    query = table.select().order_by(table.c.outbox_id, table.c.version_id, table.c.sink).limit(limit)
    if sink is not None:
        query = query.where(table.c.sink == sink)
    if dead is not None:
        query = query.where(table.c.dead.is_(dead))
    rows = (await connection.execute(query)).all()
    entries = {
        entry.place: entry
        for entry in await load(connection, context, {(row.outbox_id, row.version_id): row.attempts for row in rows})
    }
    return [
        Letter(
            id=row.id,
            sink=row.sink,
            entry=entries[row.outbox_id, row.version_id],
            dead=bool(row.dead),
            attempts=row.attempts,
            since=row.since,
            retry_at=row.retry_at,
            error=row.error,
        )
        for row in rows
        if (row.outbox_id, row.version_id) in entries
    ]


async def revive(connection: AsyncConnection, context: Context, sink: str, ids: Collection[int] | None) -> int:
    """Let dead letters be delivered again, inside the caller's transaction; return how many events that are.

    What was delivered since of the same row follows once more, so that the sink hears the newest last.

    Args:
        connection: The connection.
        context: The database and its tables.
        sink: The sink.
        ids: Only these; none: all of the sink.

    Raises:
        ConfigError: One of them is no dead letter of the sink.
    """
    table = context.schema.delivery
    dead = await _dead(connection, context, sink, ids)
    rows = (await connection.execute(table.select().where(dead).order_by(table.c.outbox_id, table.c.version_id))).all()
    await connection.execute(table.update().where(dead).values(dead=False, attempts=0, retry_at=None))
    count = len(rows)
    for row in rows:
        if row.version_id:
            count += await _follow(connection, context, row)
    return count


async def _follow(connection: AsyncConnection, context: Context, row: sa.Row[tuple[object, ...]]) -> int:
    """Let what was delivered of a row since wait behind the event that is revived; return how many those are."""
    schema = context.schema
    outbox, history, position, delivery = schema.outbox, schema.history, schema.sink_position, schema.delivery
    entity_id, _, key = str(row.lane).partition(" ")
    place = sa.tuple_(outbox.c.id, history.c.id)
    later = (
        sa.select(
            sa.literal(row.sink),
            sa.literal(row.source),
            outbox.c.id,
            history.c.id,
            sa.literal(row.lane),
            sa.literal(0),
            sa.literal(context.now(), delivery.c.since.type),
            sa.false(),
        )
        .select_from(history)
        .join(outbox, sa.and_(outbox.c.run_seq == history.c.run_seq, outbox.c.entity_id == history.c.entity_id))
        .join(position, sa.and_(position.c.sink == row.sink, position.c.source == row.source))
        .where(
            history.c.entity_id == int(entity_id),
            history.c.key == key,
            place > sa.tuple_(sa.literal(row.outbox_id), sa.literal(row.version_id)),
            place <= sa.tuple_(position.c.outbox_id, position.c.version_id),
        )
    )
    names = ["sink", "source", "outbox_id", "version_id", "lane", "attempts", "since", "dead"]
    insert = schema.insert(delivery).from_select(names, later, include_defaults=False)
    return (await connection.execute(insert.on_conflict_do_nothing())).rowcount


async def rewind(connection: AsyncConnection, context: Context, sink: str, run_seq: int) -> int:
    """Let a sink get everything again that its source told from a run on, inside the caller's transaction.

    Returns:
        How many events that are.

    Raises:
        ConfigError: The outbox does not keep the events of the run any more.
    """
    schema = context.schema
    outbox, position, delivery = schema.outbox, schema.sink_position, schema.delivery
    first = (
        await connection.execute(
            sa.select(outbox.c.id, outbox.c.source).where(outbox.c.run_seq == run_seq).order_by(outbox.c.id).limit(1)
        )
    ).first()
    if first is None:
        raise ConfigError(
            "The outbox does not keep the events of this run any more.",
            hint="The setting events.keep_days says how long events stay after every sink has got them.",
        )
    values = {"outbox_id": first.id, "version_id": 0, "done": 0}
    insert = schema.insert(position).values(sink=sink, source=first.source, **values)
    await connection.execute(insert.on_conflict_do_update(index_elements=["sink", "source"], set_=values))
    mine = sa.and_(delivery.c.sink == sink, delivery.c.source == first.source, delivery.c.outbox_id >= first.id)
    await connection.execute(delivery.delete().where(mine))
    counted = sa.select(sa.func.sum(outbox.c.events)).where(outbox.c.source == first.source, outbox.c.id >= first.id)
    return int((await connection.execute(counted)).scalar_one())


async def discard(connection: AsyncConnection, context: Context, sink: str, ids: Collection[int] | None) -> int:
    """Give dead letters up for good, inside the caller's transaction; return how many there were.

    Raises:
        ConfigError: One of them is no dead letter of the sink.
    """
    dead = await _dead(connection, context, sink, ids)
    return (await connection.execute(context.schema.delivery.delete().where(dead))).rowcount


async def _dead(
    connection: AsyncConnection, context: Context, sink: str, ids: Collection[int] | None
) -> sa.ColumnElement[bool]:
    """Return the condition for dead letters of a sink, once it is sure that all of them are there."""
    table = context.schema.delivery
    dead = sa.and_(table.c.sink == sink, table.c.dead.is_(True))
    if ids is None:
        return dead
    these = sa.and_(dead, table.c.id.in_(ids))
    missing = set(ids) - set((await connection.execute(sa.select(table.c.id).where(these))).scalars())
    if missing:
        raise ConfigError(
            f"{min(missing)} is not the number of a dead letter of '{sink}'.",
            hint=f"'headgate events list --dead --sink {sink}' shows them.",
        )
    return these
