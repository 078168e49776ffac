"""Comparing a schema with a live database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from headgate.drizzle.ir import MISSING, Column, Schema, Table
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.write.fields import facts
from headgate.errors import DatabaseUnavailableError

Kind: TypeAlias = Literal[
    "table missing",
    "column missing",
    "column unknown",
    "type differs",
    "nullability differs",
    "default differs",
    "primary key differs",
    "unique missing",
    "foreign key missing",
]

_DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


@dataclass(frozen=True, slots=True)
class Drift:
    """One way in which the database differs from the schema.

    Args:
        table: The table, with its schema.
        column: The column, if it is about one.
        kind: The class of the difference.
        detail: What the schema says and what the database says.
        breaking: Whether rows that fit the models can be refused by the database, or the other way round.
    """

    table: str
    column: str | None
    kind: Kind
    detail: str
    breaking: bool = True

    def __str__(self) -> str:
        """Return one readable line."""
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{place}: {self.kind}: {self.detail}"


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column as the database has it."""

    name: str
    sql_type: str
    not_null: bool
    has_default: bool


@dataclass(slots=True)
class LiveTable:
    """A table as the database has it; keys as sets of column names."""

    columns: dict[str, LiveColumn] = field(default_factory=dict)
    primary_key: frozenset[str] = frozenset()
    uniques: set[frozenset[str]] = field(default_factory=set)
    foreign_keys: set[tuple[frozenset[str], str]] = field(default_factory=set)


async def compare_database(schema: Schema, url: str) -> list[Drift]:
    """Return how a database differs from the schema.

    Args:
        schema: The schema.
        url: `postgresql://...` or `sqlite:///...`.

    Raises:
        SchemaError: If the URL is not one of a supported database, or of another dialect than the schema's.
        DatabaseUnavailableError: If the database cannot be reached.
    """
    dialect, full = _driver(url)
    others = {table.dialect for table in schema.tables} - {dialect}
    if others:
        raise SchemaError(
            f"the database is {dialect}, the schema is {', '.join(sorted(others))}", hint="Give the other URL."
        )
    engine = create_async_engine(full)
    try:
        async with engine.connect() as connection:
            live = {table.export: await _live_table(connection, table) for table in schema.tables}
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", error)).split("\n", maxsplit=1)[0]
        raise DatabaseUnavailableError(f"the database cannot be read: {reason}", hint="Check the URL.") from error
    finally:
        await engine.dispose()
    return [drift for table in schema.tables for drift in compare_table(table, live[table.export])]


def _driver(url: str) -> tuple[str, str]:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SchemaError("the database URL cannot be read", hint="Write postgresql://... or sqlite:///...") from error
    name = parsed.drivername.split("+")[0]
    if name not in _DRIVERS:
        raise SchemaError(f"databases of kind '{name}' cannot be compared", hint="PostgreSQL and SQLite can.")
    full = parsed.set(drivername=_DRIVERS[name]).render_as_string(hide_password=False)
    return ("sqlite" if name == "sqlite" else "pg"), full


async def _live_table(connection: AsyncConnection, table: Table) -> LiveTable | None:
    return await (_pg_table(connection, table) if table.dialect == "pg" else _sqlite_table(connection, table))


_PG_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       (a.atthasdef or a.attidentity <> '') as filled
from pg_attribute a where a.attrelid = to_regclass(:name) and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
_PG_KEYS = """
select c.contype::text,
       array(select attname::text from pg_attribute where attrelid = c.conrelid and attnum = any(c.conkey)),
       coalesce((select relname::text from pg_class where oid = c.confrelid), '')
from pg_constraint c where c.conrelid = to_regclass(:name) and c.contype in ('p', 'u', 'f')
"""
_PG_INDEXES = """
select array(select attname::text from pg_attribute where attrelid = i.indrelid and attnum = any(i.indkey))
from pg_index i where i.indrelid = to_regclass(:name) and i.indisunique and i.indpred is null and i.indexprs is null
"""


async def _pg_table(connection: AsyncConnection, table: Table) -> LiveTable | None:
    name = {"name": ".".join('"' + part.replace('"', '""') + '"' for part in (table.schema, table.name) if part)}
    out = LiveTable()
    for column, sql_type, not_null, filled in await connection.execute(text(_PG_COLUMNS), name):
        out.columns[column] = LiveColumn(column, sql_type, not_null, filled)
    if not out.columns:
        return None
    for kind, columns, target in await connection.execute(text(_PG_KEYS), name):
        if kind == "p":
            out.primary_key = frozenset(columns)
        elif kind == "f":
            out.foreign_keys.add((frozenset(columns), target))
    for (columns,) in await connection.execute(text(_PG_INDEXES), name):
        out.uniques.add(frozenset(columns))
    return out


