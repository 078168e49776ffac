"""Single rows set to a wanted state: a run of its own, planned and revertible like any other."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.codec import Encoded, bucket_of
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.history import net_change
from headgate.store.lifecycle import RunLifecycle
from headgate.store.plan import Counts, EntityPlan, Operation
from headgate.store.writing import ITEM_COLUMNS

PARTITION = ""
"""The partition of rows that no listing ever brought."""


class EditRun(RunLifecycle):
    """A run that sets one row to a wanted state.

    Args:
        context: The database and its tables.
        source: The source that owns the entity.
        table: The entity.
        entity_id: Its number.
        key: The row's key in its stored form.
        wanted: The row as it shall be; none: it shall be gone.
    """

    def __init__(
        self, context: Context, source: str, table: EntityTable, entity_id: int, *, key: str, wanted: Encoded | None
    ) -> None:
        super().__init__(context, source)
        self._table = table
        self._key = key
        self._wanted = wanted
        self._numbers = {table.name: entity_id}

    async def _prepare(self, connection: AsyncConnection) -> dict[str, Any]:  # noqa: ARG002 - nothing to read
        return {}

    async def _collect(self) -> dict[str, EntityPlan]:
        context, name = self._context, self._table.name
        entity_id = self._numbers[name]
        state = context.schema.state
        known = await self._known(name)
        async with context.db.get_transaction() as connection:
            mine = sa.and_(
                state.c.entity_id == entity_id, state.c.bucket == bucket_of(self._key), state.c.key == self._key
            )
            current = (await connection.execute(sa.select(state.c.hash, state.c.partition_id).where(mine))).first()
            documents = await context.documents(connection, entity_id, [self._key])
            wanted = self._wanted.document if self._wanted is not None else None
            change = net_change(name, self._key, documents.get(self._key), wanted)
            if change is None:
                return {name: EntityPlan(name, Counts(), known=known, partial=True)}
            item = (
                self._seq,
                entity_id,
                self._key,
                bucket_of(self._key),
                change.operation.value,
                self._wanted.hash if self._wanted is not None else current.hash if current is not None else b"",
                current.partition_id
                if current is not None
                else await context.partition_id(connection, entity_id, PARTITION),
                wanted,
                orjson.dumps(change.fields).decode() if change.fields else None,
            )
            await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, [item])
        new, updated = int(change.operation is Operation.NEW), int(change.operation is Operation.UPDATED)
        deleted = int(change.operation is Operation.DELETED)
        counts = Counts(fetched=new + updated, valid=new + updated, new=new, updated=updated, deleted=deleted)
        return {name: EntityPlan(name, counts, known=known, partial=True)}
