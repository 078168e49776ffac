"""Taking a run back: a new run that restores what was true before, itself planned, guarded and revertible."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store import registry
from headgate.store.codec import bucket_of
from headgate.store.context import Context
from headgate.store.history import net_change
from headgate.store.horizon import INSTANT, check_reach
from headgate.store.lifecycle import RunLifecycle
from headgate.store.plan import Change, Counts, EntityPlan, Operation
from headgate.store.records import RunRecord, RunState
from headgate.store.writing import ITEM_COLUMNS

_SHOWN = 1000


class _Past(NamedTuple):
    """A row that the run changed: as it was before the run, and as it is now, where the upstream last listed it."""

    key: str
    made: int
    current: int
    hash: bytes
    partition_id: int
    current_document: str | None
    old_document: str | None
    old_hash: bytes | None


class RollbackRun(RunLifecycle):
    """A run that takes another one back. Made by :meth:`Store.rollback`.

    Rows that a later run changed are left as they are and listed in :attr:`conflicts`. The next run of the source sees
    the upstream as it is: what was taken back comes again if the upstream still says it.

    Args:
        context: The database and its tables.
        record: The run to take back.
        entities: Only these entities; none: all of them.
    """

    def __init__(self, context: Context, record: RunRecord, entities: Collection[str] | None = None) -> None:
        super().__init__(context, record.source)
        if record.status is not RunState.APPLIED or record.plan is None:
            message = f"Run {record.id} is {record.status.value}: there is nothing to take back."
            raise ConfigError(message, hint="Only applied runs can be taken back; 'headgate runs' lists them.")
        unknown = set(entities or ()) - record.plan.entities.keys()
        if unknown:
            message = f"Run {record.id} had no entity '{min(unknown)}'."
            raise ConfigError(message, hint=f"It had: {', '.join(record.plan.entities)}.")
        self.conflicts: list[Change] = []
        """What a later run changed and this one leaves alone: from the current to the wanted state. 1,000 at most."""
        self._record = record
        self._names = [name for name in record.plan.entities if entities is None or name in entities]

    async def _prepare(self, connection: AsyncConnection) -> dict[str, Any]:
        for name in self._names:
            found = await registry.load(connection, self._context, name)
            if found is not None:
                self._numbers[name] = found[0]
                await self._check_past(connection, found[0])
        return {"compensates": self._record.seq}

    async def _check_past(self, connection: AsyncConnection, entity_id: int) -> None:
        """Refuse a run whose past was pruned: without it, a row that was updated would look like a new one."""
        applied_at = self._record.finished_at
        if applied_at is not None:
            await check_reach(connection, self._context, entity_id, applied_at - INSTANT)

    async def _collect(self) -> dict[str, EntityPlan]:
        return {name: await self._plan_entity(name) for name in self._numbers}

    async def _plan_entity(self, name: str) -> EntityPlan:
        context = self._context
        tally = dict.fromkeys(Operation, 0)
        conflicts = 0
        async with context.db.get_transaction() as connection:
            async for rows in context.backend.stream(connection, self._past(name), size=context.batch_size):
                items = []
                for row in map(_Past._make, rows):
                    change = net_change(name, row.key, row.current_document, row.old_document)
                    if change is None:
                        continue
                    if row.current != row.made:
                        conflicts += 1
                        self.conflicts += [change][: _SHOWN - len(self.conflicts)]
                        continue
                    tally[change.operation] += 1
                    items.append(self._item(name, row, change))
                await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, items)
        restored = tally[Operation.NEW] + tally[Operation.UPDATED]
        counts = Counts(
            fetched=restored,
            valid=restored,
            new=tally[Operation.NEW],
            updated=tally[Operation.UPDATED],
            deleted=tally[Operation.DELETED],
        )
        return EntityPlan(name, counts, known=await self._known(name), conflicts=conflicts, partial=True)

    def _past(self, name: str) -> sa.Select[Any]:
        """Return the query for the rows that the run changed, with their past and their present."""
        history, state = self._context.schema.history, self._context.schema.state
        made, old, current = history.alias("made"), history.alias("old"), history.alias("current")
        same_old = sa.and_(old.c.entity_id == made.c.entity_id, old.c.key == made.c.key)
        same_current = sa.and_(current.c.entity_id == made.c.entity_id, current.c.key == made.c.key)
        return (
            sa.select(
                made.c.key,
                made.c.id,
                current.c.id,
                current.c.hash,
                sa.func.coalesce(state.c.partition_id, current.c.partition_id),
                sa.cast(current.c.document, sa.Text),
                sa.cast(old.c.document, sa.Text),
                old.c.hash,
            )
            .select_from(
                made.join(current, sa.and_(same_current, current.c.valid_to.is_(None)))
                .outerjoin(old, sa.and_(same_old, old.c.valid_to == made.c.valid_from))
                .outerjoin(state, sa.and_(state.c.entity_id == made.c.entity_id, state.c.key == made.c.key))
            )
            .where(made.c.run_seq == self._record.seq, made.c.entity_id == self._numbers[name])
            .order_by(made.c.key)
        )

    def _item(self, name: str, row: _Past, change: Change) -> tuple[Any, ...]:
        deleted = change.operation is Operation.DELETED
        return (
            self._seq,
            self._numbers[name],
            row.key,
            bucket_of(row.key),
            change.operation.value,
            row.hash if deleted else row.old_hash,
            row.partition_id,
            None if deleted else row.old_document,
            orjson.dumps(change.fields).decode() if change.fields else None,
        )
