"""Databases that fail in the middle: the run fails with a clear error, and nothing of it is applied."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.stores import SCHOOLS, schools, stored, sync
from headgate.store import DatabaseManager, RunState, Store
from headgate.store.applying import EntityCommit


async def test_many_processes_open_at_once(database_url: str) -> None:
    """Migrations run once, however many open an empty database at the same moment."""
    managers = [DatabaseManager(database_url) for _ in range(4)]
    try:
        await asyncio.gather(*(Store(manager).open() for manager in managers))
        assert await Store(managers[0]).runs() == []
    finally:
        for manager in managers:
            await manager.close()


@pytest.mark.parametrize("step", ["_write_history", "_write_state"])
async def test_failure_inside_the_commit_undoes_all_of_it(
    store: Store, db: DatabaseManager, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever a commit had written when it failed is taken back, tables included."""
    await sync(store, {"I": schools(1)})
    whole = getattr(EntityCommit, step)

    async def broken(self: EntityCommit) -> None:
        await whole(self)
        raise RuntimeError("the light went out")

    monkeypatch.setattr(EntityCommit, step, broken)
    with pytest.raises(RuntimeError, match="light"):
        await sync(store, {"I": schools(2)})
    assert await stored(db) == schools(1)
    assert [record.status for record in await store.runs()] == [RunState.FAILED, RunState.APPLIED]
    monkeypatch.undo()
    assert [problem async for problem in store.examine()] == []
    await sync(store, {"I": schools(2)})
    assert await stored(db) == schools(2)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (asyncio.CancelledError(), "The run was stopped before its end."),
        (TimeoutError(), "TimeoutError"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
async def test_failed_run_keeps_words_that_say_something(store: Store, error: BaseException, expected: str) -> None:
    """What ended a run is kept in words, also where the error itself has none."""
    with pytest.raises(type(error)):
        async with store.run("test", [SCHOOLS]):
            raise error
    assert [record.error for record in await store.runs()] == [expected]