async def _sqlite_table(connection: AsyncConnection, table: Table) -> LiveTable | None:
    name = {"name": table.name}
    out = LiveTable()
    primary: set[str] = set()
    query = 'select name, type, "notnull", dflt_value, pk from pragma_table_info(:name)'
    for column, sql_type, not_null, default, key in await connection.execute(text(query), name):
        out.columns[column] = LiveColumn(column, sql_type, bool(not_null), default is not None)
        primary |= {column} if key else set()
    if not out.columns:
        return None
    out.primary_key = frozenset(primary)
    indexes = await connection.execute(
        text('select name from pragma_index_list(:name) where "unique" and not partial'), name
    )
    for (index,) in list(indexes):
        columns = await connection.execute(text("select name from pragma_index_info(:index)"), {"index": index})
        out.uniques.add(frozenset(c for (c,) in columns if c is not None))
    keys: dict[int, tuple[set[str], str]] = {}
    query = 'select id, "from", "table" from pragma_foreign_key_list(:name)'
    for number, column, target in await connection.execute(text(query), name):
        keys.setdefault(number, (set(), target))[0].add(column)
    out.foreign_keys = {(frozenset(columns), target) for columns, target in keys.values()}
    return out


def compare_table(table: Table, live: LiveTable | None) -> list[Drift]:
    """Return how a table of the database differs from the schema's.

    Args:
        table: The table of the schema.
        live: The table of the database, `None` if there is none.
    """
    name = table.name if table.schema is None else f"{table.schema}.{table.name}"
    if live is None:
        return [Drift(name, None, "table missing", "the schema has it, the database has not")]
    out = [drift for column in table.columns for drift in _compare_column(name, table, column, live.columns)]
    known = {column.db_name for column in table.columns}
    for column in live.columns.values():
        if column.name not in known:
            needed = column.not_null and not column.has_default
            detail = f"the database has it ({column.sql_type}), the schema has not"
            out.append(Drift(name, column.name, "column unknown", detail, breaking=needed))
    return out + _compare_keys(name, table, live)


def _compare_column(name: str, table: Table, column: Column, live: Mapping[str, LiveColumn]) -> Iterable[Drift]:
    found = live.get(column.db_name)
    if found is None:
        detail = f"the schema has it ({column.type.sql_type}), the database has not"
        yield Drift(name, column.db_name, "column missing", detail)
        return
    said, has = canonical_type(column.type.sql_type, table.dialect), canonical_type(found.sql_type, table.dialect)
    if said != has:
        yield Drift(name, column.db_name, "type differs", f"the schema says {said}, the database {has}")
    what = facts(column, table)
    rowid = table.dialect == "sqlite" and column.primary
    if what.nullable == found.not_null and not rowid:
        words = ("NULL", "NOT NULL") if what.nullable else ("NOT NULL", "NULL")
        yield Drift(name, column.db_name, "nullability differs", f"the schema says {words[0]}, the database {words[1]}")
    filled = what.filled or column.generated is not None
    if filled != found.has_default and not rowid and column.generated is None:
        said_default = "a default" if column.default is not MISSING or what.filled else "none"
        detail = f"the schema says {said_default}, the database has {'one' if found.has_default else 'none'}"
        yield Drift(name, column.db_name, "default differs", detail, breaking=what.filled)


def _compare_keys(name: str, table: Table, live: LiveTable) -> list[Drift]:
    out = []
    primary = frozenset(
        table.primary_keys[0].columns if table.primary_keys else (c.db_name for c in table.columns if c.primary)
    )
    if primary != live.primary_key:
        detail = f"the schema says ({', '.join(sorted(primary))}), the database ({', '.join(sorted(live.primary_key))})"
        out.append(Drift(name, None, "primary key differs", detail))
    uniques = [frozenset({c.db_name}) for c in table.columns if c.is_unique]
    uniques += [frozenset(key.columns) for key in table.uniques]
    for columns in uniques:
        if columns not in live.uniques and columns != live.primary_key:
            out.append(Drift(name, None, "unique missing", f"on ({', '.join(sorted(columns))})"))  # noqa: PERF401 - clearer as a loop
    for key in table.foreign_keys:
        if (frozenset(key.columns), key.foreign_table) not in live.foreign_keys:
            detail = f"({', '.join(key.columns)}) to {key.foreign_table}"
            out.append(Drift(name, None, "foreign key missing", detail))
    return out


_SYNONYMS = {
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "float8": "double precision",
    "float4": "real",
    "bool": "boolean",
    "decimal": "numeric",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
}


def canonical_type(sql_type: str, dialect: str) -> str:
    """Return a SQL type in one spelling: PostgreSQL has several for the same."""
    name = re.sub(r"\s+", " ", sql_type.strip().lower()).replace('"', "")
    if dialect != "pg":
        return name
    array = "[]" if name.endswith("]") else ""
    name = re.sub(r"(\[\d*\])+$", "", name)
    match = re.match(r"([a-z_0-9.]+(?: precision)?)\s*(\([^)]*\))?\s*(.*)", name)
    if match is None:
        return name + array
    base, size, rest = match.group(1), (match.group(2) or "").replace(" ", ""), match.group(3)
    zone = f"{base} {rest}".strip()
    made = _SYNONYMS.get(zone, _SYNONYMS.get(base, base) if not rest else base)
    if rest and made == base:
        made = f"{base}{size} {rest}"
        size = ""
    if base == "numeric" and size and "," not in size:
        size = f"{size[:-1]},0)"
    head, _, tail = made.partition(" without ")
    made = f"{head}{size} without {tail}" if tail else f"{made}{size}"
    return ("character(1)" if made == "character" else made) + array
