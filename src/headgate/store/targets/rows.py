"""The rows of an entity as an application's table takes them: converted, with their references resolved, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from headgate.store.columns import ColumnType
from headgate.store.context import Context
from headgate.store.plan import Operation
from headgate.store.targets.binding import BoundReference, BoundTarget
from headgate.store.targets.live import LiveColumn

OPERATION = "headgate_operation"
KEY = "headgate_key"

_MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)
_WITHOUT_ZONE = "timestamp"


class LiveType(UserDefinedType[Any]):
    """A type as the database spells it."""

    cache_ok = True

    def __init__(self, spelt: str) -> None:
        self.spelt = spelt

    def get_col_spec(self, **_kw: Any) -> str:
        """Return how it is spelt."""
        return self.spelt


@dataclass(frozen=True, slots=True)
class Source:
    """Documents to be written: those of a plan, or the current ones.

    Args:
        table: Where they stand.
        operation: What happens to a row.
        where: Which of them.
    """

    table: sa.Table
    operation: sa.ColumnElement[str]
    where: sa.ColumnElement[bool]

    def between(self, after: str | None, until: str | None) -> Source:
        """Return a part of it: keys beyond ``after``, up to ``until``."""
        key = self.table.c.key
        parts = [self.where]
        if after is not None:
            parts.append(key > after)
        if until is not None:
            parts.append(key <= until)
        return Source(self.table, self.operation, sa.and_(*parts))

    def at(self, key: str) -> Source:
        """Return one row of it."""
        return Source(self.table, self.operation, sa.and_(self.where, self.table.c.key == key))


def planned(context: Context, run_seq: int, entity_id: int, *operations: Operation) -> Source:
    """Return the changes of a plan."""
    item = context.schema.item
    where = sa.and_(
        item.c.run_seq == run_seq,
        item.c.entity_id == entity_id,
        item.c.operation.in_([operation.value for operation in operations]),
    )
    return Source(item, item.c.operation, where)


def current(context: Context, entity_id: int) -> Source:
    """Return the rows as they are known now, as if each were new."""
    history = context.schema.history
    where = sa.and_(history.c.entity_id == entity_id, history.c.valid_to.is_(None), history.c.document.is_not(None))
    return Source(history, sa.literal(Operation.NEW.value, sa.Text), where)


class TargetRows:
    """Builds the queries for rows in the shape of a target.

    Args:
        context: The database and its tables.
        target: The target.
    """

    def __init__(self, context: Context, target: BoundTarget) -> None:
        self._context = context
        self._target = target
        self._postgresql = context.schema.dialect == "postgresql"

    def living(self, source: Source) -> sa.Select[Any]:
        """Return the query for rows to be written: the columns of the target, the key, and the operation."""
        target = self._target
        document = source.table.c.document
        joined, values = self._unpacked(source.table, document)
        columns = [value.label(column.name) for column, value in zip(target.plain.values(), values, strict=True)]
        for place, reference in enumerate(target.references):
            parent = reference.parent.clause().alias(f"headgate_parent_{place}")
            joined = joined.outerjoin(parent, self._matches(reference, parent, self._named(document, reference)))
            columns.append(parent.c[reference.value].label(reference.column.name))
        tail = [source.table.c.key.label(KEY), source.operation.label(OPERATION)]
        return sa.select(*columns, *tail).select_from(joined).where(source.where)

    def keys(self, source: Source) -> sa.Select[Any]:
        """Return the query for the natural keys of rows that are known by their key alone."""
        target, table = self._target, source.table
        columns: list[sa.ColumnElement[Any]] = []
        joined: sa.FromClause = table
        plain = {column.name: field for field, column in target.plain.items()}
        references = {reference.column.name: reference for reference in target.references}
        for place, name in enumerate(target.key):
            if name in plain:
                part = self._part(table.c.key, plain[name], target.plain[plain[name]])
                columns.append(part.label(name))
            else:
                reference = references[name]
                parent = reference.parent.clause().alias(f"headgate_parent_{place}")
                parts = [
                    self._part(table.c.key, field, column)
                    for field, column in zip(reference.fields, reference.match, strict=True)
                ]
                joined = joined.join(parent, self._matches(reference, parent, parts))
                columns.append(parent.c[reference.value].label(name))
        return sa.select(*columns).select_from(joined).where(source.where)

    def orphans(self, source: Source, reference: BoundReference, *, among: Source | None = None) -> sa.Select[Any]:
        """Return the query for rows whose parent is not there: the key, and what names the parent.

        Args:
            source: The rows.
            reference: The reference.
            among: Rows of the same table that will be there too.
        """
        document = source.table.c.document
        parts = self._named(document, reference)
        texts = [self._text(document, field) for field in reference.fields]
        parent = reference.parent.clause().alias("headgate_parent")
        there = sa.exists().where(self._matches(reference, parent, parts))
        conditions = [source.where, *(text.is_not(None) for text in texts), sa.not_(there)]
        if among is not None:
            conditions.append(sa.not_(self.named_by(texts, among)))
        return sa.select(source.table.c.key, *texts).where(*conditions)

    def named_by(self, texts: Sequence[sa.ColumnElement[Any]], keys: Source) -> sa.ColumnElement[bool]:
        """Return the condition that some values are the key of one of other rows."""
        key = keys.table.c.key
        parts = [
            sa.cast(key, postgresql.JSON)[place].astext
            if self._postgresql
            else sa.func.json_extract(key, sa.literal(f"$[{place}]"))
            for place in range(len(texts))
        ]
        # the rows may stand in the same table as those that are asked about
        return sa.tuple_(*texts).in_(sa.select(*parts).where(keys.where).correlate(None))

    def naming(self, source: Source, reference: BoundReference, keys: Source) -> sa.ColumnElement[bool]:
        """Return the condition that rows refer to one of the parents with these keys."""
        texts = [self._text(source.table.c.document, field) for field in reference.fields]
        return self.named_by(texts, keys)

    def _unpacked(
        self, table: sa.Table, document: sa.ColumnElement[Any]
    ) -> tuple[sa.FromClause, list[sa.ColumnElement[Any]]]:
        """Return where the plain columns are read, and their values."""
        fields = list(self._target.plain)
        if not fields:
            return table, []
        if not self._postgresql:
            _, values = self._context.backend.unpack(self._target.entity, fields, document)
            return table, [
                self._in_sqlite(value, field, self._target.plain[field])
                for value, field in zip(values, fields, strict=True)
            ]
        typed = [sa.column(field, LiveType(self._read_as(self._target.plain[field]))) for field in fields]
        record = sa.func.json_to_record(document).table_valued(*typed, name="fields").render_derived(with_types=True)
        values = [_at_utc(record.c[field], self._target.plain[field]) for field in fields]
        return table.join(record, sa.true()), values

    def _named(self, document: sa.ColumnElement[Any], reference: BoundReference) -> list[sa.ColumnElement[Any]]:
        """Return what names the parent, in the types of the columns to match."""
        return [
            self._converted(self._text(document, field), field, column)
            for field, column in zip(reference.fields, reference.match, strict=True)
        ]

    def _text(self, document: sa.ColumnElement[Any], field: str) -> sa.ColumnElement[Any]:
        if self._postgresql:
            return document.op("->>")(sa.literal(field, sa.Text))
        return self._context.backend.unpack(self._target.entity, [field], document)[1][0]

    def _part(self, key: sa.ColumnElement[str], field: str, column: LiveColumn) -> sa.ColumnElement[Any]:
        """Return a part of a stored key in the type of a column."""
        place = self._target.entity.key.index(field)
        if self._postgresql:
            return self._converted(sa.cast(key, postgresql.JSON)[place].astext, field, column)
        return self._converted(self._context.backend.unpack_key(self._target.entity, key)[place], field, column)

    def _converted(self, text: sa.ColumnElement[Any], field: str, column: LiveColumn) -> sa.ColumnElement[Any]:
        if self._postgresql:
            return _at_utc(sa.cast(text, LiveType(self._read_as(column))), column)
        return self._in_sqlite(text, field, column)

    def _read_as(self, column: LiveColumn) -> str:
        """Return the type that a value is read as: a time with its zone, although the column has none."""
        return "timestamp with time zone" if _drops_the_zone(column) else column.type

    def _in_sqlite(self, value: sa.ColumnElement[Any], field: str, column: LiveColumn) -> sa.ColumnElement[Any]:
        """Return a value; a time is counted in seconds where the column holds integers."""
        if self._target.entity.column(field).type in _MOMENTS and holds_integers(column):
            return sa.cast(sa.func.strftime("%s", value), sa.Integer)
        return value

    def _matches(
        self, reference: BoundReference, parent: sa.FromClause, parts: Sequence[sa.ColumnElement[Any]]
    ) -> sa.ColumnElement[bool]:
        pairs = zip(reference.match, parts, strict=True)
        return sa.and_(*(parent.c[column.name] == part for column, part in pairs))


def holds_integers(column: LiveColumn) -> bool:
    """Whether a column of SQLite has the affinity INTEGER."""
    return "INT" in column.type.upper()


def _drops_the_zone(column: LiveColumn) -> bool:
    return column.type.startswith(_WITHOUT_ZONE) and column.type.endswith("without time zone")


def _at_utc(value: sa.ColumnElement[Any], column: LiveColumn) -> sa.ColumnElement[Any]:
    """Return a time as it is in UTC where the column holds it without a zone: by itself it would lose it."""
    return sa.func.timezone("UTC", value) if _drops_the_zone(column) else value
