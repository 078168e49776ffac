"""What one sink has not got yet, in the hands of one process at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store import lease
from headgate.store.context import Context
from headgate.store.leaseholder import LeaseHolder
from headgate.store.outbox.entry import (
    Entry,
    Place,
    Position,
    Wants,
    plain_entry,
    read_ahead,
    version_entries,
    version_query,
)
from headgate.store.outbox.sinks import unknown

MAX_WAITING = 10_000
"""Events of one sink that wait for another attempt; beyond, nothing new is read for it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an event that the sink has not got.

    Args:
        entry: The event.
        dead: Whether it is not tried any more.
        attempts: How often delivery was tried and failed.
        retry_at: When to try again; none: as soon as possible.
        error: What it failed with last.
    """

    entry: Entry
    dead: bool = False
    attempts: int = 0
    retry_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """Events that were never tried.

    Args:
        entries: The events, by source as they happened.
        positions: How far the sink has got with them, by source. They may move although there is no event.
        behind: Sources and lanes that have older events waiting for another attempt.
        more: Whether there may be others behind them.
    """

    entries: Sequence[Entry]
    positions: Mapping[str, Position]
    behind: frozenset[tuple[str, str]]
    more: bool


class Mailbox:
    """The undelivered events of one sink: an asynchronous context manager that holds the sink's lease.

    Args:
        context: The database and its tables.
        sink: The name of the sink.
    """

    def __init__(self, context: Context, sink: str) -> None:
        self._context = context
        self._sink = sink
        self._lease = LeaseHolder(context, f"sink:{sink}")
        self.failures = 0
        """Sessions in a row that failed before this one."""
        self.retry_at = datetime.min.replace(tzinfo=UTC)
        """When to try the sink again after that."""
        self.has_put_aside = False
        """Whether events of the sink are put aside, dead letters among them."""
        self._start = Position(0)

    async def __aenter__(self) -> Self:
        """Take the lease.

        Raises:
            LeaseHeldError: Another process delivers to this sink.
            ConfigError: The sink is not known.
        """
        sink, delivery = self._context.schema.sink, self._context.schema.delivery
        put_aside = sa.exists().where(delivery.c.sink == sink.c.name).label("put_aside")
        known = sa.select(sink.c.after_id, sink.c.failures, sink.c.retry_at, put_aside).where(sink.c.name == self._sink)
        async with self._context.db.get_transaction() as connection:
            await self._lease.take(connection)
            row = (await connection.execute(known)).first()
            if row is None:
                raise await unknown(connection, self._context, self._sink)
        self.failures, self.retry_at = row.failures, row.retry_at or self.retry_at
        self.has_put_aside, self._start = bool(row.put_aside), Position(row.after_id, 0, 1)
        self._lease.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lease back."""
        await self._lease.stop()
        async with self._context.db.get_transaction() as connection:
            await self._lease.release(connection)

    async def due(self, limit: int) -> list[Entry]:
        """Return events that wait for another attempt and whose time has come, oldest first, ``limit`` at the most.

        An event whose lane has an older one that waits for its time is not among them.
        """
        if not self.has_put_aside:
            return []
        schema, now = self._context.schema, self._context.now()
        waiting = schema.delivery.alias("waiting")
        older = schema.delivery.alias("older")
        held_back = sa.exists().where(
            older.c.sink == waiting.c.sink,
            older.c.source == waiting.c.source,
            older.c.lane == waiting.c.lane,
            older.c.dead.is_(False),
            older.c.retry_at > now,
            sa.tuple_(older.c.outbox_id, older.c.version_id) <= sa.tuple_(waiting.c.outbox_id, waiting.c.version_id),
        )
        query = (
            sa.select(waiting.c.outbox_id, waiting.c.version_id, waiting.c.attempts)
            .where(waiting.c.sink == self._sink, waiting.c.dead.is_(False), ~held_back)
            .order_by(waiting.c.outbox_id, waiting.c.version_id)
            .limit(limit)
        )
        async with self._context.db.get_connection() as connection:
            found = (await connection.execute(query)).all()
            return await load(connection, self._context, {(row[0], row[1]): row[2] for row in found})

    async def ahead(self, limit: int, wants: Wants) -> Ahead:
        """Return events that were never tried, ``limit`` at the most; none while too many wait for another attempt."""
        entries: list[Entry] = []
        positions: dict[str, Position] = {}
        more = False
        async with self._context.db.get_connection() as connection:
            behind = await self._waiting(connection) if self.has_put_aside else []
            if len(behind) >= MAX_WAITING:
                return Ahead((), {}, frozenset(behind), more=False)
            for source, here in await self._reached(connection):
                if len(entries) >= limit:
                    more = True
                    break
                found, there, left = await read_ahead(
                    connection, self._context.schema, source, here, limit=limit - len(entries), wants=wants
                )
                entries += found
                more = more or left
                if there != here:
                    positions[source] = there
        return Ahead(entries, positions, frozenset(behind), more)

    async def _waiting(self, connection: AsyncConnection) -> list[tuple[str, str]]:
        """Return the sources and lanes of the events that wait for another attempt."""
        delivery = self._context.schema.delivery
        lanes = (
            sa.select(delivery.c.source, delivery.c.lane)
            .where(delivery.c.sink == self._sink, delivery.c.dead.is_(False))
            .limit(MAX_WAITING)
        )
        return [(row.source, row.lane) for row in await connection.execute(lanes)]

    async def _reached(self, connection: AsyncConnection) -> list[tuple[str, Position]]:
        """Return the sources that may have something for the sink, with how far it has got."""
        schema = self._context.schema
        outbox, position = schema.outbox, schema.sink_position
        newest = sa.select(outbox.c.source, sa.func.max(outbox.c.id).label("last")).group_by(outbox.c.source).subquery()
        query = (
            sa.select(newest, position.c.outbox_id, position.c.version_id, position.c.done)
            .outerjoin(position, sa.and_(position.c.source == newest.c.source, position.c.sink == self._sink))
            .order_by(newest.c.source)
        )
        reached = [
            (source, last, self._start if outbox_id is None else Position(outbox_id, version_id, done))
            for source, last, outbox_id, version_id, done in await connection.execute(query)
        ]
        return [(source, here) for source, last, here in reached if last >= here.outbox_id]

    async def settle(
        self,
        delivered: Sequence[Entry],
        others: Sequence[Fate],
        positions: Mapping[str, Position],
        *,
        error: str | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        """Note what became of some events, in one transaction.

        Args:
            delivered: Events that the sink has.
            others: What became of the others.
            positions: How far the sink has got now, by source.
            error: What the sink as a whole failed with; none if it took something.
            retry_at: When to try the sink again.

        Raises:
            LeaseLostError: Another process delivers to this sink by now; nothing is noted.
        """
        context, schema = self._context, self._context.schema
        now, sink = context.now(), schema.sink
        values: dict[str, Any] = {"delivered": sink.c.delivered + len(delivered), "error": error, "retry_at": retry_at}
        values["failures"] = 0 if error is None else sink.c.failures + 1
        if delivered and error is None:
            values["last_success_at"] = now
        async with context.db.get_transaction() as connection:
            await lease.confirm(connection, schema, self._lease.source, self._lease.token)
            for source, position in positions.items():
                await self._move(connection, source, position)
            if others:
                await self._park(others, connection, now)
            if delivered and self.has_put_aside:
                await self._unpark([entry.place for entry in delivered], connection)
            await connection.execute(sink.update().where(sink.c.name == self._sink).values(values))
        self.has_put_aside = self.has_put_aside or bool(others)

    async def _move(self, connection: AsyncConnection, source: str, position: Position) -> None:
        table = self._context.schema.sink_position
        values = {"outbox_id": position.outbox_id, "version_id": position.version_id, "done": position.done}
        insert = self._context.schema.insert(table).values(sink=self._sink, source=source, **values)
        await connection.execute(insert.on_conflict_do_update(index_elements=["sink", "source"], set_=values))

    async def _park(self, fates: Sequence[Fate], connection: AsyncConnection, now: datetime) -> None:
        table = self._context.schema.delivery
        rows = [
            {
                "sink": self._sink,
                "source": fate.entry.source,
                "outbox_id": fate.entry.place[0],
                "version_id": fate.entry.place[1],
                "lane": fate.entry.lane,
                "attempts": fate.attempts,
                "since": now,
                "retry_at": fate.retry_at,
                "error": fate.error,
                "dead": fate.dead,
            }
            for fate in fates
        ]
        insert = self._context.schema.insert(table)
        values = {name: insert.excluded[name] for name in ("attempts", "retry_at", "error", "dead")}
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["sink", "outbox_id", "version_id"], set_=values), rows
        )

    async def _unpark(self, places: Sequence[Place], connection: AsyncConnection) -> None:
        table = self._context.schema.delivery
        mine = sa.and_(
            table.c.sink == self._sink,
            table.c.outbox_id == sa.bindparam("place_outbox"),
            table.c.version_id == sa.bindparam("place_version"),
        )
        where = [{"place_outbox": outbox, "place_version": version} for outbox, version in places]
        await connection.execute(table.delete().where(mine), where)


async def load(connection: AsyncConnection, context: Context, places: Mapping[Place, int]) -> list[Entry]:
    """Return events by their places and attempts, oldest first; what was pruned since is left out."""
    schema = context.schema
    outbox, run, history = schema.outbox, schema.run, schema.history
    noted = {
        row.id: row
        for row in await connection.execute(
            sa.select(outbox, run.c.id.label("run_id"))
            .outerjoin(run, run.c.seq == outbox.c.run_seq)
            .where(outbox.c.id.in_({outbox_id for outbox_id, _ in places}))
        )
    }
    ids = {version_id for _, version_id in places if version_id}
    versions = {
        row.version_id: row for row in await connection.execute(version_query(schema).where(history.c.id.in_(ids)))
    }
    entries = []
    for (outbox_id, version_id), attempts in sorted(places.items()):
        if outbox_id not in noted or (version_id and version_id not in versions):
            continue
        if version_id:
            entries += version_entries(noted[outbox_id], [versions[version_id]], attempts=attempts)
        else:
            entries.append(plain_entry(noted[outbox_id], attempts=attempts))
    return entries
