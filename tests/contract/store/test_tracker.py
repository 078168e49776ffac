"""Single rows: tracked, restored, followed over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.stores import SCHOOLS, school, schools, stored, sync
from headgate.errors import ConfigError, LeaseHeldError, UnexpectedShapeError
from headgate.store import DatabaseManager, HistoricalTracker, Operation, Store, TrendPoint
from headgate.testing.clock import FakeClock


@pytest.fixture
async def tracker(store: Store) -> HistoricalTracker:
    """Return a tracker of a store that holds two schools."""
    await sync(store, {"I": schools(1, 2)})
    return HistoricalTracker(store)


async def test_single_changes(tracker: HistoricalTracker, store: Store, db: DatabaseManager) -> None:
    """A row can be added, changed and removed by itself, and every step is in its history."""
    added = await tracker.track_changes("schools", None, school(3))
    assert added is not None
    assert added.operation is Operation.NEW
    changed = await tracker.track_changes("schools", school(3), school(3, "Three") | {"undeclared": 1})
    assert changed is not None
    assert changed.fields == {"name": ("School 3", "Three")}
    assert await tracker.track_changes("schools", school(3, "Three"), school(3, "Three")) is None
    removed = await tracker.track_changes("schools", school(3, "Three"), None)
    assert removed is not None
    assert removed.operation is Operation.DELETED
    assert await tracker.track_changes("schools", None, None) is None
    assert [version.operation for version in await store.history("schools", 3)] == ["new", "updated", "deleted"]
    assert await stored(db) == schools(1, 2)
    assert [problem async for problem in store.examine()] == []


async def test_change_of_a_row_that_changed_meanwhile(tracker: HistoricalTracker, db: DatabaseManager) -> None:
    """What the caller believes is checked against what is known; nothing is overwritten unseen."""
    for old, new in ((school(1, "Other"), school(1, "X")), (None, school(1, "X")), (school(9), school(9, "X"))):
        with pytest.raises(ConfigError, match="is not what the caller knows"):
            await tracker.track_changes("schools", old, new)
    assert await stored(db) == schools(1, 2)


async def test_changes_that_make_no_sense(tracker: HistoricalTracker, store: Store) -> None:
    """Unknown entities, rows without a key, two keys, wrong types, and a source that is busy."""
    with pytest.raises(ConfigError, match="no entity"):
        await tracker.track_changes("teams", None, {"id": 1})
    with pytest.raises(UnexpectedShapeError, match="does not fit"):
        await tracker.track_changes("schools", None, {"id": 3, "members": "seven"})
    with pytest.raises(UnexpectedShapeError, match="one and the same key"):
        await tracker.track_changes("schools", school(1), school(2))
    with pytest.raises(UnexpectedShapeError, match="one and the same key"):
        await tracker.track_changes("schools", {"name": "x"}, None)
    async with store.run("test", [SCHOOLS]) as run:
        with pytest.raises(LeaseHeldError):
            await tracker.track_changes("schools", None, school(3))
        await run.plan()


async def test_restore_to_a_date(
    tracker: HistoricalTracker, store: Store, db: DatabaseManager, clock: FakeClock
) -> None:
    """A row becomes again what it was: changed back, brought back, or taken away."""
    before = datetime.fromtimestamp(clock.time(), UTC)
    clock.move(60)
    await sync(store, {"I": [school(1, "X"), school(3)]})
    for key, operation in ((1, "updated"), (2, "new"), (3, "deleted")):
        change = await tracker.restore("schools", key, before)
        assert change is not None
        assert change.operation == operation
        assert await tracker.restore("schools", key, before) is None
    assert await stored(db) == schools(1, 2)
    plan = await sync(store, {"I": schools(1, 2)})
    assert plan.is_empty


async def test_trend(tracker: HistoricalTracker, store: Store, clock: FakeClock) -> None:
    """Counts and aggregates are those of the rows that lived at the end of each bucket."""
    start = datetime.fromtimestamp(clock.time(), UTC)
    clock.move(86_400)
    await sync(store, {"I": [school(1, members=5), school(2, members=None), school(3, members=10)]})
    clock.move(86_400)
    await sync(store, {"I": [school(3, members=10)]})
    clock.move(3_600)
    day = timedelta(days=1)
    assert await tracker.trend("schools", "members", "day") == [
        TrendPoint(start + day, 3, 2, 5.0, 10.0, 7.5, 15.0),
        TrendPoint(start + 2 * day, 1, 1, 10.0, 10.0, 10.0, 10.0),
        TrendPoint(start + 2 * day + timedelta(hours=1), 1, 1, 10.0, 10.0, 10.0, 10.0),
    ]
    half = start + day / 2
    [point] = await tracker.trend("schools", "name", day, until=half)
    assert point == TrendPoint(half, 2, 2)
    [empty] = await tracker.trend("schools", "members", day, since=start - day, until=start - day / 2)
    assert empty == TrendPoint(start - day / 2, 0, 0)


async def test_trends_that_make_no_sense(tracker: HistoricalTracker, store: Store) -> None:
    """Unknown fields and buckets, and more points than anybody reads."""
    with pytest.raises(ConfigError, match="no field"):
        await tracker.trend("schools", "colour")
    with pytest.raises(ConfigError, match="not a length of time"):
        await tracker.trend("schools", "members", "fortnight")  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ConfigError, match="limit"):
        await tracker.trend("schools", "members", "hour", since=datetime(2000, 1, 1, tzinfo=UTC))
