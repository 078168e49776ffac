"""Truth is the database: every column probed by INSERT, the verdict compared with the generated Insert model's."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sqlite3
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from headgate.drizzle.ir import Column, Schema
from headgate.drizzle.static.reader import read_static

_spec = importlib.util.spec_from_file_location("headgate_probing", Path(__file__).parent / "probing.py")
assert _spec is not None
assert _spec.loader is not None
probing = importlib.util.module_from_spec(_spec)
sys.modules["headgate_probing"] = probing
_spec.loader.exec_module(probing)

AGREEMENT = 0.99

REASONS: list[tuple[str, Callable[[Column, Any], bool]]] = [
    (
        "an instant needs its zone, a local time has none: PostgreSQL would silently add or drop it",
        lambda c, v: c.type.column_type == "PgTimestamp" and hasattr(v, "tzinfo"),
    ),
    ("NaN has no Python integer", lambda c, v: c.type.data_type == "bigint" and v == "NaN"),
    ("NaN has no Python integer", lambda c, v: c.type.data_type == "bigint" and isinstance(v, Decimal) and v.is_nan()),
    ("the syntax of tsvector is not checked", lambda c, _v: c.type.sql_type == "tsvector"),
]
"""Every disagreement there may be, and why."""


def _typed_further(column: Column) -> bool:
    """Whether a column promises more than its database type: then the TypeScript type decides, not the database."""
    return column.ts_type is not None and column.type.data_type == "json"


@pytest.fixture(scope="session")
def shared_drizzle() -> Path:
    """Give the folder with the conformance schemas."""
    root = Path(os.environ.get("HEADGATE_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
    if not (root / "drizzle").is_dir():
        pytest.skip("the recorded data is not here: HEADGATE_SHARED_DATA")
    return root / "drizzle"


async def _prepare(connection: asyncpg.Connection[Any], schema: Schema) -> None:
    for extension in ("vector", "citext", "postgis"):
        known = await connection.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = $1", extension)
        if known:
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for named in schema.schemas:
        await connection.execute(f'CREATE SCHEMA "{named.name}"')
    for enum in schema.enums:
        values = ", ".join(probing._quoted(value) for value in enum.values)
        prefix = f'"{enum.schema}".' if enum.schema else ""
        await connection.execute(f'CREATE TYPE {prefix}"{enum.name}" AS ENUM ({values})')


async def _accepts(connection: asyncpg.Connection[Any], column: Column, value: Any) -> bool:
    try:
        await connection.execute(f"INSERT INTO probe VALUES ({probing.literal(value, column)})")
    except (asyncpg.PostgresError, UnicodeError):
        return False
    return True


async def _probe_column(connection: asyncpg.Connection[Any], column: Column, nullable: bool) -> bool:
    """Create a table of one column; false where its type needs an extension that is not installed."""
    sql_type = column.type.sql_type
    if column.type.enum_schema is not None:
        sql_type = f"{column.type.enum_schema}.{sql_type}"
    try:
        await connection.execute("DROP TABLE IF EXISTS probe")
        await connection.execute(f"CREATE TABLE probe (v {sql_type} {'' if nullable else 'NOT NULL'})")
    except asyncpg.UndefinedObjectError:
        return False
    return True


def _insert_model(module: Any, table: str) -> Any:
    found = [getattr(module, name) for name in dir(module) if name.endswith("Insert")]
    return next(model for model in found if model.__table__.name == table)


async def test_postgresql_agrees_with_the_insert_models(
    shared_drizzle: Path, postgres_url: str, tmp_path: Path
) -> None:
    """At least 99 of 100 verdicts are the same, and every other one has a reason that is written down."""
    schema = read_static([shared_drizzle / "pg.ts"])
    module = probing.load_models(schema, tmp_path, "probe_pg_models")
    connection = await asyncpg.connect(postgres_url)
    unexplained: list[str] = []
    same = probed = 0
    try:
        await _prepare(connection, schema)
        for table in schema.tables:
            insert = _insert_model(module, table.name)
            models = probing.field_models(insert)
            for column in table.columns:
                info = insert.__table__.column(column.db_name)
                if info.name not in models or not await _probe_column(connection, column, info.nullable):
                    continue
                for value in probing.values_for(column):
                    accepted = await _accepts(connection, column, value)
                    allowed, message = probing.judge(models[info.name], value)
                    if _typed_further(column):
                        assert accepted or not allowed, (column.key, value)
                        continue
                    probed += 1
                    same += accepted == allowed
                    if accepted != allowed and not any(applies(column, value) for _reason, applies in REASONS):
                        verdict = "accepts" if accepted else "refuses"
                        unexplained.append(
                            f"{table.name}.{column.key}: the database {verdict} {value!r:.60} ({message})"
                        )
    finally:
        await connection.close()
    assert unexplained == []
    assert probed > 5000
    assert same / probed >= AGREEMENT


def _sqlite_value(value: Any, column: Column) -> Any:
    """Return a value as drizzle-orm hands it to SQLite."""
    kind = column.type.column_type
    if kind == "SQLiteTimestamp":
        seconds = value.timestamp()
        return int(seconds * 1000) if column.type.mode == "timestamp_ms" else math.floor(seconds)
    if "Json" in kind:
        return json.dumps(value)
    if isinstance(value, Decimal) or kind == "SQLiteBigInt":
        return str(value)
    return int(value) if isinstance(value, bool) else value


_SQLITE_VALUES: dict[str, list[Any]] = {
    "SQLiteInteger": [*probing.INTEGERS, *probing.NUMBERS_AS_TEXT],
    "SQLiteBoolean": [True, False, 0, 1, 2, "true"],
    "SQLiteTimestamp": [*probing.AWARE, *probing.NAIVE, "never"],
    "SQLiteText": [*probing.TEXTS, *probing.WORDS],
    "SQLiteReal": probing.FLOATS,
    "SQLiteNumeric": probing.DECIMALS,
    "SQLiteBlobBuffer": [b"", b"\0\xff", "text"],
    "SQLiteBigInt": probing.INTEGERS,
    "SQLiteTextJson": probing.JSON,
    "SQLiteBlobJson": probing.JSON,
}


def test_sqlite_keeps_whatever_the_insert_models_accept(shared_drizzle: Path, tmp_path: Path) -> None:
    """SQLite refuses almost nothing, so the models hold the declared types: what they accept is stored without loss."""
    schema = read_static([shared_drizzle / "sqlite.ts"])
    module = probing.load_models(schema, tmp_path, "probe_sqlite_models")
    connection = sqlite3.connect(":memory:")
    accepted = refused = 0
    for table in schema.tables:
        insert = _insert_model(module, table.name)
        models = probing.field_models(insert)
        for column in table.columns:
            info = insert.__table__.column(column.db_name)
            if info.name not in models:
                continue
            connection.execute("DROP TABLE IF EXISTS probe")
            connection.execute(f"CREATE TABLE probe (v {column.type.sql_type} {'' if info.nullable else 'NOT NULL'})")
            allowed, _ = probing.judge(models[info.name], None)
            assert allowed == info.nullable, column.key
            for value in _SQLITE_VALUES.get(column.type.column_type, []):
                allowed, _ = probing.judge(models[info.name], value)
                refused += not allowed
                if not allowed:
                    continue
                stored = models[info.name](v=value).v  # type: ignore[attr-defined]
                plain = stored.model_dump(mode="json") if hasattr(stored, "model_dump") else stored
                connection.execute("DELETE FROM probe")
                connection.execute("INSERT INTO probe VALUES (?)", (_sqlite_value(plain, column),))
                accepted += connection.execute("SELECT count(*) FROM probe").fetchone()[0]
    connection.close()
    assert accepted > 300
    assert refused > 50
