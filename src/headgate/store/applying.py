"""A plan becomes the truth: every write of a commit, set-based, inside one transaction of the caller.

No row travels here: the new and changed rows are in ``plan_item`` already, and the database moves them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.plan import Operation

_LIVING = (Operation.NEW, Operation.UPDATED)
_CHANGES = (*_LIVING, Operation.DELETED)


class EntityCommit:
    """Applies the planned changes of one entity.

    Args:
        context: The database and its tables.
        connection: The connection, inside the commit's transaction.
        table: The entity.
        entity_id: Its number.
        run_seq: The run's number.
        moment: The instant from which the new versions are valid.
    """

    def __init__(
        self,
        context: Context,
        connection: AsyncConnection,
        table: EntityTable,
        *,
        entity_id: int,
        run_seq: int,
        moment: datetime,
    ) -> None:
        self._context = context
        self._connection = connection
        self._table = table
        self._entity_id = entity_id
        self._run_seq = run_seq
        self._moment = moment
        self._item = context.schema.item
        self._present: set[str] = set()

    async def apply(self) -> None:
        """Write versions and state."""
        self._present = await self._operations()
        await self._write_history()
        await self._write_state()

    async def _operations(self) -> set[str]:
        """Return which operations the plan holds: what it has none of takes no statement, and no time."""
        item = self._item
        mine = sa.and_(item.c.run_seq == self._run_seq, item.c.entity_id == self._entity_id)
        return set(await self._connection.scalars(sa.select(item.c.operation).where(mine).distinct()))

    def _planned(self, *operations: Operation) -> sa.ColumnElement[bool]:
        item = self._item
        return sa.and_(
            item.c.run_seq == self._run_seq,
            item.c.entity_id == self._entity_id,
            item.c.operation.in_([operation.value for operation in operations]),
        )

    def _keys(self, *operations: Operation) -> sa.Select[Any]:
        return sa.select(self._item.c.key).where(self._planned(*operations))

    async def _write_history(self) -> None:
        history, item = self._context.schema.history, self._item
        mine = sa.and_(history.c.entity_id == self._entity_id, history.c.valid_to.is_(None))
        close = history.update().where(mine, history.c.key.in_(self._keys(*_CHANGES)))
        await self._connection.execute(close.values(valid_to=self._moment))
        # a deletion is a version too: it says since when the row is gone and which run saw it go
        versions: Sequence[sa.ColumnElement[Any]] = [
            item.c.entity_id,
            item.c.key,
            sa.literal(self._moment, history.c.valid_from.type),
            item.c.operation,
            item.c.document,
            item.c.changed,
            item.c.hash,
            item.c.partition_id,
            item.c.run_seq,
        ]
        names = [
            "entity_id",
            "key",
            "valid_from",
            "operation",
            "document",
            "changed",
            "hash",
            "partition_id",
            "run_seq",
        ]
        await self._connection.execute(
            history.insert().from_select(
                names,
                # in the order of the indexes, which grow at their end then
                sa.select(*versions).where(self._planned(*_CHANGES)).order_by(item.c.key),
                include_defaults=False,
            )
        )
        await self._rewrite_forms()

    async def _rewrite_forms(self) -> None:
        """Give current versions the form in which an equal row came, so that hash and document stay together."""
        history, item = self._context.schema.history, self._item
        if Operation.TOUCHED not in self._present:
            return
        rewritten = sa.and_(self._planned(Operation.TOUCHED), item.c.document.is_not(None))
        mine = sa.and_(history.c.entity_id == self._entity_id, history.c.valid_to.is_(None))
        form = history.update().where(mine, history.c.key == item.c.key, rewritten)
        await self._connection.execute(form.values(document=item.c.document, hash=item.c.hash))

    async def _write_state(self) -> None:
        state, item = self._context.schema.state, self._item
        names = ["entity_id", "bucket", "key", "hash", "partition_id"]
        rows = sa.select(*(item.c[name] for name in names)).where(self._planned(*_LIVING, Operation.TOUCHED))
        rows = rows.order_by(item.c.bucket, item.c.key)  # as it is read when there are too many keys for memory
        insert = self._context.schema.insert(state).from_select(names, rows)
        values = {name: insert.excluded[name] for name in ("hash", "partition_id")}
        await self._connection.execute(
            insert.on_conflict_do_update(index_elements=["entity_id", "bucket", "key"], set_=values)
        )
        if Operation.DELETED not in self._present:
            return
        gone = sa.select(item.c.bucket, item.c.key).where(self._planned(Operation.DELETED))
        await self._connection.execute(
            state.delete().where(state.c.entity_id == self._entity_id, sa.tuple_(state.c.bucket, state.c.key).in_(gone))
        )
