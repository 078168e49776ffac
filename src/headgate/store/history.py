"""Every version of every row: what it was, since when, until when, and which run made it so."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store import registry
from headgate.store.codec import decode_key, encode_key
from headgate.store.columns import EntityTable
from headgate.store.comparing import changed_fields
from headgate.store.context import Context
from headgate.store.horizon import check_reach
from headgate.store.plan import Change, Operation
from headgate.store.records import RunRecord, RunState
from headgate.store.schema import Schema


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one row, true in ``[valid_from, valid_to)``.

    Args:
        entity: Name of the entity.
        key: The values of its key.
        valid_from: The instant of the commit that made it, in UTC.
        valid_to: The instant of the commit that ended it; none while it is the current one.
        operation: What the commit did to the row. A deletion is a version without a document.
        fields: For an update, the old and the new value of each field that changed.
        document: All fields; none after a deletion.
        run: The id of the run that made it.
    """

    entity: str
    key: tuple[Any, ...]
    valid_from: datetime
    valid_to: datetime | None
    operation: Operation
    fields: Mapping[str, tuple[Any, Any]]
    document: Mapping[str, Any] | None
    run: str

    def as_dict(self) -> dict[str, Any]:
        """Return the version as JSON has it, without the entity and the key that all versions of a row share."""
        return {
            "valid_from": self.valid_from.isoformat(),
            "valid_to": None if self.valid_to is None else self.valid_to.isoformat(),
            "operation": self.operation.value,
            "run": self.run,
            "fields": {name: {"old": old, "new": new} for name, (old, new) in self.fields.items()},
            "document": self.document,
        }


async def known_entity(connection: AsyncConnection, context: Context, name: str) -> tuple[int, EntityTable]:
    """Return an entity's number and declaration.

    Raises:
        ConfigError: The store does not know it.
    """
    found = await registry.load(connection, context, name)
    if found is None:
        names = (await connection.execute(sa.select(context.schema.entity.c.name))).scalars().all()
        message = f"{context.db.label} knows no entity '{name}'."
        raise ConfigError(message, hint=f"It knows: {', '.join(sorted(names)) or 'none yet'}.")
    return found


async def owner_of(connection: AsyncConnection, context: Context, entity_id: int) -> str:
    """Return the source that owns an entity."""
    entity = context.schema.entity
    return str((await connection.execute(sa.select(entity.c.source).where(entity.c.id == entity_id))).scalar_one())


async def versions(context: Context, entity: str, key: object) -> list[Version]:
    """Return all versions of a row, oldest first."""
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        query = versions_of(context, entity_id, key_text(table, key)).order_by(context.schema.history.c.valid_from)
        return [read_version(entity, row) for row in await connection.execute(query)]


def versions_of(context: Context, entity_id: int, key: str) -> sa.Select[Any]:
    """Select the versions of one row, each with the id of its run, as ``read_version`` reads them."""
    history, run = context.schema.history, context.schema.run
    return (
        sa.select(history, run.c.id.label("run_id"))
        .join(run, run.c.seq == history.c.run_seq)
        .where(history.c.entity_id == entity_id, history.c.key == key)
    )


def read_version(entity: str, row: sa.Row[Any]) -> Version:
    """Turn a row of the history, with the id of its run, into a version."""
    return Version(
        entity,
        decode_key(row.key),
        row.valid_from,
        row.valid_to,
        Operation(row.operation),
        read_fields(row.changed),
        orjson.loads(row.document) if row.document else None,
        row.run_id,
    )


