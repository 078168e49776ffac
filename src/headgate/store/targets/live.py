"""What the database says about a table of an application: columns, unique constraints, foreign keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column.

    Args:
        name: Its name.
        type: Its SQL type, as the database spells it.
        not_null: Whether it refuses NULL.
        default: The expression of its default, if it has one.
        generated: Whether the database computes it.
        always: Whether its values are the database's own, as ``GENERATED ALWAYS AS IDENTITY`` says.
        numbered: Whether it is numbered by a sequence and nothing is said about its values.
        filled: Whether the database fills it in when it is left out.
    """

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    generated: bool = False
    always: bool = False
    numbered: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class LiveForeignKey:
    """A foreign key; an empty schema is that of SQLite."""

    columns: tuple[str, ...]
    schema: str
    table: str
    foreign_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table as the database has it.

    Args:
        schema: Its schema; empty in SQLite.
        name: Its name.
        columns: Its columns by name.
        primary_key: The columns of its primary key.
        uniques: The columns of each unique constraint that a conflict can be told by, the primary key among them.
        foreign_keys: Its foreign keys.
    """

    schema: str
    name: str
    columns: Mapping[str, LiveColumn]
    primary_key: tuple[str, ...]
    uniques: frozenset[frozenset[str]]
    foreign_keys: tuple[LiveForeignKey, ...]

    @property
    def full_name(self) -> str:
        """Its name with its schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def place(self) -> tuple[str, str]:
        """Schema and name."""
        return self.schema, self.name

    def clause(self) -> sa.TableClause:
        """Return it for statements."""
        return sa.table(self.name, *(sa.column(name) for name in self.columns), schema=self.schema or None)


async def read_table(connection: AsyncConnection, name: str) -> LiveTable | None:
    """Return a table of the database; none if there is none of this name that can be written to."""
    if connection.dialect.name == "postgresql":
        return await _read_postgresql(connection, name)
    return await _read_sqlite(connection, name)


_TABLE = """
SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p')
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull OR t.typnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS expression, a.attgenerated <> '' AS generated,
       a.attidentity::text AS identity,
       t.typtype = 'd' OR EXISTS (
           SELECT 1 FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
       ) AS checked,
       CASE WHEN a.attidentity <> '' THEN pg_get_serial_sequence(:full, a.attname) END AS sequence
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = CAST(:oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_UNIQUES = """
SELECT i.indisprimary,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM pg_index i
WHERE i.indrelid = CAST(:oid AS oid) AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
"""
_FOREIGN_KEYS = """
SELECT ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY c (attnum, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum ORDER BY c.place),
       n.nspname, f.relname,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY c (attnum, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.attnum ORDER BY c.place)
FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace n ON n.oid = f.relnamespace
WHERE k.conrelid = CAST(:oid AS oid) AND k.contype = 'f' ORDER BY k.conname
"""


async def _read_postgresql(connection: AsyncConnection, name: str) -> LiveTable | None:
    written = ".".join(_quoted(part) for part in name.split("."))
    found = (await connection.execute(sa.text(_TABLE), {"name": written})).first()
    if found is None:
        return None
    oid, schema, table = int(found[0]), str(found[1]), str(found[2])
    full = f"{_quoted(schema)}.{_quoted(table)}"
    columns = {}
    for row in (await connection.execute(sa.text(_COLUMNS), {"oid": oid, "full": full})).mappings():
        identity, expression = row["identity"], row["expression"]
        if identity:
            expression = "nextval('{}'::regclass)".format(str(row["sequence"]).replace("'", "''"))
        sequenced = bool(identity) or (not row["generated"] and str(expression).startswith("nextval("))
        columns[row["attname"]] = LiveColumn(
            row["attname"],
            row["type"],
            not_null=row["not_null"],
            default=None if row["generated"] else expression,
            generated=row["generated"],
            always=identity == "a",
            numbered=sequenced and not row["checked"],
            filled=expression is not None,
        )
    uniques = (await connection.execute(sa.text(_UNIQUES), {"oid": oid})).all()
    keys = (await connection.execute(sa.text(_FOREIGN_KEYS), {"oid": oid})).all()
    return LiveTable(
        schema,
        table,
        columns,
        next((tuple(names) for primary, names in uniques if primary), ()),
        frozenset(frozenset(names) for _, names in uniques),
        tuple(LiveForeignKey(tuple(row[0]), row[1], row[2], tuple(row[3])) for row in keys),
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def _read_sqlite(connection: AsyncConnection, name: str) -> LiveTable | None:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = :name COLLATE NOCASE"
    table = (await connection.execute(sa.text(query), {"name": name})).scalar()
    if table is None:
        return None
    one = {"name": table}
    query = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(:name)'
    rows = (await connection.execute(sa.text(query), one)).all()
    ordered = sorted((row for row in rows if row.pk), key=lambda row: int(row.pk))
    primary = tuple(row.name for row in ordered)
    rowid = primary[0] if len(primary) == 1 and ordered[0].type.upper() == "INTEGER" else None
    columns = {
        row.name: LiveColumn(
            row.name,
            row.type,
            not_null=bool(row.notnull),
            default=row.dflt_value,
            generated=row.hidden > 1,
            filled=row.dflt_value is not None or row.hidden > 1 or row.name == rowid,
        )
        for row in rows
    }
    uniques = {frozenset(primary)} if primary else set()
    query = 'SELECT name FROM pragma_index_list(:name) WHERE "unique" AND NOT partial'
    for index in (await connection.execute(sa.text(query), one)).scalars().all():
        query = "SELECT name FROM pragma_index_info(:index)"
        names = (await connection.execute(sa.text(query), {"index": index})).scalars().all()
        if None not in names:
            uniques.add(frozenset(names))
    return LiveTable("", table, columns, primary, frozenset(uniques), await _sqlite_keys(connection, table))


async def _sqlite_keys(connection: AsyncConnection, table: str) -> tuple[LiveForeignKey, ...]:
    query = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(:name) ORDER BY id, seq'
    found: dict[int, list[Any]] = {}
    for row in (await connection.execute(sa.text(query), {"name": table})).all():
        found.setdefault(row[0], []).append(tuple(row))
    keys = []
    for rows in found.values():
        foreign: tuple[str, ...] = tuple(str(row[3]) for row in rows)
        if rows[0][3] is None:  # it names no columns: the primary key is meant
            query = "SELECT name FROM pragma_table_xinfo(:name) WHERE pk ORDER BY pk"
            foreign = tuple((await connection.execute(sa.text(query), {"name": rows[0][1]})).scalars().all())
        keys.append(LiveForeignKey(tuple(row[2] for row in rows), "", rows[0][1], foreign))
    return tuple(keys)
