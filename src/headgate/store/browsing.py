"""Reading a part at a time: pages that cost the same wherever they begin, however much there is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
import sqlalchemy as sa

from headgate.errors import ConfigError
from headgate.store.codec import decode_key
from headgate.store.context import Context
from headgate.store.history import Version, key_text, known_entity, read_fields, read_version, true_at, versions_of
from headgate.store.horizon import check_reach
from headgate.store.plan import Change, Operation
from headgate.store.records import WAITING, RunRecord, RunState

T = TypeVar("T")

SEARCHED = 2_000
"""Rows that one search looks through at the most before it hands back what it found, and where to go on."""

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of something long.

    Args:
        items: The part.
        next: What to ask for the part behind it with; none at the end.
        searched: How many rows were looked through for it, if that is not all there were.
    """

    items: list[T]
    next: str | None = None
    searched: int | None = None


def mark(*place: Any) -> str:
    """Return a place in a list as text that is safe in a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_mark(text: str, *kinds: type[str | int]) -> tuple[Any, ...]:
    """Return the place that :func:`mark` wrote.

    Raises:
        ConfigError: It did not write this.
    """
    try:
        place = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(_is(value, kind) for value, kind in zip(place, kinds, strict=True)):
        raise ConfigError("That is no place in this list.", hint="Begin again with its first page.")
    return tuple(place)


def _is(value: Any, kind: type[str | int]) -> bool:
    """Tell whether a value has a type, and is one that a database can hold."""
    if isinstance(value, str):
        return kind is str and "\0" not in value
    return kind is int and isinstance(value, int) and -_LARGEST <= value <= _LARGEST


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an entity.

    Args:
        key: The values of its key.
        document: All fields.
        since: When it became what it is, in UTC.
    """

    key: tuple[Any, ...]
    document: Mapping[str, Any]
    since: datetime


async def changes(
    context: Context,
    record: RunRecord,
    *,
    entity: str | None = None,
    operation: Operation | None = None,
    search: str = "",
    after: str | None = None,
    limit: int = 50,
) -> Page[Change]:
    """Return a part of what a run changed, or would change while its plan waits.

    Args:
        context: The database and its tables.
        record: The run.
        entity: Only this entity.
        operation: Only this operation.
        search: Only rows that hold this text in a value, whatever its case; :data:`SEARCHED` rows are looked through at
            the most.
        after: Where the part before ended.
        limit: So many changes at the most.

    Raises:
        ConfigError: ``after`` is no place in the list.
    """
    if record.status in WAITING:
        listing: _Listing = _Planned(context)
    elif record.status is RunState.APPLIED:
        listing = _Applied(context)
    else:
        return Page([])
    if operation is not None and _has_none(record, entity, operation):
        return Page([])
    schema, table = context.schema, listing.table
    conditions = [table.c.run_seq == record.seq, table.c.operation != Operation.TOUCHED.value]
    if operation is not None:
        conditions.append(table.c.operation == operation.value)
    if after is not None:
        conditions.append(listing.behind(after))
    async with context.db.get_connection() as connection:
        # named even where all are wanted: each entity is then a place in the index, and so is each operation in it
        named = [schema.entity.c.name == entity] if entity is not None else []
        conditions.append(table.c.entity_id.in_(sa.select(schema.entity.c.id).where(*named)))
        query = (
            sa.select(*listing.order, table.c.key, table.c.operation, table.c.changed, listing.document)
            .where(*conditions)
            .order_by(*listing.order)
            .limit(SEARCHED if search else limit + 1)
        )
        part = query.subquery("part")
        ordered = [part.c[column.key] for column in listing.order]
        chosen = sa.select(part, schema.entity.c.name).join(schema.entity, schema.entity.c.id == part.c.entity_id)
        if search:
            chosen = chosen.where(_holds(context, part.c.document, search))
        rows = (await connection.execute(chosen.order_by(*ordered).limit(limit + 1))).all()
        following = listing.mark(rows[limit - 1]) if len(rows) > limit else None
        searched = None
        if search and following is None:
            end = sa.select(part).order_by(*ordered).offset(SEARCHED - 1).limit(1)
            last = (await connection.execute(end)).first()
            if last is not None:
                following, searched = listing.mark(last), SEARCHED
    return Page([_change(row) for row in rows[:limit]], following, searched)


async def rows(
    context: Context,
    entity: str,
    *,
    at: datetime | None = None,
    search: str = "",
    after: str | None = None,
    limit: int = 50,
) -> Page[Row]:
    """Return a part of the rows of an entity, by key.

    Args:
        context: The database and its tables.
        entity: Name of the entity.
        at: As they were at this instant; none: as they are now.
        search: As for :func:`changes`.
        after: Where the part before ended.
        limit: So many rows at the most.

    Raises:
        ConfigError: There is no such entity, nothing is known of that instant any more, or ``after`` is no place.
    """
    history = context.schema.history
    async with context.db.get_connection() as connection:
        entity_id, _ = await known_entity(connection, context, entity)
        conditions = [history.c.entity_id == entity_id]
        if at is None:
            conditions += [history.c.valid_to.is_(None), history.c.operation != Operation.DELETED.value]
        else:
            await check_reach(connection, context, entity_id, at)
            conditions += true_at(history, at)
        if after is not None:
            (key,) = read_mark(after, str)
            conditions.append(history.c.key > sa.literal(key, history.c.key.type))
        part = (
            sa.select(history.c.key, history.c.document, history.c.valid_from)
            .where(*conditions)
            .order_by(history.c.key)
            .limit(SEARCHED if search else limit + 1)
            .subquery("part")
        )
        chosen = sa.select(part.c.key, sa.cast(part.c.document, sa.Text).label("document"), part.c.valid_from)
        if search:
            chosen = chosen.where(_holds(context, sa.cast(part.c.document, sa.Text), search))
        found = (await connection.execute(chosen.order_by(part.c.key).limit(limit + 1))).all()
        following = mark(found[limit - 1].key) if len(found) > limit else None
        searched = None
        if search and following is None:
            last = (await connection.execute(sa.select(part.c.key).offset(SEARCHED - 1).limit(1))).scalar()
            if last is not None:
                following, searched = mark(last), SEARCHED
    items = [Row(decode_key(row.key), orjson.loads(row.document), row.valid_from) for row in found[:limit]]
    return Page(items, following, searched)


