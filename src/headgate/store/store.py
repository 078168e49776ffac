"""The store: what is known of every entity, how it came to be known, and what is about to change."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.store import deciding, doctor, history, lease, overview, pruning, pruning_runs, quarantine, registry
from headgate.store.backends import backend_for
from headgate.store.codec import decode_key
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.database import DatabaseManager
from headgate.store.doctor import Problem
from headgate.store.history import Version
from headgate.store.migrations import MIGRATIONS, OUTBOX_VERSION, current_version, migrate
from headgate.store.outbox.outbox import Outbox
from headgate.store.outbox.status import OutboxStatus, read_status
from headgate.store.overview import SourceOverview
from headgate.store.plan import Change, Operation
from headgate.store.pruning import Pruned
from headgate.store.pruning_runs import PrunedRuns
from headgate.store.quarantine import QuarantineRecord
from headgate.store.records import WAITING, RunRecord, RunState, find_run, read_record
from headgate.store.rollback import RollbackRun
from headgate.store.run import Run
from headgate.store.schema import schema_for


class Store:
    """Headgate's tables in one database.

    Args:
        db: The database; closing it stays the caller's business.
        clock: The time.
        batch_size: Rows held in memory before they are written.
        max_keys: Keys of one entity held in memory, at about 200 bytes each; beyond that, rows are compared by way of
            temporary files.
        lease_ttl: Seconds without a sign of life after which the lease of a run ends.
    """

    def __init__(
        self,
        db: DatabaseManager,
        *,
        clock: Clock = SYSTEM_CLOCK,
        batch_size: int = 10_000,
        max_keys: int = 1_000_000,
        lease_ttl: float = 60.0,
    ) -> None:
        self.db = db
        self._context = Context(
            db,
            schema_for(db.dialect),
            backend_for(db.dialect),
            clock,
            batch_size=batch_size,
            max_keys=max_keys,
            lease_ttl=lease_ttl,
        )

    def __repr__(self) -> str:
        """Say which one it is."""
        return f"Store({self.db.label!r})"

    @property
    def context(self) -> Context:
        """What the parts of the store share: the database, its tables, the time."""
        return self._context

    async def open(self) -> None:
        """Create Headgate's tables, or bring them to the newest version.

        Raises:
            DatabaseConfigError: It is not a database, may not be written, or was written by a newer Headgate.
            DatabaseUnavailableError: It cannot be reached or is locked.
        """
        async with self.db.get_transaction() as connection:
            await migrate(connection, self._context.schema, self.db.label, self._context.now())

    def run(self, source: str, entities: Sequence[EntityTable]) -> Run:
        """Return a run of a source, to be entered with ``async with``. One run per source at a time."""
        return Run(self._context, source, entities)

    async def apply(self, run_id: str, *, by: str | None = None) -> RunRecord:
        """Apply a plan that was made earlier: exactly that plan, or nothing.

        Args:
            run_id: The run that made the plan.
            by: Who decided it.

        Raises:
            ConfigError: It is held, was applied or dropped, or another run of the source was applied since.
            LeaseHeldError: A run of the source is under way.
        """
        return await deciding.apply(self._context, run_id, allowed=RunState.PLANNED, by=by)

    async def approve(self, run_id: str, *, by: str | None = None) -> RunRecord:
        """Apply a plan that the guard holds. Raises as :meth:`apply` does."""
        return await deciding.apply(self._context, run_id, allowed=RunState.HELD, by=by)

    async def reject(self, run_id: str, *, by: str | None = None, reason: str | None = None) -> RunRecord:
        """Drop a plan that waits, held or not; the record keeps the reason.

        Raises:
            ConfigError: It does not wait any more.
        """
        return await deciding.reject(self._context, run_id, by=by, reason=reason)

    async def rollback(self, run_id: str, *, entities: Collection[str] | None = None) -> RollbackRun:
        """Return a run that takes an applied one back, to be entered with ``async with``, planned, and committed.

        Args:
            run_id: The run to take back.
            entities: Only these entities; none: all of them.

        Raises:
            ConfigError: There is no such run, it was not applied, or it had no such entity.
        """
        return RollbackRun(self._context, await self.find_run(run_id), entities)

    async def runs(
        self,
        *,
        source: str | None = None,
        status: RunState | None = None,
        before: int | None = None,
        limit: int = 20,
    ) -> list[RunRecord]:
        """Return the last runs, newest first.

        Args:
            source: Only of this source.
            status: Only those that stand there.
            before: Only runs before this one, by number.
            limit: At most so many.
        """
        run = self._context.schema.run
        query = run.select().order_by(run.c.seq.desc()).limit(limit)
        if source is not None:
            query = query.where(run.c.source == source)
        if status is not None:
            query = query.where(run.c.status == status.value)
        if before is not None:
            query = query.where(run.c.seq < before)
        async with self.db.get_connection() as connection:
            return [read_record(row) for row in await connection.execute(query)]

    async def sources(self) -> list[str]:
        """Return the sources that ever had a run, by name."""
        run = self._context.schema.run
        async with self.db.get_connection() as connection:
            found = await connection.execute(sa.select(run.c.source).distinct().order_by(run.c.source))
            return list(found.scalars())

    async def under_way(self) -> set[int]:
        """Return the numbers of the runs that some process works at now."""
        async with self.db.get_connection() as connection:
            return await lease.under_way(connection, self._context.schema, self._context.now())

    async def find_run(self, run_id: str) -> RunRecord:
        """Return a run by its id, or by a beginning or the last part of it that no other run has.

        Raises:
            ConfigError: There is no such run, or there are several.
        """
        async with self.db.get_connection() as connection:
            return await find_run(connection, self._context, run_id)

    async def run_ids(self, numbers: Collection[int]) -> dict[int, str]:
        """Return the ids of runs by their numbers, as :attr:`RunRecord.compensates` names a run."""
        if not numbers:
            return {}
        run = self._context.schema.run
        query = sa.select(run.c.seq, run.c.id).where(run.c.seq.in_(numbers))
        async with self.db.get_connection() as connection:
            return {row.seq: row.id for row in await connection.execute(query)}

    async def changes(
        self, run_id: str, *, entity: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Change]:
        """Yield what a run changed, or would change while its plan waits, by entity and key.

        Raises:
            ConfigError: There is no such run.
        """
        schema = self._context.schema
        async with self.db.get_connection() as connection:
            record = await find_run(connection, self._context, run_id)
            if record.status in WAITING:
                table = schema.item
            elif record.status is RunState.APPLIED:
                table = schema.history
            else:
                return
            query = (
                sa.select(
                    schema.entity.c.name,
                    table.c.key,
                    table.c.operation,
                    table.c.changed,
                    history.last_document(schema, table),
                )
                .join(schema.entity, schema.entity.c.id == table.c.entity_id)
                .where(table.c.run_seq == record.seq, table.c.operation != Operation.TOUCHED.value)
                .order_by(schema.entity.c.id, table.c.key)
                .limit(limit)
            )
            if entity is not None:
                query = query.where(schema.entity.c.name == entity)
            async for row in await connection.stream(query):
                yield Change(
                    row.name,
                    decode_key(row.key),
                    Operation(row.operation),
                    history.read_fields(row.changed),
                    orjson.loads(row.document),
                )

    async def history(self, entity: str, key: object) -> list[Version]:
        """Return all versions of one row, oldest first.

        Args:
            entity: Name of the entity.
            key: The values of its key as a tuple, or the bare value of a key of one column.

        Raises:
            ConfigError: There is no such entity, or its key is made of another number of values.
        """
        return await history.versions(self._context, entity, key)

    def as_of(
        self, entity: str, moment: datetime, *, where: Mapping[str, Any] | None = None, limit: int | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the rows of an entity as they were at an instant, by key.

        Args:
            entity: Name of the entity.
            moment: The instant; without a zone it is taken as UTC.
            where: Values that fields must have.
            limit: At most so many.

        Raises:
            ConfigError: There is no such entity or field.
        """
        return history.as_of(self._context, entity, history.in_utc(moment), where or {}, limit)

    async def diff(self, run_a: str, run_b: str, *, entity: str | None = None) -> AsyncIterator[Change]:
        """Yield what differs between the results of two applied runs, earlier to later, by entity and key.

        Raises:
            ConfigError: A run does not exist or was not applied.
        """
        before, after = await self.find_run(run_a), await self.find_run(run_b)
        async for change in history.diff(self._context, before, after, entity):
            yield change

    async def quarantined(
        self,
        *,
        entity: str | None = None,
        run_id: str | None = None,
        ids: Collection[int] | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[QuarantineRecord]:
        """Yield the rows in quarantine, newest first.

        Args:
            entity: Only of this entity.
            run_id: Only those that this run brought.
            ids: Only these.
            before: Only rows before this one, by number.
            limit: At most so many.
        """
        async for record in quarantine.listing(
            self._context, entity=entity, run_id=run_id, ids=ids, before=before, limit=limit
        ):
            yield record

    async def drop_quarantined(self, ids: Collection[int]) -> int:
        """Delete rows from the quarantine for good and return how many there were."""
        return await quarantine.drop(self._context, ids)

    async def prune(self, before: datetime, *, dry_run: bool = False) -> list[Pruned]:
        """Remove versions and quarantined rows that ended before an instant; return what that was, by entity.

        Whatever was so at that instant or later can still be told, and every run applied after it can still be taken
        back. Of the time before, the store says that it does not know.

        Args:
            before: The instant, now at the latest; without a zone it is taken as UTC.
            dry_run: Only count.
        """
        horizon = min(history.in_utc(before), self.context.now())
        return await pruning.prune(self.context, horizon, dry_run=dry_run)

    async def prune_runs(self, before: datetime, *, dry_run: bool = False) -> PrunedRuns:
        """Remove what is kept about runs that ended before an instant, and that nothing refers to; return how much.

        Args:
            before: The instant, now at the latest; without a zone it is taken as UTC.
            dry_run: Only count.
        """
        horizon = min(history.in_utc(before), self.context.now())
        return await pruning_runs.prune_runs(self.context, horizon, dry_run=dry_run)

    async def examine(self) -> AsyncIterator[Problem]:
        """Yield every broken promise of the store: hashes, versions, intervals, orphans, funnels, target tables."""
        async for problem in doctor.examine(self._context):
            yield problem

    @property
    def outbox(self) -> Outbox:
        """The events that wait for their sinks."""
        return Outbox(self._context)

    async def outbox_status(self) -> OutboxStatus:
        """Return how far each sink has got with the events. Reads only, also where nothing was ever stored."""
        async with self.db.get_connection() as connection:
            if await current_version(connection, self._context.schema) < OUTBOX_VERSION:
                return OutboxStatus(self._context.now(), (), 0)
            return await read_status(connection, self._context.schema, self._context.now())

    async def versions(self) -> tuple[int, int]:
        """Return the version of the tables in the database, 0 where there are none, and the newest one known."""
        async with self.db.get_connection() as connection:
            return await current_version(connection, self._context.schema), MIGRATIONS[-1].version

    async def overview(self) -> list[SourceOverview]:
        """Return how every source stands: its last runs, its entities, its quarantine."""
        return await overview.overview(self._context)

    async def entities(self) -> dict[str, EntityTable]:
        """Return every entity the store knows, by name."""
        entity = self._context.schema.entity
        async with self.db.get_connection() as connection:
            names = (await connection.execute(sa.select(entity.c.name).order_by(entity.c.id))).scalars().all()
            found = [await registry.load(connection, self._context, name) for name in names]
        return {table.name: table for _, table in filter(None, found)}
