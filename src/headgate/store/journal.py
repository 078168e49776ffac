"""What a run has read so far, part by part, so that the next run need not ask again should this one be interrupted.

The content is the pipeline's business. Every write checks the fencing token: a process that slept through its lease
cannot add to what another one goes on with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store import lease
from headgate.store.context import Context


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part of the upstream that an interrupted run has read to its end.

    Args:
        entity: Name of the entity.
        partition: The part of the upstream's listing.
        run: The id of the run that read it.
        run_seq: Its number.
        read_at: When the run began to read it, in UTC.
        rows: How many rows it has.
    """

    entity: str
    partition: str
    run: str
    run_seq: int
    read_at: datetime
    rows: int


class Journal:
    """What the interrupted runs of a source have left, and what this one leaves should it be interrupted.

    Args:
        context: The database and its tables.
        source: The source.
        run_seq: The number of this run.
        token: The fencing token of its lease.
        origin: Says where the rows come from; what came from elsewhere is not taken over.
    """

    def __init__(self, context: Context, source: str, *, run_seq: int, token: int, origin: str) -> None:
        self._context = context
        self._source = source
        self._run_seq = run_seq
        self._token = token
        self._origin = origin
        self._journal = context.schema.journal
        self._batch = context.schema.journal_batch

    async def open(self, not_before: datetime | None) -> list[ReadPart]:
        """Return what was read to its end, oldest first, and remove everything else.

        Args:
            not_before: What was read earlier is not taken over; none: nothing is.

        Raises:
            LeaseLostError: Another run took over.
        """
        journal, batch, run = self._journal, self._batch, self._context.schema.run
        mine = journal.c.source == self._source
        usable = (
            sa.false()
            if not_before is None
            else sa.and_(journal.c.finished, journal.c.read_at >= not_before, journal.c.origin == self._origin)
        )
        async with self._transaction() as connection:
            await remove(connection, self._context, sa.and_(mine, ~usable))
            rows = sa.select(sa.func.coalesce(sa.func.sum(batch.c.rows), 0)).where(batch.c.journal_id == journal.c.id)
            query = (
                sa.select(journal, run.c.id.label("run"), rows.scalar_subquery().label("rows"))
                .join(run, run.c.seq == journal.c.run_seq)
                .where(mine)
                .order_by(journal.c.id)
            )
            return [
                ReadPart(row.entity, row.partition, row.run, row.run_seq, row.read_at, row.rows)
                for row in await connection.execute(query)
            ]

    async def begin(self, entity: str, partition: str) -> None:
        """Begin to keep a part; what was kept of it before is gone.

        Raises:
            LeaseLostError: Another run took over.
        """
        async with self._transaction() as connection:
            await remove(connection, self._context, self._part(entity, partition))
            values = {
                "source": self._source,
                "entity": entity,
                "partition": partition,
                "origin": self._origin,
                "run_seq": self._run_seq,
                "read_at": self._context.now(),
                "finished": False,
            }
            await connection.execute(self._journal.insert().values(values))

    async def add(self, entity: str, partition: str, number: int, *, rows: int, content: bytes) -> None:
        """Keep a batch of a part, by its number from 0.

        Raises:
            LeaseLostError: Another run took over.
        """
        async with self._transaction() as connection:
            place = sa.select(
                self._journal.c.id, sa.literal(number), sa.literal(rows), sa.literal(content, sa.LargeBinary)
            ).where(self._part(entity, partition))
            names = ["journal_id", "number", "rows", "content"]
            await connection.execute(self._batch.insert().from_select(names, place))

    async def finish(self, entity: str, partition: str) -> None:
        """Note that a part was read to its end: from now on another run may take it over.

        Raises:
            LeaseLostError: Another run took over.
        """
        async with self._transaction() as connection:
            done = self._journal.update().where(self._part(entity, partition))
            await connection.execute(done.values(finished=True))

    async def forget(self, entity: str, partition: str) -> None:
        """Remove what was kept of a part.

        Raises:
            LeaseLostError: Another run took over.
        """
        async with self._transaction() as connection:
            await remove(connection, self._context, self._part(entity, partition))

    async def batches(self, entity: str, partition: str) -> AsyncIterator[bytes]:
        """Yield the batches of a part, in their order."""
        batch, number = self._batch, 0
        place = sa.select(self._journal.c.id).where(self._part(entity, partition)).scalar_subquery()
        while True:
            # one short query for each: nothing stays open while the rows are staged
            query = sa.select(batch.c.content).where(batch.c.journal_id == place, batch.c.number == number)
            async with self._context.db.get_connection() as connection:
                content = (await connection.execute(query)).scalar()
            if content is None:
                return
            yield content
            number += 1

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._context.db.get_transaction() as connection:
            await lease.confirm(connection, self._context.schema, self._source, self._token)
            yield connection

    def _part(self, entity: str, partition: str) -> sa.ColumnElement[bool]:
        journal = self._journal
        return sa.and_(journal.c.source == self._source, journal.c.entity == entity, journal.c.partition == partition)


async def clear(connection: AsyncConnection, context: Context, source: str) -> None:
    """Remove everything that runs of a source have left."""
    await remove(connection, context, context.schema.journal.c.source == source)


async def remove(connection: AsyncConnection, context: Context, condition: sa.ColumnElement[bool]) -> None:
    """Remove the parts that fulfil a condition, with their batches."""
    journal, batch = context.schema.journal, context.schema.journal_batch
    gone = sa.select(journal.c.id).where(condition)
    await connection.execute(batch.delete().where(batch.c.journal_id.in_(gone)))
    await connection.execute(journal.delete().where(condition))
