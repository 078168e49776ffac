"""A disk that fills up, a connection that is cut: nothing is half applied, and the next run goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from fixtures.stores import SCHOOLS, school, schools, stored, sync
from headgate.errors import DatabaseUnavailableError
from headgate.store import DatabaseManager, Store, committing
from headgate.store.applying import EntityCommit
from headgate.store.writing import PlanWriter


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


@pytest.mark.parametrize("stage", ["staging", "planning", "committing"])
async def test_connection_cut(postgres_url: str, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """A server that drops the connection in the middle of a run has applied nothing, and the next run goes on."""
    async with DatabaseManager(postgres_url) as db:
        await _cut(db, monkeypatch, stage)


async def _cut(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    store = Store(db)
    await store.open()
    await sync(store, {"I": schools(1)})
    with monkeypatch.context() as patch:
        if stage == "committing":
            _cut_before(patch, EntityCommit, "_write_history", lambda self: self._connection)
        elif stage == "planning":
            _cut_before(patch, committing, "fingerprint", lambda connection, *_: connection)
        else:
            _cut_before(patch, PlanWriter, "_updates", lambda _self, connection, *_: connection)
        with pytest.raises(DatabaseUnavailableError):
            await sync(store, {"I": [school(1, "Changed"), *schools(2)]})
    assert await stored(db) == schools(1)
    async with store.run("test", [SCHOOLS]) as run:
        await run.plan()
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


def _small_disk(connection: sa.Connection) -> None:
    used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {max(used, 120)}")
