"""What people decided about rows that a program could not decide: one decision per row, the last one counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from headgate.store.context import Context


@dataclass(frozen=True, slots=True)
class Review:
    """A decision.

    Args:
        key: What it is about: the row, as the pipeline names it.
        choice: What was chosen; none: nothing fits.
        decided_by: Who decided.
        decided_at: When, in UTC.
        note: Why, in the person's words.
    """

    key: str
    choice: str | None
    decided_by: str
    decided_at: datetime
    note: str = ""


async def decisions(context: Context, source: str, entity: str) -> list[Review]:
    """Return the decisions about the rows of an entity, by key."""
    table = context.schema.review
    query = table.select().where(table.c.source == source, table.c.entity == entity).order_by(table.c.key)
    async with context.db.get_connection() as connection:
        return [
            Review(row.key, row.choice, row.decided_by, row.decided_at, row.note)
            for row in await connection.execute(query)
        ]


async def decide(context: Context, source: str, entity: str, made: Collection[Review]) -> None:
    """Keep decisions, all or none; each replaces an earlier one about the same row."""
    if not made:
        return
    insert = context.schema.insert(context.schema.review)
    names = ("choice", "decided_by", "decided_at", "note")
    upsert = insert.on_conflict_do_update(
        index_elements=["source", "entity", "key"], set_={name: insert.excluded[name] for name in names}
    )
    rows = [
        {"source": source, "entity": entity, "key": one.key, **{name: getattr(one, name) for name in names}}
        for one in made
    ]
    async with context.db.get_transaction() as connection:
        await connection.execute(upsert, rows)


async def withdraw(context: Context, source: str, entity: str, keys: Collection[str]) -> int:
    """Forget decisions and return how many there were."""
    table = context.schema.review
    about = (table.c.source == source, table.c.entity == entity, table.c.key.in_(keys))
    async with context.db.get_transaction() as connection:
        return (await connection.execute(table.delete().where(*about))).rowcount