async def as_of(
    context: Context, entity: str, moment: datetime, where: Mapping[str, Any], limit: int | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the documents of an entity as they were at an instant, by key."""
    history = context.schema.history
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        await check_reach(connection, context, entity_id, moment)
        source: sa.FromClause = history
        conditions = [history.c.entity_id == entity_id, *true_at(history, moment)]
        if where:
            check_fields(table, where)
            fields, columns = context.backend.unpack(table, list(where), history.c.document)
            source = history if fields is None else history.join(fields, sa.true())
            conditions += [
                context.backend.equals(column, table.column(name).type, value)
                for column, (name, value) in zip(columns, where.items(), strict=True)
            ]
        query = (
            sa.select(history.c.document).select_from(source).where(*conditions).order_by(history.c.key).limit(limit)
        )
        async for (document,) in await connection.stream(query):
            yield orjson.loads(document)


async def diff(context: Context, before: RunRecord, after: RunRecord, entity: str | None) -> AsyncIterator[Change]:
    """Yield what differs between the result of one run and the result of a later one, by entity and key."""
    for record in (before, after):
        if record.status is not RunState.APPLIED:
            message = f"Run {record.id} is {record.status.value}: it has no result to compare."
            raise ConfigError(message, hint="Give two runs that were applied.")
    start, end = _moment(before), _moment(after)
    if start > end:
        start, end = end, start
    schema = context.schema
    history = schema.history
    moved = (
        sa.select(history.c.entity_id, history.c.key)
        .where(history.c.valid_from > start, history.c.valid_from <= end)
        .distinct()
        .subquery("moved")
    )
    old, new = history.alias("old"), history.alias("new")
    query = (
        sa.select(
            schema.entity.c.name,
            moved.c.key,
            old.c.document.label("before"),
            new.c.document.label("after"),
        )
        .select_from(
            moved.join(schema.entity, schema.entity.c.id == moved.c.entity_id)
            .outerjoin(old, sa.and_(*_same_row(old, moved), *true_at(old, start)))
            .outerjoin(new, sa.and_(*_same_row(new, moved), *true_at(new, end)))
        )
        .order_by(schema.entity.c.id, moved.c.key)
    )
    if entity is not None:
        query = query.where(schema.entity.c.name == entity)
    async with context.db.get_connection() as connection:
        for entity_id in await _compared(connection, context, entity):
            await check_reach(connection, context, entity_id, start)
        async for row in await connection.stream(query):
            change = net_change(row.name, row.key, row.before, row.after)
            if change is not None:
                yield change


async def _compared(connection: AsyncConnection, context: Context, entity: str | None) -> Sequence[int]:
    """Return the numbers of the entities that are compared: one, or all."""
    table = context.schema.entity
    query = sa.select(table.c.id).where(table.c.name == entity) if entity is not None else sa.select(table.c.id)
    return (await connection.execute(query)).scalars().all()


def true_at(history: sa.FromClause, moment: datetime) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a version was the living one at an instant."""
    ends = history.c.valid_to
    return [
        history.c.valid_from <= moment,
        sa.or_(ends.is_(None), ends > moment),
        history.c.operation != Operation.DELETED.value,
    ]


def read_fields(changed: str | None) -> dict[str, tuple[Any, Any]]:
    """Return the changed fields of a version, as they were written down."""
    return {name: (old, new) for name, (old, new) in orjson.loads(changed or "{}").items()}


def key_text(table: EntityTable, key: object) -> str:
    """Return a key in its stored form. A key of one column may be given as the bare value.

    Raises:
        ConfigError: The key has another number of values than the entity's.
    """
    values = tuple(key) if isinstance(key, tuple | list) else (key,)
    if len(values) != len(table.key):
        message = f"The key of '{table.name}' is made of {len(table.key)} values, and {len(values)} were given."
        raise ConfigError(message, hint=f"Give a value for each of: {', '.join(table.key)}.")
    return encode_key(values)


def in_utc(moment: datetime) -> datetime:
    """Return an instant in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def check_fields(table: EntityTable, names: Iterable[str]) -> None:
    """Raise :class:`ConfigError` for the first name that is not a field of the entity."""
    known = [column.name for column in table.columns]
    for name in names:
        if name not in known:
            message = f"'{table.name}' has no field '{name}'."
            raise ConfigError(message, hint=f"It has: {', '.join(known)}.")


def _same_row(history: sa.FromClause, moved: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    return [history.c.entity_id == moved.c.entity_id, history.c.key == moved.c.key]


def _moment(record: RunRecord) -> datetime:
    if record.finished_at is None:
        message = f"Run {record.id} was applied and has no time."
        raise ConfigError(message, hint="Run 'headgate doctor'.")
    return record.finished_at


def net_change(entity: str, key: str, before: str | None, after: str | None) -> Change | None:
    """Return the change from one document to another; none if they are equal. No document means no row."""
    if before == after:
        return None
    fields: dict[str, tuple[Any, Any]] = {}
    if before is None:
        operation = Operation.NEW
    elif after is None:
        operation = Operation.DELETED
    else:
        operation = Operation.UPDATED
        fields = {
            name: (old, new) for name, (old, new) in changed_fields(orjson.loads(before), orjson.loads(after)).items()
        }
        if not fields:
            return None
    return Change(entity, decode_key(key), operation, fields, orjson.loads(after or before or "{}"))


def last_document(schema: Schema, table: sa.Table) -> sa.ColumnElement[str]:
    """Return the document of a change; for a deletion the last one there was."""
    before = schema.history.alias("before")
    ends = before.c.valid_to.is_(None) if table is schema.item else before.c.valid_to == table.c.valid_from
    last = sa.select(sa.cast(before.c.document, sa.Text)).where(
        before.c.entity_id == table.c.entity_id, before.c.key == table.c.key, ends
    )
    return sa.func.coalesce(sa.cast(table.c.document, sa.Text), last.scalar_subquery()).label("document")