async def versions(
    context: Context, entity: str, key: object, *, before: datetime | None = None, limit: int = 50
) -> list[Version]:
    """Return the versions of one row, newest first.

    Args:
        context: The database and its tables.
        entity: Name of the entity.
        key: The values of its key as a tuple.
        before: Only versions that began before this instant; with ``limit=1`` and the instant after, the one that was
            true then.
        limit: So many versions at the most.

    Raises:
        ConfigError: There is no such entity, or its key is made of another number of values.
    """
    began = context.schema.history.c.valid_from
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        query = versions_of(context, entity_id, key_text(table, key)).order_by(began.desc()).limit(limit)
        if before is not None:
            query = query.where(began < before)
        return [read_version(entity, row) for row in await connection.execute(query)]


async def last_documents(
    context: Context, entity: str, keys: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Return the newest document that each of some keys ever had; keys that never were are left out.

    Args:
        context: The database and its tables.
        entity: Name of the entity.
        keys: The values of the keys.

    Raises:
        ConfigError: There is no such entity, or a key is made of another number of values.
    """
    history = context.schema.history
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        for start in range(0, len(keys), context.batch_size):
            texts = [key_text(table, key) for key in keys[start : start + context.batch_size]]
            mine = sa.and_(
                history.c.entity_id == entity_id,
                history.c.document.is_not(None),
                context.backend.key_in(history.c.key, texts),
            )
            newest = sa.select(history.c.key, sa.func.max(history.c.valid_from).label("at")).where(mine)
            last = newest.group_by(history.c.key).subquery("last")
            query = (
                sa.select(history.c.key, sa.cast(history.c.document, sa.Text).label("document"))
                .join(last, sa.and_(last.c.key == history.c.key, last.c.at == history.c.valid_from))
                .where(mine)
            )
            rows = await connection.execute(query)
            found |= {decode_key(row.key): orjson.loads(row.document) for row in rows}
    return found


def _has_none(record: RunRecord, entity: str | None, operation: Operation) -> bool:
    """Tell whether the plan of a run counts no such change: then nobody has to look through all the others."""
    counted = (
        [part.counts for name, part in record.plan.entities.items() if entity in {None, name}] if record.plan else []
    )
    return record.plan is not None and not any(getattr(counts, operation.value, 0) for counts in counted)


class _Listing:
    """A table that holds changes of runs, with an order that its index has."""

    def __init__(self, context: Context, table: sa.Table, order: list[sa.Column[Any]]) -> None:
        self.context = context
        self.table = table
        self.order = order

    @property
    def document(self) -> sa.ColumnElement[str]:
        """The document of a change; for a deletion the last one there was."""
        before, table = self.context.schema.history.alias("before"), self.table
        waits = table is self.context.schema.item
        ends = before.c.valid_to.is_(None) if waits else before.c.valid_to == table.c.valid_from
        last = sa.select(sa.cast(before.c.document, sa.Text)).where(
            before.c.entity_id == table.c.entity_id, before.c.key == table.c.key, ends
        )
        return sa.func.coalesce(sa.cast(table.c.document, sa.Text), last.scalar_subquery()).label("document")

    def behind(self, after: str) -> sa.ColumnElement[bool]:
        """Return the condition that a change comes behind a place."""
        place = read_mark(after, *(column.type.python_type for column in self.order))
        values = [sa.literal(value, column.type) for column, value in zip(self.order, place, strict=True)]
        return sa.tuple_(*self.order) > sa.tuple_(*values)

    def mark(self, row: sa.Row[Any]) -> str:
        """Return the place of a change."""
        return mark(*(row._mapping[column.key] for column in self.order))  # noqa: SLF001 - its public name


class _Planned(_Listing):
    def __init__(self, context: Context) -> None:
        item = context.schema.item
        super().__init__(context, item, [item.c.entity_id, item.c.key])


class _Applied(_Listing):
    def __init__(self, context: Context) -> None:
        history = context.schema.history
        super().__init__(context, history, [history.c.entity_id, history.c.operation, history.c.id])


def _holds(context: Context, document: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a document holds a text in its values, which its key is among.

    A document is only taken apart if its JSON holds the text anywhere: that is seldom, and quick to see.
    """
    written = orjson.dumps(text).decode()[1:-1]
    anywhere = context.backend.holds(document, written)
    return sa.case((anywhere, context.backend.values_hold(document, text)), else_=sa.false())


def _change(row: sa.Row[Any]) -> Change:
    return Change(
        row.name,
        decode_key(row.key),
        Operation(row.operation),
        read_fields(row.changed),
        orjson.loads(row.document or "{}"),
    )
