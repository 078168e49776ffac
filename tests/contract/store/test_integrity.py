"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from fixtures.stores import SCHOOLS, read, school, schools, sync
from headgate.errors import DatabaseConfigError
from headgate.store import DatabaseManager, EntityTable, Store
from headgate.store.migrations import MIGRATIONS, current_version
from headgate.store.schema import Schema

INSERT = (
    "INSERT INTO {history} (entity_id, key, valid_from, valid_to, operation, run_seq) "
    "VALUES (1, '[1]', '{begin}', {end}, 'new', 1)"
)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2025-06-15T00:00:00.000000Z", "NULL"),
        ("2001-01-01T00:00:00.000000Z", "'2030-01-01T00:00:00.000000Z'"),
        ("2001-01-01T00:00:00.000000Z", "NULL"),
        ("2035-01-01T00:00:00.000000Z", "'2036-01-01T00:00:00.000000Z'"),
        ("2001-01-02T00:00:00.000000Z", "'2001-01-01T00:00:00.000000Z'"),
        ("2001-01-01T00:00:00.000000Z", "'2001-01-01T00:00:00.000000Z'"),
    ],
)
async def test_overlapping_versions_are_refused(store: Store, db: DatabaseManager, begin: str, end: str) -> None:
    """Versions of one row cannot overlap, and an interval cannot be empty or run backwards."""
    await sync(store, {"I": schools(1)})
    await sync(store, {"I": [school(1, "B")]})
    with pytest.raises(DBAPIError):
        await _write(db, INSERT.replace("{begin}", begin).replace("{end}", end))
    assert len(await read(db, "SELECT 1 FROM {history}")) == 2


async def test_versions_may_touch(store: Store, db: DatabaseManager) -> None:
    """Intervals are half-open: one may end where the next begins."""
    await sync(store, {"I": schools(1)})
    [row] = await read(db, "SELECT CAST(valid_from AS text) AS t FROM {history}")
    statement = INSERT.replace("{begin}", "2001-01-01T00:00:00.000000Z").replace("{end}", f"'{row['t']}'")
    await _write(db, statement)


async def test_version_cannot_be_stretched_over_another(store: Store, db: DatabaseManager) -> None:
    """An update cannot make versions overlap either."""
    await sync(store, {"I": schools(1)})
    await sync(store, {"I": [school(1, "B")]})
    with pytest.raises(DBAPIError):
        await _write(db, "UPDATE {history} SET valid_to = NULL WHERE valid_to IS NOT NULL")
    with pytest.raises(DBAPIError):
        await _write(db, "UPDATE {history} SET valid_to = '2099-01-01T00:00:00.000000Z' WHERE valid_to IS NOT NULL")


async def test_opening_twice_changes_nothing(store: Store, db: DatabaseManager) -> None:
    """Migrations run once."""
    await store.open()
    async with db.get_connection() as connection:
        assert await current_version(connection, Schema(db.dialect)) == MIGRATIONS[-1].version


async def test_older_database_is_brought_up_to_date(store: Store, db: DatabaseManager) -> None:
    """A database from before entities noted what they refer to gets the column, and keeps what it holds."""
    await sync(store, {"": schools(1, 2)})
    schema = Schema(db.dialect)
    async with db.get_transaction() as connection:
        name = connection.dialect.identifier_preparer.format_table(schema.entity)
        await connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN parents")
        await connection.execute(schema.migration.delete().where(schema.migration.c.version == 9))
    table = EntityTable("schools", SCHOOLS.key, SCHOOLS.columns, parents={"members": "schools"})
    newer = Store(db)
    await newer.open()
    assert (await newer.entities())["schools"].parents == {}
    await sync(newer, {"": schools(1, 2)}, table=table)
    assert (await newer.entities())["schools"].parents == {"members": "schools"}


async def test_newer_database_is_refused(store: Store, db: DatabaseManager) -> None:
    """A database that a newer Headgate wrote is not touched."""
    schema = Schema(db.dialect)
    async with db.get_transaction() as connection:
        future = {"version": 999, "description": "from the future", "applied_at": datetime.now(UTC)}
        await connection.execute(schema.migration.insert().values(future))
    with pytest.raises(DatabaseConfigError, match=r"newer Headgate: its tables have version 999") as refused:
        await store.open()
    assert "Upgrade" in (refused.value.hint or "")


async def test_transaction_is_rolled_back_as_one(store: Store, db: DatabaseManager) -> None:
    """An exception inside get_transaction undoes everything, tables included."""
    with pytest.raises(RuntimeError):  # noqa: PT012 - the transaction is the statement
        async with db.get_transaction() as connection:
            await connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
            await connection.exec_driver_sql("INSERT INTO half VALUES (1)")
            raise RuntimeError
    async with db.get_connection() as connection:
        assert not await connection.run_sync(lambda sync: sa.inspect(sync).has_table("half"))


async def test_connection_without_commit_writes_nothing(store: Store, db: DatabaseManager) -> None:
    """What is written through get_connection is rolled back unless it is committed."""
    async with db.get_transaction() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    async with db.get_connection() as connection:
        await connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    assert await read(db, "SELECT x FROM t") == []


async def _write(db: DatabaseManager, statement: str) -> None:
    prefix = "headgate_" if db.dialect == "sqlite" else "headgate."
    async with db.get_transaction() as connection:
        await connection.execute(sa.text(statement.replace("{history}", prefix + "history").replace(":", "\\:")))
