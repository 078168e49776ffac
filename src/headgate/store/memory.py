"""What others said last, by topic and key: for the day on which they do not answer. The store does not read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from headgate.store.context import Context


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was said, and when.

    Args:
        value: JSON-able values.
        at: When it was said, in UTC.
    """

    value: Any
    at: datetime


async def recall(context: Context, topic: str, keys: Collection[str]) -> dict[str, Remembered]:
    """Return what was said last about some keys, by key; what was never said is left out."""
    table = context.schema.remembered
    query = table.select().where(table.c.topic == topic, context.backend.key_in(table.c.key, list(keys)))
    async with context.db.get_connection() as connection:
        rows = await connection.execute(query)
        return {row.key: Remembered(orjson.loads(row.value), row.at) for row in rows}


async def remember(context: Context, topic: str, said: Mapping[str, Remembered]) -> None:
    """Keep what was said; it replaces what was said earlier about the same keys."""
    if not said:
        return
    insert = context.schema.insert(context.schema.remembered)
    upsert = insert.on_conflict_do_update(
        index_elements=["topic", "key"], set_={"value": insert.excluded.value, "at": insert.excluded.at}
    )
    rows = [
        {"topic": topic, "key": key, "value": orjson.dumps(one.value).decode(), "at": one.at}
        for key, one in said.items()
    ]
    async with context.db.get_transaction() as connection:
        await connection.execute(upsert, rows)


async def recall_all(context: Context, topic: str, *, limit: int) -> dict[str, Remembered]:
    """Return what was said last about every key of a topic, by key, the latest first and so many at the most."""
    table = context.schema.remembered
    query = table.select().where(table.c.topic == topic).order_by(table.c.at.desc(), table.c.key).limit(limit)
    async with context.db.get_connection() as connection:
        rows = await connection.execute(query)
        return {row.key: Remembered(orjson.loads(row.value), row.at) for row in rows}


async def forget(context: Context, topic: str, keys: Collection[str]) -> None:
    """Forget what was said about some keys."""
    if not keys:
        return
    table = context.schema.remembered
    about = (table.c.topic == topic, context.backend.key_in(table.c.key, list(keys)))
    async with context.db.get_transaction() as connection:
        await connection.execute(table.delete().where(*about))
