"""PostgreSQL: COPY in binary for what travels, ``json_to_record`` for documents."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.columns import ColumnType, EntityTable

_TYPES: dict[ColumnType, sa.types.TypeEngine[Any]] = {
    ColumnType.TEXT: sa.Text(),
    ColumnType.INTEGER: sa.BigInteger(),
    ColumnType.FLOAT: sa.Double(),
    ColumnType.NUMERIC: sa.Numeric(),
    ColumnType.BOOLEAN: sa.Boolean(),
    ColumnType.DATE: sa.Date(),
    ColumnType.TIMESTAMP: sa.DateTime(timezone=True),
    ColumnType.JSON: postgresql.JSONB(none_as_null=True),
}
# types whose values are spelt as in JSON
_SPELT = (ColumnType.JSON, ColumnType.BOOLEAN)
_DIALECT: sa.Dialect = make_url("postgresql+asyncpg://").get_dialect()()


class PostgreSQL:
    """The production database."""

    def column_type(self, kind: ColumnType) -> sa.types.TypeEngine[Any]:
        """Return the type of a managed column."""
        return _TYPES[kind]

    async def insert_rows(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write many rows with COPY."""
        driver = await _driver(connection)
        await driver.copy_records_to_table(table.name, schema_name=table.schema, columns=list(columns), records=rows)

    async def learn(self, connection: AsyncConnection, table: sa.Table) -> None:
        """Run ANALYZE. Without it the server takes a new plan for a handful of rows and joins it row by row."""
        name = connection.dialect.identifier_preparer.format_table(table)
        await connection.exec_driver_sql(f"ANALYZE {name}")

    async def stream(
        self, connection: AsyncConnection, query: sa.Select[Any], *, size: int
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Read rows through a cursor of the server."""
        compiled = query.compile(dialect=_DIALECT)
        values = [compiled.params[name] for name in (compiled.positiontup or [])]
        driver = await _driver(connection)
        cursor = await driver.cursor(str(compiled), *values)
        while rows := await cursor.fetch(size):
            yield rows

    async def load_entries(
        self,
        connection: AsyncConnection,
        state: sa.Table,
        where: sa.ColumnElement[bool],
        *,
        limit: int | None,
        into: Callable[[Sequence[str], Sequence[bytes]], None],
    ) -> None:
        """Read keys and entries with COPY: the server goes on sending while a chunk is taken apart here."""
        suffix = sa.func.int4send(sa.cast(state.c.partition_id, sa.Integer))
        entry = sa.func.encode(state.c.hash.op("||")(suffix), "hex")
        query = sa.select(state.c.key, entry).where(where).limit(limit)
        statement = str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
        driver = await _driver(connection)
        lines = _CopiedLines(into)
        await driver.copy_from_query(statement, output=lines.take, format="text")

    def key_in(self, column: sa.ColumnElement[str], keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a column is one of many keys, sent as one array."""
        return column == sa.any_(sa.literal(list(keys), postgresql.ARRAY(sa.Text)))

    def unpack(
        self, table: EntityTable, names: Sequence[str], document: sa.ColumnElement[Any]
    ) -> tuple[sa.FromClause | None, list[sa.ColumnElement[Any]]]:
        """Return the columns of ``json_to_record``: the server parses a document once per row."""
        typed = [sa.column(name, self.column_type(table.column(name).type)) for name in names]
        record = sa.func.json_to_record(document).table_valued(*typed, name="fields").render_derived(with_types=True)
        return record, [record.c[name] for name in names]

    def unpack_key(self, table: EntityTable, key: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
        """Return the parts of a key, each cast to its column's type."""
        parts = sa.cast(key, postgresql.JSON)
        return [
            sa.cast(parts[position].astext, self.column_type(table.column(name).type))
            for position, name in enumerate(table.key)
        ]

    def equals(self, column: sa.ColumnElement[Any], kind: ColumnType, value: object) -> sa.ColumnElement[bool]:
        """Return the condition that an unpacked column has a value: the server reads it from its JSON form."""
        if value is None:
            return column.is_(None)
        text = orjson.dumps(value).decode() if kind in _SPELT else str(value)
        return column == sa.cast(sa.literal(text, sa.Text), self.column_type(kind))

    def holds(self, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column holds a text."""
        return column.icontains(text, autoescape=True)

    def values_hold(self, document: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the values of ``json_each_text`` holds a text."""
        values = sa.func.json_each_text(sa.cast(document, postgresql.JSON)).table_valued("key", "value").alias("fields")
        return sa.exists(sa.select(values.c.key).where(self.holds(sa.cast(values.c.value, sa.Text), text)))


class _CopiedLines:
    """Takes apart what COPY sends in its text format: a key, a tab, an entry in hexadecimal digits, a line feed.

    A key is JSON, so that none of its characters needs an escape in this format but the backslash.
    """

    def __init__(self, into: Callable[[Sequence[str], Sequence[bytes]], None]) -> None:
        self._into = into
        self._rest = b""

    async def take(self, data: bytes) -> None:
        """Hand the whole lines over and keep the rest."""
        lines, feed, self._rest = (self._rest + data).rpartition(b"\n")
        if not feed:
            return
        fields = lines.decode().replace("\\\\", "\\").replace("\n", "\t").split("\t")
        entries = bytes.fromhex("".join(fields[1::2]))
        self._into(fields[::2], struct.unpack("20s" * (len(fields) // 2), entries))


async def _driver(connection: AsyncConnection) -> asyncpg.Connection[Any]:
    # the adapter opens the transaction with the first statement that goes through it: make sure there was one
    await connection.exec_driver_sql("SELECT 1")
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, asyncpg.Connection):
        raise TypeError(driver)
    return driver
