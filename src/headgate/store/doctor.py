"""Whether the store keeps its promises: hashes, intervals, orphans, funnels, target tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import BugError, DatabaseConfigError
from headgate.store import registry
from headgate.store.codec import RowCodec
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.plan import Operation, Plan
from headgate.store.records import WAITING, RunState
from headgate.store.targets.examining import changed_by_others
from headgate.store.targets.managed import managed_table, table_exists


@dataclass(frozen=True, slots=True)
class Problem:
    """A promise that is broken.

    Args:
        check: Which one: ``hashes``, ``versions``, ``intervals``, ``orphans``, ``funnels`` or ``targets``.
        entity: Name of the entity; empty where it concerns none.
        message: What is wrong, in a sentence.
    """

    check: str
    entity: str
    message: str


async def examine(context: Context) -> AsyncIterator[Problem]:
    """Yield every promise that is broken. Reads everything once, and nothing into memory at once."""
    async with context.db.get_connection() as connection:
        names = (await connection.execute(sa.select(context.schema.entity.c.name))).scalars().all()
        for name in names:
            found = await registry.load(connection, context, name)
            if found is None:
                continue
            entity_id, table = found
            for check in (_hashes, _versions, _intervals, _target):
                async for problem in check(connection, context, entity_id, table):
                    yield problem
        async for problem in _orphans(connection, context):
            yield problem
        async for problem in _funnels(connection, context):
            yield problem


async def _hashes(
    connection: AsyncConnection, context: Context, entity_id: int, table: EntityTable
) -> AsyncIterator[Problem]:
    """Compare the hash of every current row with its document."""
    codec = RowCodec(table, ignore=table.compare.ignore)
    state, history = context.schema.state, context.schema.history
    living = sa.and_(history.c.entity_id == entity_id, history.c.key == state.c.key, history.c.valid_to.is_(None))
    query = (
        sa.select(state.c.key, state.c.hash, sa.cast(history.c.document, sa.Text))
        .join(history, living)
        .where(state.c.entity_id == entity_id)
    )
    wrong, example = 0, ""
    async for rows in context.backend.stream(connection, query, size=context.batch_size):
        for key, digest, document in rows:
            if document is None or not codec.fits(digest, orjson.loads(document)):
                wrong, example = wrong + 1, example or key
    if wrong:
        yield Problem(
            "hashes", table.name, f"{wrong} rows have a hash that is not their document's, such as {example}."
        )


async def _versions(
    connection: AsyncConnection, context: Context, entity_id: int, table: EntityTable
) -> AsyncIterator[Problem]:
    """Every known key has a living version, and every living version a known key."""
    state, history = context.schema.state, context.schema.history
    living = (
        history.c.entity_id == entity_id,
        history.c.valid_to.is_(None),
        history.c.operation != Operation.DELETED.value,
    )
    versionless = sa.select(state.c.key).where(
        state.c.entity_id == entity_id, ~sa.exists().where(history.c.key == state.c.key, *living)
    )
    unknown = sa.select(history.c.key).where(
        *living, ~sa.exists().where(state.c.entity_id == entity_id, state.c.key == history.c.key)
    )
    for query, said in ((versionless, "are known and have no version"), (unknown, "have a version and are not known")):
        count, example = await _count(connection, query)
        if count:
            yield Problem("versions", table.name, f"{count} keys {said}, such as {example}.")


async def _intervals(
    connection: AsyncConnection, context: Context, entity_id: int, table: EntityTable
) -> AsyncIterator[Problem]:
    """Every version ends where the next one of its row begins."""
    history = context.schema.history
    following = sa.func.lead(history.c.valid_from).over(partition_by=history.c.key, order_by=history.c.valid_from)
    pairs = (
        sa.select(history.c.key, history.c.valid_to, following.label("following"))
        .where(history.c.entity_id == entity_id)
        .subquery()
    )
    broken = sa.select(pairs.c.key).where(
        sa.or_(
            pairs.c.valid_to != pairs.c.following,
            pairs.c.valid_to.is_(None) != pairs.c.following.is_(None),
        )
    )
    count, example = await _count(connection, broken)
    if count:
        yield Problem("intervals", table.name, f"{count} versions do not end where the next begins, such as {example}.")


async def _target(
    connection: AsyncConnection, context: Context, entity_id: int, table: EntityTable
) -> AsyncIterator[Problem]:
    """The target table holds the current documents, and nothing else if it is Headgate's."""
    if table.target is not None:
        async for problem in _application(connection, context, entity_id, table):
            yield problem
        return
    if not await table_exists(connection, table.name):
        state = context.schema.state
        count, _ = await _count(connection, sa.select(state.c.key).where(state.c.entity_id == entity_id))
        if count:
            yield Problem("targets", table.name, f"The table '{table.name}' is gone, and {count} rows are known.")
        return
    history = context.schema.history
    names = [column.name for column in table.columns]
    fields, columns = context.backend.unpack(table, names, history.c.document)
    wanted = sa.select(*columns).where(
        history.c.entity_id == entity_id, history.c.valid_to.is_(None), history.c.operation != Operation.DELETED.value
    )
    if fields is not None:
        wanted = wanted.select_from(history.join(fields, sa.true()))
    target = managed_table(table, context.backend)
    there = sa.select(*(target.c[name] for name in names))
    for query, said in (
        (wanted.except_(there), "rows of '{0}' are missing or were changed by somebody else"),
        (there.except_(wanted), "rows of '{0}' were added or changed by somebody else"),
    ):
        count, _ = await _count(connection, query)
        if count:
            yield Problem("targets", table.name, f"{count} {said.format(table.name)}.")


