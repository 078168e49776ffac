"""Writing to the table of an application: an update of the rows that are there, an insert of the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from headgate.config.targets import DeletePolicy, MissingParent
from headgate.store.context import Context
from headgate.store.plan import Operation
from headgate.store.schema import STAMP
from headgate.store.targets.binding import BoundReference, BoundTarget
from headgate.store.targets.live import LiveColumn, LiveTable
from headgate.store.targets.rows import KEY, OPERATION, LiveType, Source, TargetRows, holds_integers

_INCOMPARABLE = re.compile(r"json\b|xml|point|line|lseg|box|path|polygon|circle")
_LOWEST = {"smallint": -(1 << 15), "bigint": -(1 << 63)}
_LOWEST_INTEGER = -(1 << 31)


class TargetWriter:
    """Writes the rows of one entity to its target.

    Rows that are there are updated where a mapped column differs; the others are inserted. So a row that the
    application had already is taken over, and no number of a sequence is spent on a row that exists.

    Args:
        context: The database and its tables.
        connection: The connection, inside a transaction of the caller.
        target: The target.
        moment: The time that is noted in it.
    """

    def __init__(self, context: Context, connection: AsyncConnection, target: BoundTarget, moment: datetime) -> None:
        self.target = target
        self.rows = TargetRows(context, target)
        self._context = context
        self._connection = connection
        self._moment = moment
        self._table = target.table.clause()

    async def upsert(self, source: Source, *, numbered_from: int | None = None) -> None:
        """Write rows.

        Args:
            source: The rows.
            numbered_from: For a trial: number new rows from here at the lowest end of the type, and leave the
                sequence as it is.
        """
        await self._update(source)
        await self._insert(source, numbered_from)
        if self.target.own_references:
            await self._update(source)  # a parent that came with its child is there by now

    async def remove(self, source: Source) -> None:
        """Do with rows that are gone what the target says; only with rows whose keys are given."""
        policy, table = self.target.delete, self._table
        gone = sa.tuple_(*(table.c[name] for name in self.target.key)).in_(self.rows.keys(source))
        if policy is DeletePolicy.HARD:
            await self._connection.execute(table.delete().where(gone))
        elif policy is DeletePolicy.SOFT and self.target.deleted_at is not None:
            column = table.c[self.target.deleted_at]
            values = {column.name: self._now(column.name), **self._stamps()}
            await self._connection.execute(table.update().where(gone, column.is_(None)).values(values))

    async def relink(self, source: Source, reference: BoundReference, parents: Source) -> None:
        """Fill the empty column of rows whose parent has just come.

        Args:
            source: The rows as they are known.
            reference: The reference.
            parents: The parents.
        """
        table, name = self._table, reference.column.name
        empty = sa.select(sa.literal(1)).select_from(table).where(table.c[name].is_(None)).limit(1)
        if (await self._connection.execute(empty)).first() is None:
            return
        mine = Source(
            source.table, source.operation, sa.and_(source.where, self.rows.naming(source, reference, parents))
        )
        rows = self.rows.living(mine).subquery("headgate_rows")
        fill = table.update().where(self.same(rows), table.c[name].is_(None), rows.c[name].is_not(None))
        await self._connection.execute(fill.values({name: rows.c[name], **self._stamps()}))

    def refusing(self) -> list[BoundReference]:
        """Return the references without which a row is refused."""
        return [one for one in self.target.references if one.missing is MissingParent.REFUSE]

    async def _update(self, source: Source) -> None:
        rows, table = self.rows.living(source).subquery("headgate_rows"), self._table
        values: dict[str, Any] = {column.name: self._new(column, rows) for column in self._others()}
        differ = list(self.differing(rows).values())
        if self.target.deleted_at is not None:
            deleted = table.c[self.target.deleted_at]
            back = rows.c[OPERATION] == Operation.NEW.value
            values[deleted.name] = sa.case((back, sa.null()), else_=deleted)
            differ.append(sa.and_(back, deleted.is_not(None)))
        if values:
            update = table.update().where(self.same(rows), sa.or_(*differ))
            await self._connection.execute(update.values({**values, **self._stamps()}))

    async def _insert(self, source: Source, numbered_from: int | None) -> None:
        """Insert the rows that are not there; where none may be without its parent, from the root downwards."""
        rows = self.rows.living(source).subquery("headgate_rows")
        fresh = sa.not_(sa.exists().where(self.same(rows)))
        needed = [
            rows.c[one.column.name]
            for one in self.target.own_references
            if one.column.not_null and not _stands_in(one.column)
        ]
        if needed:
            count = sa.select(sa.func.count()).select_from(rows).where(fresh)
            left = int((await self._connection.execute(count)).scalar_one())
            known = sa.and_(fresh, *(column.is_not(None) for column in needed))
            while left > 0 and (written := await self._insert_those(rows, known, numbered_from)) > 0:
                left -= written
                numbered_from = None if numbered_from is None else numbered_from + written
        await self._insert_those(rows, fresh, numbered_from)

    async def _insert_those(self, rows: sa.Subquery, which: sa.ColumnElement[bool], numbered_from: int | None) -> int:
        """Insert some rows and return how many they were."""
        wanted: dict[str, sa.ColumnElement[Any]] = {
            column.name: sa.func.coalesce(rows.c[column.name], sa.literal_column(f"({column.default})"))
            if _stands_in(column) and column.default is not None
            else rows.c[column.name]
            for column in self.target.columns
        }
        wanted |= self._stamps()
        written = [name for name in wanted if name not in self.target.key]
        if numbered_from is not None:
            wanted |= self._numbers(self.target.table, numbered_from, rows)
        query = sa.select(*wanted.values()).select_from(rows).where(which).order_by(rows.c[KEY])
        insert = self._statement(fits=numbered_from is not None).from_select(
            list(wanted), query, include_defaults=False
        )
        updated = {name: insert.excluded[name] for name in written}
        if self.target.deleted_at is not None:
            updated[self.target.deleted_at] = sa.null()
        key = list(self.target.key)
        if updated:
            insert = insert.on_conflict_do_update(index_elements=key, set_=updated)
        else:
            insert = insert.on_conflict_do_nothing(index_elements=key)
        return int((await self._connection.execute(insert)).rowcount)

    def same(self, rows: sa.FromClause) -> sa.ColumnElement[bool]:
        """Return the condition that a row of the target is one of others."""
        return sa.and_(*(self._table.c[name] == rows.c[name] for name in self.target.key))

    def differing(self, rows: sa.FromClause) -> dict[str, sa.ColumnElement[bool]]:
        """Return, by column, the condition that a row of the target differs there."""
        return {
            column.name: self._differs(self._table.c[column.name], self._new(column, rows), column)
            for column in self._others()
        }

    def _others(self) -> list[LiveColumn]:
        return [column for column in self.target.columns if column.name not in self.target.key]

    def _new(self, column: LiveColumn, rows: sa.FromClause) -> sa.ColumnElement[Any]:
        value: sa.ColumnElement[Any] = rows.c[column.name]
        return sa.func.coalesce(value, self._table.c[column.name]) if _stands_in(column) else value

    def _statement(self, *, fits: bool) -> Any:
        if self._context.schema.dialect == "sqlite":
            return sqlite.insert(self._table)
        always = any(column.always for column in self.target.table.columns.values())
        return _OverridingInsert(self._table) if fits and always else postgresql.insert(self._table)

    def _numbers(self, table: LiveTable, first: int, rows: sa.FromClause) -> dict[str, sa.ColumnElement[Any]]:
        """Return a number for each row and column that a sequence numbers, far from those that are in use."""
        return {
            column.name: sa.func.coalesce(*self._given(column, rows), _lowest(column, first))
            for column in table.columns.values()
            if column.numbered
        }

    def _given(self, column: LiveColumn, rows: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return [rows.c[column.name]] if column.name in rows.c else []

    def _differs(
        self, stored: sa.ColumnElement[Any], value: sa.ColumnElement[Any], column: LiveColumn
    ) -> sa.ColumnElement[bool]:
        if self._context.schema.dialect == "postgresql" and _INCOMPARABLE.match(column.type):
            stored, value = sa.cast(stored, sa.Text), sa.cast(value, sa.Text)
        return stored.is_distinct_from(value)

    def _stamps(self) -> dict[str, sa.ColumnElement[Any]]:
        return {} if self.target.updated_at is None else {self.target.updated_at: self._now(self.target.updated_at)}

    def _now(self, name: str) -> sa.ColumnElement[Any]:
        """Return the moment as a column keeps it."""
        moment, column = self._moment.astimezone(UTC), self.target.table.columns[name]
        if self._context.schema.dialect == "sqlite":
            return sa.literal(int(moment.timestamp()) if holds_integers(column) else moment.strftime(STAMP))
        text = sa.literal(moment.isoformat(), sa.Text)
        with_zone = sa.cast(text, LiveType("timestamp with time zone"))
        return sa.func.timezone("UTC", with_zone) if column.type.endswith("without time zone") else with_zone


def _stands_in(column: LiveColumn) -> bool:
    """Whether the database has a value for a row that brings none, where one must be."""
    return column.not_null and column.filled


def _lowest(column: LiveColumn, first: int) -> sa.ColumnElement[Any]:
    lowest = _LOWEST.get(column.type, _LOWEST_INTEGER)
    return sa.literal(lowest + first, sa.BigInteger) + sa.func.row_number().over()


class _OverridingInsert(postgresql.Insert):
    """An insert that gives values to columns whose values are the database's own."""

    inherit_cache = False


@compiles(_OverridingInsert)
def _overriding(insert: _OverridingInsert, compiler: SQLCompiler, **options: Any) -> str:
    text: str = compiler.visit_insert(insert, **options)  # type: ignore[no-untyped-call]  # the library's
    return re.sub(r"\)\s+SELECT\b", ") OVERRIDING SYSTEM VALUE SELECT", text, count=1)
