"""Rows in quarantine, and cursors: what waits for a commit."""

from __future__ import annotations

import pytest

from fixtures.stores import SCHOOLS, read, school, schools, stored, sync
from headgate.errors import ConfigError
from headgate.store import DatabaseManager, QuarantinedRow, QuarantineRecord, RunState, Store

BAD = QuarantinedRow({"id": 7, "name": 7}, ["name must be text"])


async def _listed(store: Store, **only: object) -> list[QuarantineRecord]:
    return [record async for record in store.quarantined(**only)]  # type: ignore[arg-type]  # a shorthand


async def test_rows_are_listed_with_their_reasons(store: Store) -> None:
    """Every row in quarantine says where it came from and why it is there."""
    first = await sync(store, {"I": schools(1)}, quarantine=[BAD])
    await sync(store, {"I": [*schools(1), {"id": None}]})
    newest, oldest = await _listed(store)
    assert (oldest.run, oldest.source, oldest.entity, oldest.partition) == (first.id, "test", "schools", "I")
    assert (oldest.key, oldest.raw, oldest.reasons) == ((7,), BAD.raw, ("name must be text",))
    assert newest.key is None
    assert await _listed(store, run_id=first.id) == [oldest]
    assert await _listed(store, ids=[newest.id]) == [newest]
    assert await _listed(store, limit=1) == [newest]
    assert await _listed(store, entity="teams") == []


async def test_dropped_rows_are_gone(store: Store) -> None:
    """Rows can be deleted from the quarantine by their numbers."""
    await sync(store, {"I": schools(1)}, quarantine=[BAD, BAD])
    first, second = await _listed(store)
    assert await store.drop_quarantined([first.id, 10_000]) == 1
    assert await _listed(store) == [second]


async def test_replayed_rows_leave_with_the_commit(store: Store, db: DatabaseManager) -> None:
    """A row that passes after its rule was mended is stored, and leaves the quarantine in the same transaction."""
    await sync(store, {"I": schools(1)}, quarantine=[BAD])
    [record] = await _listed(store)
    async with store.run("test", [SCHOOLS]) as run:
        await run.replay([record.id])
        await run.stage("schools", [school(7, "Seven")], partition=record.partition)
        plan = await run.plan()
        assert await _listed(store) == [record]
        await run.commit(plan)
    assert await _listed(store) == []
    assert await stored(db) == [*schools(1), school(7, "Seven")]
    with pytest.raises(ConfigError, match="Of 1 rows to replay, 0 are"):
        await _replay(store, record.id)


async def test_replay_that_fails_leaves_them_where_they_are(store: Store) -> None:
    """A run that replays rows and is not applied takes none of them out."""
    await sync(store, {"I": schools(1)}, quarantine=[BAD])
    [record] = await _listed(store)
    with pytest.raises(RuntimeError):
        await _replay(store, record.id, error=RuntimeError())
    assert await _listed(store) == [record]
    await _replay(store, record.id)
    assert await _listed(store) == [record]


async def test_cursor_moves_with_the_commit(store: Store, db: DatabaseManager) -> None:
    """A cursor is what the last committed run said, per entity and partition; a failed run moves none."""
    async with store.run("test", [SCHOOLS]) as run:
        assert await run.cursor("schools", partition="I") is None
        await run.move_cursor("schools", {"since": "2024-01-01"}, partition="I")
        await run.move_cursor("schools", {"since": "2024-02-01"}, partition="I")
        await run.commit(await run.plan())
    with pytest.raises(RuntimeError):  # noqa: PT012 - the run is the statement
        async with store.run("test", [SCHOOLS]) as run:
            await run.move_cursor("schools", {"since": "2025-01-01"}, partition="I")
            await run.plan()
            raise RuntimeError
    async with store.run("test", [SCHOOLS]) as run:
        assert await run.cursor("schools", partition="I") == {"since": "2024-02-01"}
        assert await run.cursor("schools", partition="II") is None
        await run.move_cursor("schools", 7, partition="I")
        plan = await run.plan()
    assert await read(db, "SELECT value FROM {cursor}") == [{"value": '{"since":"2024-02-01"}'}]
    assert (await store.apply(plan.id)).status is RunState.APPLIED
    assert await read(db, "SELECT value FROM {cursor}") == [{"value": "7"}]
    assert await read(db, "SELECT 1 FROM {cursor_move}") == []


async def _replay(store: Store, number: int, error: Exception | None = None) -> None:
    async with store.run("test", [SCHOOLS]) as run:
        await run.replay([number])
        if error is not None:
            raise error
        await run.plan()
