# ruff: noqa: E501 - schemas read better in wide lines
"""Schema against live databases: what agrees is silent, what drifted is named and classified."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import asyncpg
import pytest

from headgate.drizzle.ir import Schema
from headgate.drizzle.live import compare_database
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.static.reader import read_static
from headgate.errors import DatabaseUnavailableError

PG = """
import { pgTable, serial, varchar, integer, timestamp, numeric, text, unique, pgEnum } from 'drizzle-orm/pg-core';
export const mood = pgEnum('mood', ['sad', 'ok']);
export const users = pgTable('users', {
  id: serial('id').primaryKey(), email: varchar('email', { length: 320 }).notNull().unique(), mood: mood('mood'),
  at: timestamp('at', { withTimezone: true, precision: 3 }).defaultNow().notNull(), price: numeric('price', { precision: 10, scale: 2 }),
  tags: text('tags').array(),
});
export const posts = pgTable('posts', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(), userId: integer('user_id').notNull().references(() => users.id), n: integer('n'),
}, (t) => [unique('one').on(t.userId, t.n)]);
"""
PG_TABLES = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, email varchar(320) NOT NULL UNIQUE, mood mood,
  at timestamp(3) with time zone NOT NULL DEFAULT now(), price numeric(10, 2), tags text[]);
CREATE TABLE posts (id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY, user_id integer NOT NULL REFERENCES users (id), n integer,
  CONSTRAINT one UNIQUE (user_id, n));
"""
SQLITE = """
import { sqliteTable, integer, text } from 'drizzle-orm/sqlite-core';
export const notes = sqliteTable('notes', { id: integer('id').primaryKey({ autoIncrement: true }), title: text('title').notNull().unique(), n: integer('n').default(1) });
"""


def _schema(folder: Path, text: str) -> Schema:
    path = folder / "schema.ts"
    path.write_text(text)
    return read_static([path])


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_database_that_agrees_is_silent(tmp_path: Path, postgres_url: str) -> None:
    """Types in other spellings, identities, enums, arrays and keys are the same."""
    await _execute(postgres_url, PG_TABLES)
    assert await compare_database(_schema(tmp_path, PG), postgres_url) == []


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("DROP TABLE posts", {"table missing"}),
        ("ALTER TABLE users DROP COLUMN price", {"column missing"}),
        ("ALTER TABLE users ADD COLUMN extra text", {"column unknown"}),
        ("ALTER TABLE users ALTER COLUMN email TYPE varchar(100)", {"type differs"}),
        ("ALTER TABLE users ALTER COLUMN email DROP NOT NULL", {"nullability differs"}),
        ("ALTER TABLE users ALTER COLUMN at DROP DEFAULT", {"default differs"}),
        ("ALTER TABLE posts DROP CONSTRAINT posts_pkey", {"primary key differs", "nullability differs"}),
        ("ALTER TABLE posts DROP CONSTRAINT one", {"unique missing"}),
        ("ALTER TABLE posts DROP CONSTRAINT posts_user_id_fkey", {"foreign key missing"}),
    ],
)
async def test_every_drift_is_named(tmp_path: Path, postgres_url: str, change: str, kinds: set[str]) -> None:
    """Each difference has its class; a column the schema does not know is harmless if it may stay empty."""
    await _execute(postgres_url, PG_TABLES + change)
    drifts = await compare_database(_schema(tmp_path, PG), postgres_url)
    assert {drift.kind for drift in drifts} <= kinds
    assert drifts
    assert all(drift.breaking == (drift.kind != "column unknown") for drift in drifts)


async def test_sqlite_is_compared_too(tmp_path: Path) -> None:
    """With its own types and its rowid."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute(
        "CREATE TABLE notes (id integer PRIMARY KEY AUTOINCREMENT, title text NOT NULL UNIQUE, n integer DEFAULT 1)"
    )
    connection.commit()
    assert await compare_database(_schema(tmp_path, SQLITE), url) == []
    connection.execute("ALTER TABLE notes DROP COLUMN n")
    connection.commit()
    connection.close()
    assert [drift.kind for drift in await compare_database(_schema(tmp_path, SQLITE), url)] == ["column missing"]


async def test_the_wrong_database_is_refused(tmp_path: Path) -> None:
    """Another dialect, an unknown one and no URL at all each have their message."""
    schema = _schema(tmp_path, PG)
    for url, message in [
        ("sqlite:///x.db", "is sqlite, the schema is pg"),
        ("oracle://x", "kind 'oracle'"),
        ("nonsense", "cannot be read"),
    ]:
        with pytest.raises(SchemaError, match=message):
            await compare_database(schema, url)


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Nothing listens on the port: come back later."""
    with pytest.raises(DatabaseUnavailableError):
        await compare_database(_schema(tmp_path, PG), "postgresql://u@127.0.0.1:1/x")