async def _application(
    connection: AsyncConnection, context: Context, entity_id: int, table: EntityTable
) -> AsyncIterator[Problem]:
    try:
        bound = await registry.bound_targets(connection, context, [table])
    except DatabaseConfigError as error:
        yield Problem("targets", table.name, error.message)
        return
    target = bound.get(table.name)
    if target is None:
        return
    count, example = await changed_by_others(connection, context, target, entity_id)
    if count:
        said = f"{count} rows of '{target.table.full_name}' are missing or were changed by somebody else"
        yield Problem("targets", table.name, f"{said}, such as {example}.")


async def _orphans(connection: AsyncConnection, context: Context) -> AsyncIterator[Problem]:
    """Versions belong to applied runs, planned rows to runs that wait or work."""
    schema = context.schema
    applied = sa.select(schema.run.c.seq).where(schema.run.c.status == RunState.APPLIED.value)
    open_states = [state.value for state in (*WAITING, RunState.STARTED)]
    working = sa.select(schema.run.c.seq).where(schema.run.c.status.in_(open_states))
    for query, said in (
        (sa.select(schema.history.c.key).where(schema.history.c.run_seq.not_in(applied)), "versions of no applied run"),
        (sa.select(schema.item.c.key).where(schema.item.c.run_seq.not_in(working)), "planned rows of no open run"),
        (
            sa.select(schema.outbox.c.type).where(schema.outbox.c.run_seq.not_in(sa.select(schema.run.c.seq))),
            "events of no run",
        ),
    ):
        count, _ = await _count(connection, query)
        if count:
            yield Problem("orphans", "", f"There are {count} {said}.")


async def _funnels(connection: AsyncConnection, context: Context) -> AsyncIterator[Problem]:
    """The funnel of every run adds up."""
    run = context.schema.run
    for run_id, plan in await connection.execute(sa.select(run.c.id, run.c.plan).where(run.c.plan.is_not(None))):
        for name, entity in Plan.from_dict(orjson.loads(plan)).entities.items():
            try:
                entity.counts.check(f"'{name}' in run {run_id}")
            except BugError as broken:
                yield Problem("funnels", name, broken.message)


async def _count(connection: AsyncConnection, query: sa.Select[Any] | sa.CompoundSelect[Any]) -> tuple[int, str]:
    """Return how many rows a query has, and the first value of one of them."""
    rows = query.subquery()
    first = rows.c[0]
    found = (
        await connection.execute(sa.select(sa.func.count(), sa.func.min(sa.cast(first, sa.Text))).select_from(rows))
    ).one()
    return int(found[0]), str(found[1])
