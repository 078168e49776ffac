"""Commit: one transaction, all or nothing, and only if the world is still the one that was planned for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from xxhash import xxh3_128_intdigest

from headgate.errors import BugError, ConfigError
from headgate.store import contracts, cursors, journal, lease, registry
from headgate.store.applying import EntityCommit
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.outbox import noting
from headgate.store.plan import Plan
from headgate.store.records import WAITING, RunRecord, RunState, last_applied
from headgate.store.targets.applying import TargetCommit
from headgate.store.targets.managed import make_managed, write_managed

_MANY = 1_000  # changed rows after which the database is told to count its tables again
_INSTANT = timedelta(microseconds=1)


async def fingerprint(
    connection: AsyncConnection, context: Context, run_seq: int, *, base_seq: int | None, entities: Collection[str]
) -> str:
    """Return the fingerprint of a run's planned changes, and of the world they were planned for.

    That is what they were compared with, and what their entities were declared as. Order does not matter.
    """
    item = context.schema.item
    total = xxh3_128_intdigest(f"base {base_seq}".encode())
    for declaration in await registry.declarations(connection, context, entities):
        total += xxh3_128_intdigest(declaration.encode())
    query = sa.select(item.c.entity_id, item.c.key, item.c.operation, item.c.hash).where(item.c.run_seq == run_seq)
    async for rows in context.backend.stream(connection, query, size=context.batch_size):
        for entity_id, key, operation, digest in rows:
            total += xxh3_128_intdigest(f"{entity_id} {operation} {key} {digest.hex()}".encode())
    return f"{total % (1 << 128):032x}"


async def commit(
    context: Context, run: RunRecord, plan: Plan, token: int, *, decided_by: str | None = None
) -> datetime:
    """Apply a plan in one transaction and return the instant from which it is true.

    Raises:
        LeaseLostError: The lease was taken over.
        ConfigError: The plan was applied or dropped before, or another run was applied since it was made.
    """
    async with context.db.get_transaction() as connection:
        # in a transaction of its own: its lock would make commits of other sources wait for the end of this one
        await context.backend.learn(connection, context.schema.item)
    async with context.db.get_transaction(durable=True) as connection:
        await lease.confirm(connection, context.schema, run.source, token)
        await _check_world(connection, context, run)
        moment = await _moment(connection, context)
        await _apply(connection, context, run, plan, moment)
        await cursors.move(connection, context, run.source, run.seq)
        await contracts.learn(connection, context, run.source, run.seq, moment)
        await journal.clear(connection, context, run.source)
        await _conclude(connection, context, run, plan, at=moment, by=decided_by)
        # in the same transaction: a process that dies right after it leaves no planned rows of an applied run
        await clean(connection, context, run.source)
    counts = [entity.counts for entity in plan.entities.values()]
    if sum(count.new + count.updated + count.deleted for count in counts) >= _MANY:
        async with context.db.get_transaction() as connection:
            for filled in (context.schema.history, context.schema.state):
                await context.backend.learn(connection, filled)
    return moment


async def _apply(connection: AsyncConnection, context: Context, run: RunRecord, plan: Plan, moment: datetime) -> None:
    """Write targets, versions, state and outbox of every entity."""
    tables: dict[str, EntityTable] = {}
    numbers: dict[str, int] = {}
    for name in plan.entities:
        found = await registry.load(connection, context, name)
        if found is None:
            message = f"The entity '{name}' of run {run.id} is not registered."
            raise BugError(message, hint="Nothing was applied. Please report it with the log.")
        numbers[name], tables[name] = found
    changed = [name for name in tables if await _has_items(connection, context, run.seq, numbers[name])]
    bound = await registry.bound_targets(connection, context, list(tables.values()))
    targets = TargetCommit(context, connection, bound, numbers, run_seq=run.seq, moment=moment)
    for name, table in tables.items():
        if table.target is None:
            await make_managed(connection, table, context.backend)
            if name in changed:
                await write_managed(connection, context, table, entity_id=numbers[name], run_seq=run.seq)
    await targets.write(changed)
    for name in changed:
        await EntityCommit(
            context, connection, tables[name], entity_id=numbers[name], run_seq=run.seq, moment=moment
        ).apply()
        await noting.note_changes(
            connection, context.schema, source=run.source, run_seq=run.seq, entity_id=numbers[name], at=moment
        )
    outdated = tables.keys() & await registry.outdated(connection, context)
    await targets.settle(outdated)
    for name in outdated:
        await registry.note_loaded(connection, context, numbers[name])


async def clean(connection: AsyncConnection, context: Context, source: str) -> None:
    """Remove the staged rows of runs of a source that can never be applied any more."""
    run, item, move = context.schema.run, context.schema.item, context.schema.cursor_move
    waiting = (*WAITING, RunState.STARTED)
    done = sa.select(run.c.seq).where(run.c.source == source, run.c.status.not_in([state.value for state in waiting]))
    await connection.execute(item.delete().where(item.c.run_seq.in_(done)))
    await connection.execute(move.delete().where(move.c.run_seq.in_(done)))
    failed = done.where(run.c.status == RunState.FAILED.value)
    quarantine = context.schema.quarantine
    await connection.execute(quarantine.delete().where(quarantine.c.run_seq.in_(failed)))


async def _check_world(connection: AsyncConnection, context: Context, run: RunRecord) -> None:
    table = context.schema.run
    status = (await connection.execute(sa.select(table.c.status).where(table.c.seq == run.seq))).scalar_one()
    if status not in {state.value for state in WAITING}:
        message = f"Run {run.id} is {status}: its plan cannot be applied."
        raise ConfigError(message, hint="Run the source again for a new plan.")
    if await last_applied(connection, context, run.source) != run.base_seq:
        message = f"The world moved: another run of '{run.source}' was applied after run {run.id} was planned."
        raise ConfigError(message, hint="Run the source again for a new plan.")


async def _moment(connection: AsyncConnection, context: Context) -> datetime:
    """Return now, or the instant after the last commit should the clock have been set back."""
    run = context.schema.run
    query = sa.select(sa.func.max(run.c.finished_at)).where(run.c.status == RunState.APPLIED.value)
    last = (await connection.execute(query)).scalar()
    now = context.now()
    return now if last is None else max(now, last + _INSTANT)


async def _has_items(connection: AsyncConnection, context: Context, run_seq: int, entity_id: int) -> bool:
    item = context.schema.item
    query = sa.select(sa.literal(1)).where(item.c.run_seq == run_seq, item.c.entity_id == entity_id).limit(1)
    return (await connection.execute(query)).first() is not None


async def _conclude(
    connection: AsyncConnection, context: Context, run: RunRecord, plan: Plan, *, at: datetime, by: str | None
) -> None:
    table = context.schema.run
    done = {"status": RunState.APPLIED.value, "finished_at": at, "decided_by": by}
    await connection.execute(table.update().where(table.c.seq == run.seq).values(done))
    others = sa.and_(
        table.c.source == run.source,
        table.c.seq != run.seq,
        table.c.status.in_([state.value for state in WAITING]),
    )
    await connection.execute(table.update().where(others).values(status=RunState.SUPERSEDED.value, finished_at=at))
    await _note_applied(connection, context, run, plan, at=at, by=by)


async def _note_applied(
    connection: AsyncConnection, context: Context, run: RunRecord, plan: Plan, *, at: datetime, by: str | None
) -> None:
    table = context.schema.run
    common: dict[str, Any] = {"source": run.source, "at": at}
    data = {**noting.told(plan), "by": by}
    if run.compensates is not None:
        query = sa.select(table.c.id).where(table.c.seq == run.compensates)
        data["compensates"] = (await connection.execute(query)).scalar_one()
    write = partial(noting.note, connection, context.schema, **common)
    await write(kind=noting.RunEvent.APPLIED, run_seq=run.seq, data=data)
    if run.compensates is not None:
        await write(kind=noting.RunEvent.ROLLED_BACK, run_seq=run.compensates, data={"by_run": run.id, "by": by})
