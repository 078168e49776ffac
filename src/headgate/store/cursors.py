"""How far an incremental source was read, per entity and partition. A cursor moves only with the rows it stands for."""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context

JSONValue: TypeAlias = Any
"""What JSON can hold."""


async def read(connection: AsyncConnection, context: Context, source: str, entity: str, partition: str) -> JSONValue:
    """Return a cursor; none if it never moved."""
    cursor = context.schema.cursor
    query = sa.select(cursor.c.value).where(
        cursor.c.source == source, cursor.c.entity == entity, cursor.c.partition == partition
    )
    value = (await connection.execute(query)).scalar()
    return None if value is None else orjson.loads(value)


async def read_all(connection: AsyncConnection, context: Context, source: str) -> dict[tuple[str, str], JSONValue]:
    """Return all cursors of a source, by entity and partition."""
    cursor = context.schema.cursor
    query = sa.select(cursor.c.entity, cursor.c.partition, cursor.c.value).where(cursor.c.source == source)
    return {(row.entity, row.partition): orjson.loads(row.value) for row in await connection.execute(query)}


async def note(
    connection: AsyncConnection, context: Context, run_seq: int, *, entity: str, partition: str, value: JSONValue
) -> None:
    """Write down where a run wants a cursor to be; the last word counts."""
    move = context.schema.cursor_move
    insert = context.schema.insert(move).values(
        run_seq=run_seq, entity=entity, partition=partition, value=orjson.dumps(value).decode()
    )
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=["run_seq", "entity", "partition"], set_={"value": insert.excluded.value}
        )
    )


async def move(connection: AsyncConnection, context: Context, source: str, run_seq: int) -> None:
    """Make a run's cursors true inside its commit."""
    wanted = context.schema.cursor_move
    rows = sa.select(sa.literal(source), wanted.c.entity, wanted.c.partition, wanted.c.value, wanted.c.run_seq).where(
        wanted.c.run_seq == run_seq
    )
    names = ["source", "entity", "partition", "value", "run_seq"]
    insert = context.schema.insert(context.schema.cursor).from_select(names, rows)
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=["source", "entity", "partition"],
            set_={"value": insert.excluded.value, "run_seq": insert.excluded.run_seq},
        )
    )
