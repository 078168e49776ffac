"""One run of a source: staged, planned, then committed or held."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import orjson
import sqlalchemy as sa

from headgate.errors import BugError, ConfigError, HeadgateError, LeaseLostError
from headgate.store import committing, lease, registry
from headgate.store.codec import Encoded
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.guard import Verdict
from headgate.store.plan import Counts, EntityPlan, Plan, QuarantinedRow
from headgate.store.records import RunRecord, RunState, last_applied, read_record
from headgate.store.staging import Stager

_EARLIER = 10
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _new_id(now: datetime) -> str:
    """Return an id that sorts by time and that a person can type."""
    chance = "".join(secrets.choice(_ID_ALPHABET) for _ in range(4))
    return f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03d}-{chance}"


class Run:
    """A run under way. Made by :meth:`Store.run`; an asynchronous context manager that holds the source's lease.

    An exception inside it marks the run as failed. Leaving it after :meth:`plan`, without :meth:`commit` or
    :meth:`hold`, leaves a plan that can be applied later.
    """

    def __init__(self, context: Context, source: str, entities: Sequence[EntityTable]) -> None:
        self.source = source
        self.id = ""
        self._context = context
        self._tables = {table.name: table for table in entities}
        self._declared = tuple(entities)
        self._numbers: dict[str, int] = {}
        self._stagers: dict[str, Stager] = {}
        self._seq = 0
        self._token = 0
        self._status = RunState.STARTED
        self._plan: Plan | None = None
        self._base: int | None = None
        self._heart: asyncio.Task[None] | None = None
        self._lost: LeaseLostError | None = None

    def __repr__(self) -> str:
        """Say which one it is."""
        return f"<Run {self.id or 'not started'} of {self.source!r}, {self._status.value}>"

    @property
    def status(self) -> RunState:
        """Where the run stands."""
        return self._status

    async def __aenter__(self) -> Self:
        """Take the lease, clear what dead runs left, and write the run's record.

        Raises:
            LeaseHeldError: Another run of the source is under way.
            DatabaseConfigError: An entity does not fit what the database holds.
        """
        context, run = self._context, self._context.schema.run
        async with context.db.get_transaction() as connection:
            now = context.now()
            self._token = await lease.acquire(connection, context.schema, self.source, now=now, ttl=context.lease_ttl)
            dead = run.update().where(run.c.source == self.source, run.c.status == RunState.STARTED.value)
            left = "The process ended before the run did."
            await connection.execute(dead.values(status=RunState.FAILED.value, error=left, finished_at=now))
            await committing.clean(connection, context, self.source)
            self._numbers = await registry.register(connection, context, self.source, self._declared)
            self.id = _new_id(now)
            values = {"id": self.id, "source": self.source, "status": self._status.value, "token": self._token}
            made = await connection.execute(run.insert().values(**values, started_at=now).returning(run.c.seq))
            self._seq = int(made.scalar_one())
        self._heart = asyncio.get_running_loop().create_task(self._beat(), name=f"lease of {self.source}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Note how the run ended and give the lease back."""
        if self._heart is not None:
            self._heart.cancel()
            with suppress(asyncio.CancelledError):
                await self._heart
        if error is None and self._status is RunState.STARTED:
            error = ConfigError("The run ended without a plan.")
        try:
            await self._end(error)
        except HeadgateError:
            if error is None:
                raise
            # the first error is the one to tell; the next run of the source finds this one dead

    async def stage(
        self, entity: str, rows: Sequence[Mapping[str, Any]], *, partition: str = "", complete: bool = False
    ) -> None:
        """Stage validated rows of one partition: JSON-able values under the declared names.

        Call it as often as needed. Rows that a column cannot hold, and rows without a key, go to quarantine.

        Args:
            entity: Name of the entity.
            rows: The rows.
            partition: The part of the upstream's listing they came from.
            complete: The proof that the partition was enumerated to its end.

        Raises:
            LeaseLostError: Another run took over.
        """
        await self._stager(entity).stage(rows, partition, complete=complete)

    async def stage_encoded(
        self, entity: str, rows: Sequence[Encoded], *, partition: str = "", complete: bool = False
    ) -> None:
        """Stage rows that the entity's :class:`RowCodec` has encoded already, in another process for example."""
        await self._stager(entity).stage_encoded(rows, partition, complete=complete)

    async def quarantine(self, entity: str, rows: Iterable[QuarantinedRow], *, partition: str = "") -> None:
        """Put aside rows that did not pass. They count as fetched, and their keys are not taken for gone."""
        await self._stager(entity).quarantine(rows, partition)

    async def plan(self) -> Plan:
        """Find out what would change, write it down, and return it. Nothing can be staged afterwards.

        Raises:
            LeaseLostError: Another run took over.
            BugError: The funnel does not add up.
        """
        self._check_open()
        entities = {}
        for name in self._tables:
            stager = self._stagers.get(name)
            entities[name] = await stager.finish() if stager else await self._untouched(name)
        context, run = self._context, self._context.schema.run
        async with context.db.get_transaction() as connection:
            self._base = await last_applied(connection, context, self.source)
            digest = await committing.fingerprint(connection, context, self._seq, self._base)
            plan = Plan(self.id, self.source, digest, entities)
            values = {
                "status": RunState.PLANNED.value,
                "base_seq": self._base,
                "plan_hash": digest,
                "plan": orjson.dumps(plan.as_dict()).decode(),
                "planned_at": context.now(),
            }
            await connection.execute(run.update().where(run.c.seq == self._seq).values(values))
        self._stagers.clear()
        self._status = RunState.PLANNED
        self._plan = plan
        return plan

    async def earlier(self) -> dict[str, list[int]]:
        """Return, by entity, the rows fetched by the last applied runs that listed it whole, newest first."""
        run = self._context.schema.run
        query = (
            sa.select(run.c.plan)
            .where(run.c.source == self.source, run.c.status == RunState.APPLIED.value)
            .order_by(run.c.seq.desc())
            .limit(_EARLIER)
        )
        fetched: dict[str, list[int]] = {name: [] for name in self._tables}
        async with self._context.db.get_connection() as connection:
            for text in (await connection.execute(query)).scalars():
                for name, entity in Plan.from_dict(orjson.loads(text)).entities.items():
                    if name in fetched and entity.complete and not entity.partial:
                        fetched[name].append(entity.counts.fetched)
        return fetched

    async def commit(self, plan: Plan) -> None:
        """Apply the plan in one transaction: target rows, versions, state, outbox, the run's record.

        Raises:
            LeaseLostError: Another run took over; nothing was applied.
            ConfigError: The plan is not this run's, or was applied or held before.
        """
        record = await self._planned(plan)
        await committing.commit(self._context, record, plan, self._token)
        self._status = RunState.APPLIED

    async def hold(self, plan: Plan, verdict: Verdict) -> None:
        """Apply nothing and leave the plan to a person, with the reasons."""
        await self._planned(plan)
        run = self._context.schema.run
        async with self._context.db.get_transaction() as connection:
            await lease.confirm(connection, self._context.schema, self.source, self._token)
            values = {"status": RunState.HELD.value, "reasons": orjson.dumps(verdict.reasons).decode()}
            await connection.execute(run.update().where(run.c.seq == self._seq).values(values))
        self._status = RunState.HELD

    def _check_open(self) -> None:
        if self._lost is not None:
            raise self._lost
        if not self.id or self._status is not RunState.STARTED:
            message = f"The run {self.id or 'of ' + self.source} takes no more rows: it is {self._status.value}."
            raise ConfigError(message, hint="Stage inside 'async with store.run(...)' and before plan().")

    def _stager(self, entity: str) -> Stager:
        self._check_open()
        stager = self._stagers.get(entity)
        if stager is None:
            table = self._tables.get(entity)
            if table is None:
                message = f"The source '{self.source}' declares no entity '{entity}'."
                raise ConfigError(message, hint=f"It declares: {', '.join(self._tables)}.")
            stager = self._stagers[entity] = Stager(self._context, table, self._numbers[entity], self._seq)
        return stager

    async def _untouched(self, name: str) -> EntityPlan:
        """Return the plan of an entity of which nothing came: nothing happens to it."""
        state = self._context.schema.state
        query = sa.select(sa.func.count()).select_from(state).where(state.c.entity_id == self._numbers[name])
        async with self._context.db.get_connection() as connection:
            known = int((await connection.execute(query)).scalar_one())
        return EntityPlan(name, Counts(), known=known, absent_kept=known, partial=known > 0)

    async def _planned(self, plan: Plan) -> RunRecord:
        if self._lost is not None:
            raise self._lost
        if self._plan is None or plan != self._plan or self._status is not RunState.PLANNED:
            message = f"This plan cannot be applied by run {self.id}, which is {self._status.value}."
            raise ConfigError(message, hint="Commit or hold the plan that plan() of the same run returned, once.")
        run = self._context.schema.run
        async with self._context.db.get_connection() as connection:
            row = (await connection.execute(run.select().where(run.c.seq == self._seq))).first()
        if row is None:
            message = f"The record of run {self.id} is gone."
            raise BugError(message, hint="Nothing was applied. Please report it with the log.")
        return read_record(row)

    async def _beat(self) -> None:
        """Renew the lease three times in its life. A database that is away for a moment does not end the run."""
        context = self._context
        while True:
            await context.clock.sleep(context.lease_ttl / 3)
            try:
                async with context.db.get_transaction() as connection:
                    now = context.now()
                    await lease.renew(
                        connection, context.schema, self.source, self._token, now=now, ttl=context.lease_ttl
                    )
            except LeaseLostError as lost:
                self._lost = lost
                return
            except HeadgateError:
                continue

    async def _end(self, error: BaseException | None) -> None:
        context, run = self._context, self._context.schema.run
        async with context.db.get_transaction() as connection:
            if error is not None and self._status is not RunState.APPLIED:
                text = error.message if isinstance(error, HeadgateError) else f"{type(error).__name__}: {error}"
                values = {"status": RunState.FAILED.value, "error": text, "finished_at": context.now()}
                mine = run.update().where(run.c.seq == self._seq, run.c.status != RunState.SUPERSEDED.value)
                await connection.execute(mine.values(values))
                self._status = RunState.FAILED
            await committing.clean(connection, context, self.source)
            await lease.release(connection, context.schema, self.source, self._token)
