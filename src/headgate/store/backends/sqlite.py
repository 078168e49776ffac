"""SQLite: prepared statements run in the driver's thread, JSON functions for documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiosqlite
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.columns import ColumnType, EntityTable
from headgate.store.index import suffix_of

LOWER = "headgate_lower"
"""The function that connections to SQLite have for the lower case of any alphabet."""

_CHUNK = 5_000  # rows: enough to make the trips cheap, few enough to stay in the processor's cache

_TYPES: dict[ColumnType, sa.types.TypeEngine[Any]] = {
    ColumnType.TEXT: sa.Text(),
    ColumnType.INTEGER: sa.Integer(),
    ColumnType.FLOAT: sa.Double(),
    # SQLite has no exact numbers: as text nothing of them is lost
    ColumnType.NUMERIC: sa.Text(),
    ColumnType.BOOLEAN: sa.Boolean(),
    ColumnType.DATE: sa.Text(),
    ColumnType.TIMESTAMP: sa.Text(),
    ColumnType.JSON: sa.Text(),
}


class SQLite:
    """The embedded database."""

    def column_type(self, kind: ColumnType) -> sa.types.TypeEngine[Any]:
        """Return the type of a managed column."""
        return _TYPES[kind]

    async def insert_rows(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write many rows with one prepared statement."""
        statement = table.insert().values({name: sa.bindparam(name) for name in columns})
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        places = [list(columns).index(name) for name in (compiled.positiontup or [])]
        ordered = rows if places == list(range(len(columns))) else [tuple(row[at] for at in places) for row in rows]
        await (await _driver(connection)).executemany(str(compiled), ordered)

    async def learn(self, connection: AsyncConnection, table: sa.Table) -> None:
        """Do nothing: SQLite follows the indexes, whatever the numbers."""

    async def stream(
        self, connection: AsyncConnection, query: sa.Select[Any], *, size: int
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Read rows in chunks; every chunk is one trip to the driver's thread."""
        compiled = query.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        values = [compiled.params[name] for name in (compiled.positiontup or [])]
        async with (await _driver(connection)).execute(str(compiled), values) as cursor:
            while rows := list(await cursor.fetchmany(size)):
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
        """Read keys, hashes and partitions, and put hash and partition together here."""
        query = sa.select(state.c.key, state.c.hash, state.c.partition_id).where(where).limit(limit)
        async for rows in self.stream(connection, query, size=_CHUNK):
            keys, digests, partitions = zip(*rows, strict=True)
            suffixes = {partition: suffix_of(partition) for partition in set(partitions)}
            into(keys, [digest + suffixes[partition] for digest, partition in zip(digests, partitions, strict=True)])

    def key_in(self, column: sa.ColumnElement[str], keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a column is one of many keys, sent as one JSON array."""
        values = sa.func.json_each(sa.literal(orjson.dumps(keys).decode())).table_valued("value")
        return column.in_(sa.select(values.c.value))

    def unpack(
        self, table: EntityTable, names: Sequence[str], document: sa.ColumnElement[Any]
    ) -> tuple[sa.FromClause | None, list[sa.ColumnElement[Any]]]:
        """Return ``json_extract`` for every column: SQLite parses a document once per row."""
        return None, [self._extract(document, f'$."{name}"', table.column(name).type) for name in names]

    def unpack_key(self, table: EntityTable, key: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
        """Return the parts of a key."""
        return [
            self._extract(key, f"$[{position}]", table.column(name).type) for position, name in enumerate(table.key)
        ]

    def equals(self, column: sa.ColumnElement[Any], kind: ColumnType, value: object) -> sa.ColumnElement[bool]:
        """Return the condition that an unpacked column has a value."""
        if value is None:
            return column.is_(None)
        if kind is ColumnType.JSON:
            return column == orjson.dumps(value).decode()
        return column == sa.literal(str(value) if kind is ColumnType.NUMERIC else value)

    def holds(self, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column holds a text: SQLite itself knows upper and lower case of ASCII only."""
        lower = sa.func.lower if text.isascii() else getattr(sa.func, LOWER)
        return lower(column).contains(text.lower(), autoescape=True)

    def values_hold(self, document: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that one of the values of ``json_each`` holds a text."""
        fields = sa.func.json_each(document).table_valued("value", "type").alias("fields")
        words = sa.case((fields.c.type.in_(("true", "false")), fields.c.type), else_=sa.cast(fields.c.value, sa.Text))
        return sa.exists(sa.select(fields.c.type).where(self.holds(words, text)))

    def _extract(self, document: sa.ColumnElement[Any], path: str, kind: ColumnType) -> sa.ColumnElement[Any]:
        if kind is ColumnType.JSON:
            # the JSON text itself, also of a plain string; JSON's null is SQL's
            return sa.func.nullif(document.op("->")(sa.literal(path)), "null")
        value = sa.func.json_extract(document, path)
        return sa.cast(value, sa.Text) if kind is ColumnType.NUMERIC else value


async def _driver(connection: AsyncConnection) -> aiosqlite.Connection:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, aiosqlite.Connection):
        raise TypeError(driver)
    return driver
