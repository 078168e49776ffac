"""The life of every run: lease, record, plan, then commit or hold. What is planned is the subclass's business."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import BugError, ConfigError, HeadgateError
from headgate.logging import redact
from headgate.store import activity, committing, lease
from headgate.store.context import Context
from headgate.store.guard import Verdict
from headgate.store.leaseholder import LeaseHolder
from headgate.store.outbox.noting import RunEvent, keep_order, note, told
from headgate.store.plan import Counts, EntityPlan, Plan
from headgate.store.records import RunRecord, RunState, last_applied, read_record

EARLIER_RUNS = 10
"""Applied runs that the guard compares with."""
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class RunLifecycle(ABC):
    """A run under way: an asynchronous context manager that holds the source's lease.

    An exception inside it marks the run as failed. Leaving it after :meth:`plan`, without :meth:`commit` or
    :meth:`hold`, leaves a plan that can be applied later.
    """

    def __init__(self, context: Context, source: str) -> None:
        self.source = source
        self.id = ""
        self._context = context
        self._lease = LeaseHolder(context, source)
        self._numbers: dict[str, int] = {}
        self._seq = 0
        self._status = RunState.STARTED
        self._plan: Plan | None = None

    def __repr__(self) -> str:
        """Say which one it is."""
        return f"<{type(self).__name__} {self.id or 'not started'} of {self.source!r}, {self._status.value}>"

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
            await self._lease.take(connection)
            dead = run.update().where(run.c.source == self.source, run.c.status == RunState.STARTED.value)
            left = "The process ended before the run did."
            dead = dead.values(status=RunState.FAILED.value, error=left, finished_at=now)
            for seq in (await connection.execute(dead.returning(run.c.seq))).scalars().all():
                await self._note(connection, RunEvent.FAILED, {"error": left}, run_seq=seq)
            await committing.clean(connection, context, self.source)
            values = await self._prepare(connection)
            self.id = _new_id(now)
            values |= {"id": self.id, "source": self.source, "status": self._status.value, "started_at": now}
            made = await connection.execute(run.insert().values(**values, token=self._lease.token).returning(run.c.seq))
            self._seq = int(made.scalar_one())
            await self._note(connection, RunEvent.STARTED)
        self._lease.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Note how the run ended and give the lease back."""
        await self._lease.stop()
        if error is None and self._status is RunState.STARTED:
            error = ConfigError("The run ended without a plan.")
        try:
            await self._end(error)
        except HeadgateError:
            if kind is None:
                raise
            # the first error is the one to tell; the next run of the source finds this one dead

    async def plan(self) -> Plan:
        """Find out what would change, write it down, and return it. Nothing can be added afterwards.

        Raises:
            LeaseLostError: Another run took over.
            BugError: The funnel does not add up.
        """
        self._check_open()
        entities = await self._collect()
        context, run = self._context, self._context.schema.run
        async with context.db.get_transaction() as connection:
            await keep_order(connection, context.schema, self.source)
            base = await last_applied(connection, context, self.source)
            digest = await committing.fingerprint(connection, context, self._seq, base_seq=base, entities=entities)
            plan = Plan(self.id, self.source, digest, entities)
            values = {
                "status": RunState.PLANNED.value,
                "base_seq": base,
                "plan_hash": digest,
                "plan": orjson.dumps(plan.as_dict()).decode(),
                "planned_at": context.now(),
            }
            await connection.execute(run.update().where(run.c.seq == self._seq).values(values))
            await self._note(connection, RunEvent.PLANNED, told(plan))
        self._status = RunState.PLANNED
        self._plan = plan
        return plan

    async def earlier(self) -> dict[str, list[int]]:
        """Return, by entity, the rows fetched by the last applied runs that listed it whole, newest first.

        A run that was held and approved is the last that counts: it says what is usual from then on.
        """
        run = self._context.schema.run
        query = (
            sa.select(run.c.plan, run.c.reasons)
            .where(run.c.source == self.source, run.c.status == RunState.APPLIED.value, run.c.compensates.is_(None))
            .order_by(run.c.seq.desc())
            .limit(EARLIER_RUNS)
        )
        fetched: dict[str, list[int]] = {name: [] for name in self._numbers}
        async with self._context.db.get_connection() as connection:
            for text, reasons in await connection.execute(query):
                for name, entity in Plan.from_dict(orjson.loads(text)).entities.items():
                    if name in fetched and entity.complete and not entity.partial:
                        fetched[name].append(entity.counts.fetched)
                if reasons is not None:
                    break
        return fetched

    async def commit(self, plan: Plan) -> None:
        """Apply the plan in one transaction: target rows, versions, state, outbox, the run's record.

        Raises:
            LeaseLostError: Another run took over; nothing was applied.
            ConfigError: The plan is not this run's, or was applied or held before.
        """
        record = await self._planned(plan)
        await committing.commit(self._context, record, plan, self._lease.token)
        self._status = RunState.APPLIED

    async def note_activity(self, facts: Mapping[str, Any]) -> None:
        """Write down what the run does now, in the place of what it did before."""
        async with self._context.db.get_transaction() as connection:
            await activity.write(connection, self._context, self._seq, facts)

    async def hold(self, plan: Plan, verdict: Verdict) -> None:
        """Apply nothing and leave the plan to a person, with the reasons."""
        await self._planned(plan)
        run = self._context.schema.run
        async with self._context.db.get_transaction() as connection:
            await lease.confirm(connection, self._context.schema, self.source, self._lease.token)
            values = {"status": RunState.HELD.value, "reasons": orjson.dumps(verdict.reasons).decode()}
            await connection.execute(run.update().where(run.c.seq == self._seq).values(values))
            await self._note(connection, RunEvent.HELD, {**told(plan), "reasons": list(verdict.reasons)})
        self._status = RunState.HELD

    @abstractmethod
    async def _prepare(self, connection: AsyncConnection) -> dict[str, Any]:
        """Fill ``_numbers`` inside the starting transaction; return what else the run's record holds."""

    @abstractmethod
    async def _collect(self) -> dict[str, EntityPlan]:
        """Write the planned changes down and return every entity's part of the plan."""

    def _check_open(self) -> None:
        self._lease.check()
        if not self.id or self._status is not RunState.STARTED:
            message = f"The run {self.id or 'of ' + self.source} takes no more rows: it is {self._status.value}."
            raise ConfigError(message, hint="Stage inside 'async with store.run(...)' and before plan().")

    async def _known(self, entity: str) -> int:
        """Return how many rows of an entity are stored."""
        state = self._context.schema.state
        query = sa.select(sa.func.count()).select_from(state).where(state.c.entity_id == self._numbers[entity])
        async with self._context.db.get_connection() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def _untouched(self, entity: str) -> EntityPlan:
        """Return the plan of an entity of which nothing came: nothing happens to it."""
        known = await self._known(entity)
        state, partition = self._context.schema.state, self._context.schema.partition
        holding = sa.exists().where(state.c.entity_id == partition.c.entity_id, state.c.partition_id == partition.c.id)
        query = sa.select(partition.c.name).where(partition.c.entity_id == self._numbers[entity], holding)
        async with self._context.db.get_connection() as connection:
            names = (await connection.execute(query.order_by(partition.c.name))).scalars().all()
        return EntityPlan(
            entity,
            Counts(),
            known=known,
            absent_kept=known,
            incomplete=tuple(names),
            partial=known > 0,
            deletions_known=not known,
        )

    async def _planned(self, plan: Plan) -> RunRecord:
        self._lease.check()
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

    async def _note(
        self,
        connection: AsyncConnection,
        kind: RunEvent,
        data: Mapping[str, Any] | None = None,
        *,
        run_seq: int | None = None,
    ) -> None:
        """Note an event of this run, or of the one before that died."""
        where = (connection, self._context.schema)
        number = self._seq if run_seq is None else run_seq
        await note(*where, source=self.source, kind=kind, at=self._context.now(), run_seq=number, data=data)

    async def _end(self, error: BaseException | None) -> None:
        context, run = self._context, self._context.schema.run
        async with context.db.get_transaction() as connection:
            await keep_order(connection, context.schema, self.source)
            if error is not None:
                text = redact(_words(error))
                values = {"status": RunState.FAILED.value, "error": text, "finished_at": context.now()}
                # a commit may have reached the database although its answer did not reach us, and a held plan
                # stays with the person who decides: neither is a failed run
                open_states = [RunState.STARTED.value, RunState.PLANNED.value]
                mine = run.update().where(run.c.seq == self._seq, run.c.status.in_(open_states))
                if (await connection.execute(mine.values(values))).rowcount:
                    self._status = RunState.FAILED
                    await self._note(connection, RunEvent.FAILED, {"error": text})
            await committing.clean(connection, context, self.source)
            await self._lease.release(connection)


def _words(error: BaseException) -> str:
    """Return what is kept of an error: the one word of its kind, where it says nothing."""
    if isinstance(error, HeadgateError):
        return error.message
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return "The run was stopped before its end."
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _new_id(now: datetime) -> str:
    """Return an id that sorts by time and that a person can type."""
    chance = "".join(secrets.choice(_ID_ALPHABET) for _ in range(4))
    return f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03d}-{chance}"
