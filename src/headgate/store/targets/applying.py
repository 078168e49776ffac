"""A plan becomes true in the tables of an application, inside the transaction of the commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import TargetRefusedError
from headgate.store.context import Context
from headgate.store.plan import Operation
from headgate.store.targets.binding import BoundTarget, in_order
from headgate.store.targets.halving import Halving
from headgate.store.targets.refusals import why_refused
from headgate.store.targets.rows import Source, current, planned
from headgate.store.targets.writer import TargetWriter

_LIVING = (Operation.NEW, Operation.UPDATED)


class TargetCommit:
    """Applies the planned changes of a run to its targets.

    Args:
        context: The database and its tables.
        connection: The connection, inside the commit's transaction.
        targets: The targets by entity.
        numbers: The numbers of the entities.
        run_seq: The run's number.
        moment: The time that is noted.
    """

    def __init__(
        self,
        context: Context,
        connection: AsyncConnection,
        targets: Mapping[str, BoundTarget],
        numbers: Mapping[str, int],
        *,
        run_seq: int,
        moment: datetime,
    ) -> None:
        self._context = context
        self._connection = connection
        self._numbers = numbers
        self._run_seq = run_seq
        self._writers = [TargetWriter(context, connection, target, moment) for target in in_order(targets)]

    async def write(self, changed: Collection[str]) -> None:
        """Write the changes of some entities: parents first, deletions in reverse.

        Raises:
            TargetRefusedError: The database refuses a row that it took when the run was planned.
        """
        writers = [writer for writer in self._writers if writer.target.entity.name in changed]
        for writer in writers:
            await self._upsert(writer, self._planned(writer, *_LIVING))
        for writer in reversed(writers):
            await self._halving(writer).remove(self._planned(writer, Operation.DELETED))

    async def settle(self, outdated: Collection[str]) -> None:
        """Write what follows from the changes, once they are the current rows.

        Args:
            outdated: Entities whose target is not what it was: all their rows are written again.

        Raises:
            TargetRefusedError: The database refuses a row.
        """
        for writer in self._writers:
            name = writer.target.entity.name
            if name in outdated and await self._has_older(self._numbers[name]):
                await self._upsert(writer, current(self._context, self._numbers[name]))
        for writer in self._writers:
            await self._relink(writer)

    async def _upsert(self, writer: TargetWriter, source: Source) -> None:
        await self._halving(writer).upsert(source)
        for reference in writer.refusing():
            orphan = (await self._connection.execute(writer.rows.orphans(source, reference).limit(1))).first()
            if orphan is not None:
                raise _refused(writer.target, f"the parent of {orphan[0]} is not in {reference.parent.full_name}")

    def _halving(self, writer: TargetWriter) -> Halving:
        """Return what writes in the same way as the trial did."""

        def refuse(key: str, said: str) -> None:
            raise _refused(writer.target, f"{key}: {said}")

        return Halving(self._connection, writer, refuse, on_trial=False)

    async def _relink(self, writer: TargetWriter) -> None:
        """Fill the empty references to parents that have come with this run."""
        source = current(self._context, self._numbers[writer.target.entity.name])
        for reference in writer.target.references:
            number = self._numbers.get(reference.entity or "")
            if number is None or reference.column.not_null or not await self._came(number):
                continue
            parents = planned(self._context, self._run_seq, number, Operation.NEW)
            async with _telling(writer.target):
                await writer.relink(source, reference, parents)

    def _planned(self, writer: TargetWriter, *operations: Operation) -> Source:
        return planned(self._context, self._run_seq, self._numbers[writer.target.entity.name], *operations)

    async def _came(self, entity_id: int) -> bool:
        source = planned(self._context, self._run_seq, entity_id, Operation.NEW)
        query = sa.select(sa.literal(1)).select_from(source.table).where(source.where).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def _has_older(self, entity_id: int) -> bool:
        """Whether an entity has rows that this run did not write."""
        source = current(self._context, entity_id)
        older = sa.and_(source.where, source.table.c.run_seq != self._run_seq)
        query = sa.select(sa.literal(1)).select_from(source.table).where(older).limit(1)
        return (await self._connection.execute(query)).first() is not None


@asynccontextmanager
async def _telling(target: BoundTarget) -> AsyncIterator[None]:
    """Say what a database refuses, where it is about a row."""
    try:
        yield
    except DBAPIError as error:
        said = why_refused(error)
        if said is None:
            raise
        raise _refused(target, said) from error


def _refused(target: BoundTarget, said: str) -> TargetRefusedError:
    return TargetRefusedError(
        f"The table {target.table.full_name} refuses a row of '{target.entity.name}': {said}.",
        hint="Nothing was applied. Run the source again: what does not fit the table goes to quarantine then.",
    )
