"""A disk that fills up, a connection that is cut: nothing is half applied, and the next run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from fixtures.stores import SCHOOLS, schools, stored, sync
from headgate.errors import DatabaseUnavailableError
from headgate.store import DatabaseManager, Store
from headgate.store.applying import EntityCommit


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


async def test_connection_cut_in_the_commit(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that drops the connection in the middle of a commit has applied nothing, and the next run goes on."""
    async with DatabaseManager(postgres_url) as db:
        await _cut(db, monkeypatch)


async def _cut(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(db)
    await store.open()
    await sync(store, {"I": schools(1)})
    whole = EntityCommit._write_history

    async def cut(self: EntityCommit) -> None:
        await self._connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await whole(self)

    monkeypatch.setattr(EntityCommit, "_write_history", cut)
    with pytest.raises(DatabaseUnavailableError):
        await sync(store, {"I": schools(2)})
    monkeypatch.undo()
    assert await stored(db) == schools(1)
    async with store.run("test", [SCHOOLS]) as run:
        await run.plan()
    assert [problem async for problem in store.examine()] == []


def _small_disk(connection: sa.Connection) -> None:
    used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {max(used, 120)}")
