"""A disk that fills up, a connection that is cut: nothing is half applied, and the next run goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from fixtures.stores import SCHOOLS, school, schools, stored, sync
from headgate.config.targets import TargetConfig
from headgate.errors import DatabaseUnavailableError
from headgate.store import DatabaseManager, EntityTable, RunState, Store, committing
from headgate.store.applying import EntityCommit
from headgate.store.targets.applying import TargetCommit
from headgate.store.targets.writer import TargetWriter
from headgate.store.writing import PlanWriter

TABLE = """CREATE TABLE app_schools (
    id {serial}, ncaa_id integer NOT NULL UNIQUE, title text, members integer, motto text DEFAULT 'none'
)"""
LANDING = EntityTable(
    "schools",
    ("id",),
    SCHOOLS.columns,
    target=TargetConfig(table="app_schools", columns={"id": "ncaa_id", "name": "title"}),
)


def landed(number: int, title: str | None = None) -> dict[str, Any]:
    """Return a row of LANDING as the table has it."""
    row = school(number, title)
    return {"ncaa_id": number, "title": row["name"], "members": row["members"], "motto": "none"}


async def _landed(db: DatabaseManager) -> list[dict[str, Any]]:
    """Return the rows of the table without their numbers: a commit that was cut may have spent some."""
    return [{name: row[name] for name in row if name != "id"} for row in await stored(db, "app_schools")]


async def _make_table(db: DatabaseManager) -> None:
    serial = "serial PRIMARY KEY" if db.dialect == "postgresql" else "integer PRIMARY KEY"
    async with db.get_transaction() as connection:
        await connection.exec_driver_sql(TABLE.format(serial=serial))


async def test_full_disk(tmp_path: Path) -> None:
    """A disk that fills up in the middle of a run is named, and what was there before is whole."""
    async with DatabaseManager(tmp_path / "store.db") as db:
        await _fill(db)


async def _fill(db: DatabaseManager) -> None:
    store = Store(db)
    await store.open()
    await sync(store, {"I": schools(1)})
    limit = sa.event.listens_for(db.engine.sync_engine, "begin")(_small_disk)
    with pytest.raises(DatabaseUnavailableError, match=r"disk of .* is full"):
        await sync(store, {"I": schools(*range(20_000))})
    sa.event.remove(db.engine.sync_engine, "begin", limit)
    async with db.get_connection() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert await stored(db) == schools(1)
    await sync(store, {"I": schools(1, 2)})
    assert [problem async for problem in store.examine()] == []


async def test_full_disk_while_an_applications_table_is_written(tmp_path: Path) -> None:
    """What was written there before the disk was full is taken back, and the next run goes on."""
    async with DatabaseManager(tmp_path / "store.db") as db:
        await _fill_application(db)


async def _fill_application(db: DatabaseManager) -> None:
    store = Store(db)
    await store.open()
    await _make_table(db)
    await sync(store, {"I": schools(1)}, table=LANDING)
    async with store.run("test", [LANDING]) as run:
        await run.stage("schools", schools(*range(20_000)), partition="I", complete=True)
        await run.plan()
    await _vacuum(db)
    limit = sa.event.listens_for(db.engine.sync_engine, "begin")(_small_disk)
    with pytest.raises(DatabaseUnavailableError, match=r"disk of .* is full"):
        await store.apply(run.id)
    sa.event.remove(db.engine.sync_engine, "begin", limit)
    async with db.get_connection() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert await _landed(db) == [landed(1)]
    assert (await store.find_run(run.id)).status is RunState.PLANNED
    await store.apply(run.id)
    assert len(await stored(db, "app_schools")) == 20_000
    assert [problem async for problem in store.examine()] == []


@pytest.mark.parametrize("stage", ["staging", "planning", "trying", "landing", "landed", "committing"])
async def test_connection_cut(postgres_url: str, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """A server that drops the connection in the middle of a run has applied nothing, and the next run goes on."""
    async with DatabaseManager(postgres_url) as db:
        await _cut(db, monkeypatch, stage)


async def _cut(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    store = Store(db)
    await store.open()
    await _make_table(db)
    await sync(store, {"I": schools(1)}, table=LANDING)
    with monkeypatch.context() as patch:
        if stage == "committing":
            _cut_before(patch, EntityCommit, "_write_history", lambda self: self._connection)
        elif stage == "trying":
            _cut_before(patch, TargetWriter, "_insert", lambda self, *_: self._connection)
        elif stage == "landing":
            _cut_before(patch, TargetCommit, "write", lambda self, *_: self._connection)
        elif stage == "landed":
            _cut_before(patch, TargetCommit, "settle", lambda self, *_: self._connection)
        elif stage == "planning":
            _cut_before(patch, committing, "fingerprint", lambda connection, *_, **__: connection)
        else:
            _cut_before(patch, PlanWriter, "_updates", lambda _self, connection, *_: connection)
        with pytest.raises(DatabaseUnavailableError):
            await sync(store, {"I": [school(1, "Changed"), *schools(2)]}, table=LANDING)
    assert await _landed(db) == [landed(1)]
    assert [problem async for problem in store.examine()] == []
    await sync(store, {"I": [school(1, "Changed"), *schools(2)]}, table=LANDING)
    assert await _landed(db) == [landed(1, "Changed"), landed(2)]
    assert [problem async for problem in store.examine()] == []


def _cut_before(
    patch: pytest.MonkeyPatch, owner: Any, name: str, connection_of: Callable[..., AsyncConnection]
) -> None:
    """Let the server drop the connection of a function's transaction before the function works with it."""
    whole = getattr(owner, name)

    async def cut(*args: Any, **options: Any) -> Any:
        await connection_of(*args).execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return await whole(*args, **options)

    patch.setattr(owner, name, cut)


async def _vacuum(db: DatabaseManager) -> None:
    """Give free pages back, so that whatever is written next needs the disk."""
    async with db.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("VACUUM")


def _small_disk(connection: sa.Connection) -> None:
    used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {max(used, 120)}")
