"""What every part of the store works with: the database, its tables, the time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.clock import Clock
from headgate.store.backends import Backend
from headgate.store.database import DatabaseManager
from headgate.store.schema import Schema


@dataclass(frozen=True, slots=True)
class Context:
    """The database and what goes with it.

    Args:
        db: The database.
        schema: Headgate's own tables.
        backend: What this kind of database does differently.
        clock: The time.
        batch_size: Rows held in memory before they are written, and compared at a time.
        max_keys: Keys of one entity held in memory; beyond that, rows are compared by way of temporary files.
        lease_ttl: Seconds without a sign of life after which a lease ends.
    """

    db: DatabaseManager
    schema: Schema
    backend: Backend
    clock: Clock
    batch_size: int
    max_keys: int
    lease_ttl: float

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.fromtimestamp(self.clock.time(), UTC)

    async def partition_id(self, connection: AsyncConnection, entity_id: int, name: str) -> int:
        """Return the number of a partition, which is given at its first use."""
        table = self.schema.partition
        await connection.execute(
            self.schema.insert(table).values(entity_id=entity_id, name=name).on_conflict_do_nothing()
        )
        query = sa.select(table.c.id).where(table.c.entity_id == entity_id, table.c.name == name)
        return int((await connection.execute(query)).scalar_one())

    async def partition_names(self, connection: AsyncConnection, numbers: Collection[int]) -> dict[int, str]:
        """Return the names of partitions by their numbers."""
        table = self.schema.partition
        found = await connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(numbers)))
        return {row.id: row.name for row in found}

    async def documents(self, connection: AsyncConnection, entity_id: int, keys: list[str]) -> dict[str, str]:
        """Return the current documents of some keys, by key; keys without a living version are left out."""
        history = self.schema.history
        query = sa.select(history.c.key, history.c.document).where(
            history.c.entity_id == entity_id,
            history.c.valid_to.is_(None),
            history.c.document.is_not(None),
            self.backend.key_in(history.c.key, keys),
        )
        return {row.key: row.document for row in await connection.execute(query)}
