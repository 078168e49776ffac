"""One side of a reference in SQL: the rows that a run brings, and the stored ones that it leaves as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headgate.store.columns import ColumnType, EntityTable
from headgate.store.context import Context
from headgate.store.linking.link import Predicate
from headgate.store.linking.membership import Rows, among
from headgate.store.plan import Operation
from headgate.store.targets.managed import managed_table
from headgate.store.targets.rows import current

_LIVING = (Operation.NEW, Operation.UPDATED)
_CHANGED = (*_LIVING, Operation.DELETED)


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of one entity as they would be after a run.

    Args:
        context: The database and its tables.
        table: The entity.
        entity_id: Its number.
        run_seq: The run's number.
        stored_columns: The columns that its table has in the database; none: there is no table yet.
    """

    context: Context
    table: EntityTable
    entity_id: int
    run_seq: int
    stored_columns: Collection[str]

    @property
    def dialect(self) -> str:
        """The kind of database."""
        return self.context.schema.dialect

    def has_stored(self, names: Sequence[str]) -> bool:
        """Whether the stored rows have these columns."""
        return {*names, *self.table.key} <= set(self.stored_columns)

    def staged(self, names: Sequence[str]) -> sa.Select[Any]:
        """Return the query for the rows that the run brings: ``key``, then the columns."""
        item = self.context.schema.item
        source, columns = self._unpacked(names)
        labelled = [column.label(name) for column, name in zip(columns, names, strict=True)]
        query = sa.select(item.c.key, *labelled).select_from(source).where(self._planned(_LIVING))
        # OFFSET keeps either planner from merging this with what is asked of it: each document is unpacked once
        return query.offset(0)

    def stored(self, names: Sequence[str]) -> sa.Select[Any]:
        """Return the query for the stored rows that the run neither changes nor deletes: the columns."""
        item = self.context.schema.item
        if self.table.target is not None:
            changed = sa.select(item.c.key).where(self._planned(_CHANGED))
            return self._documents(names).where(self.context.schema.history.c.key.not_in(changed))
        target = managed_table(self.table, self.context.backend)
        parts = self.context.backend.unpack_key(self.table, item.c.key)
        changed = sa.select(*(part.label(f"k{place}") for place, part in enumerate(parts))).where(
            self._planned(_CHANGED)
        )
        key = [target.c[name] for name in self.table.key]
        return sa.select(*(target.c[name] for name in names)).where(sa.not_(among(key, changed, self.dialect)))

    def known(self, names: Sequence[str]) -> sa.Select[Any]:
        """Return the query for stored columns as they were before the run."""
        if self.table.target is not None:
            return self._documents(names)
        target = managed_table(self.table, self.context.backend)
        return sa.select(*(target.c[name] for name in names))

    def _documents(self, names: Sequence[str]) -> sa.Select[Any]:
        """Return the query for columns of the current documents: a target may not have all of them."""
        source = current(self.context, self.entity_id)
        fields, columns = self.context.backend.unpack(self.table, names, source.table.c.document)
        joined = source.table if fields is None else source.table.join(fields, sa.true())
        labelled = [column.label(name) for column, name in zip(columns, names, strict=True)]
        return sa.select(*labelled).select_from(joined).where(source.where)

    def after(self, names: Sequence[str]) -> Rows:
        """Return the query for the columns of all rows as they would be after the run."""
        rows = self.staged(names).subquery()
        staged = sa.select(*(rows.c[name] for name in names))
        return sa.union_all(staged, self.stored(names)) if self.has_stored(names) else staged

    def holds(self, rows: sa.FromClause, predicate: Predicate) -> sa.ColumnElement[bool]:
        """Return a condition on the rows of a query; it is true or false, never null."""
        column, kind = rows.c[predicate.field], self.table.column(predicate.field).type
        if predicate.operator == "is_null":
            return column.is_(None)
        if predicate.operator == "is_not_null":
            return column.is_not(None)
        one_of = sa.or_(sa.false(), *(self.context.backend.equals(column, kind, value) for value in predicate.values))
        return sa.and_(column.is_not(None), sa.not_(one_of) if predicate.operator == "differs" else one_of)

    def _unpacked(self, names: Sequence[str]) -> tuple[sa.FromClause, list[sa.ColumnElement[Any]]]:
        """Return where columns of a staged document are read, and the columns."""
        item, backend = self.context.schema.item, self.context.backend
        kinds = [self.table.column(name).type for name in names]
        if self.dialect == "postgresql" and ColumnType.JSON not in kinds:
            # for the few columns of a reference twice as fast as a record of them
            texts = (item.c.document.op("->>")(sa.literal(name, sa.Text)) for name in names)
            return item, [sa.cast(text, backend.column_type(kind)) for text, kind in zip(texts, kinds, strict=True)]
        fields, columns = backend.unpack(self.table, names, item.c.document)
        return (item if fields is None else item.join(fields, sa.true())), columns

    def _planned(self, operations: Collection[Operation]) -> sa.ColumnElement[bool]:
        item = self.context.schema.item
        return sa.and_(
            item.c.run_seq == self.run_seq,
            item.c.entity_id == self.entity_id,
            item.c.operation.in_([operation.value for operation in operations]),
        )
