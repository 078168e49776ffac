"""Retention: what ended long ago goes, and the store knows from when on it knows everything."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.stores import SCHOOLS, read, school, schools, stored, sync
from headgate.errors import ConfigError
from headgate.store import (
    DatabaseManager,
    HistoricalTracker,
    Pruned,
    PrunedRuns,
    QualityNote,
    QuarantinedRow,
    RunState,
    Store,
)
from headgate.testing.clock import FakeClock

DAY = 86_400


async def _days(store: Store, clock: FakeClock) -> list[tuple[str, datetime]]:
    """Sync four days; return each day's run and its instant."""
    days = []
    for listing in (schools(1, 2, 3), [school(1, "A"), *schools(2)], [school(1, "B"), *schools(2)], schools(1, 2, 4)):
        plan = await sync(store, {"": listing}, quarantine=[QuarantinedRow({"id": 9}, ["no"], (9,))])
        finished = (await store.find_run(plan.id)).finished_at
        assert finished is not None
        days.append((plan.id, finished))
        clock.move(DAY)
    return days


async def _as_of(store: Store, moment: datetime) -> list[dict[str, Any]]:
    return [row async for row in store.as_of("schools", moment)]


async def test_what_was_so_since_can_still_be_told(store: Store, db: DatabaseManager, clock: FakeClock) -> None:
    """Every instant from the horizon on reads as before, the stored rows are untouched, and the store is whole."""
    days = await _days(store, clock)
    horizon = days[2][1]
    moments = [horizon, horizon + timedelta(hours=1), days[3][1], days[3][1] + timedelta(hours=1)]
    before, rows = [await _as_of(store, moment) for moment in moments], await stored(db)
    # the first two versions of 1; those of 3, which is gone since the second day, with its deletion
    expected = [Pruned("schools", versions=4, quarantined=3)]
    assert await store.prune(horizon, dry_run=True) == expected
    assert await store.prune(horizon) == expected
    assert [await _as_of(store, moment) for moment in moments] == before
    assert await stored(db) == rows
    assert [problem async for problem in store.examine()] == []
    assert await store.prune(horizon) == [Pruned("schools", 0, 0)]


async def test_dry_run_removes_nothing(store: Store, db: DatabaseManager, clock: FakeClock) -> None:
    """Only counting leaves every version and every instant as it was."""
    days = await _days(store, clock)
    versions = await read(db, "SELECT count(*) AS n FROM {history}")
    await store.prune(days[3][1], dry_run=True)
    assert await read(db, "SELECT count(*) AS n FROM {history}") == versions
    assert len(await _as_of(store, days[0][1])) == 3


async def test_unknown_is_not_none(store: Store, clock: FakeClock) -> None:
    """Of the time before the horizon the store says that it does not know, whoever asks."""
    days = await _days(store, clock)
    horizon = days[2][1]
    await store.prune(horizon)
    long_ago = days[1][1]
    tracker = HistoricalTracker(store)
    with pytest.raises(ConfigError, match="was pruned"):
        await _as_of(store, long_ago)
    with pytest.raises(ConfigError, match="was pruned"):
        await anext(store.diff(days[0][0], days[3][0]))
    with pytest.raises(ConfigError, match="was pruned"):
        await tracker.restore("schools", 1, long_ago)
    with pytest.raises(ConfigError, match="was pruned"):
        await tracker.trend("schools", "members", since=long_ago)
    assert all(point.at > horizon for point in await tracker.trend("schools", "members"))
    assert [change.key async for change in store.diff(days[2][0], days[3][0])] == [(1,), (4,)]


async def test_only_runs_after_the_horizon_can_be_taken_back(
    store: Store, db: DatabaseManager, clock: FakeClock
) -> None:
    """What a kept run replaced is kept; a run whose past is gone is refused, never taken for one that added rows."""
    days = await _days(store, clock)
    await store.prune(days[2][1])
    for run_id, _ in days[:3]:
        with pytest.raises(ConfigError, match="was pruned"):
            async with await store.rollback(run_id):
                pass
    async with await store.rollback(days[3][0]) as run:
        await run.commit(await run.plan())
    assert await stored(db) == [school(1, "B"), school(2)]


async def test_pruning_the_future_keeps_the_present(store: Store, clock: FakeClock) -> None:
    """An instant that has not come yet means now."""
    await sync(store, {"": schools(1)})
    clock.move(DAY)
    await store.prune(datetime.fromtimestamp(clock.time() + 9 * DAY, UTC))
    assert len(await _as_of(store, datetime.fromtimestamp(clock.time(), UTC))) == 1


async def test_rows_of_a_plan_that_waits_stay_in_quarantine(store: Store, clock: FakeClock) -> None:
    """Whoever decides about a plan can still see what it refused."""
    async with store.run("test", [SCHOOLS]) as run:
        await run.quarantine("schools", [QuarantinedRow({"id": 9}, ["no"], (9,))])
        await run.plan()
    clock.move(DAY)
    await store.prune(datetime.fromtimestamp(clock.time(), UTC))
    assert len([row async for row in store.quarantined()]) == 1


async def test_row_that_went_and_comes_again(store: Store, db: DatabaseManager, clock: FakeClock) -> None:
    """A row of which no version is left is new when it comes again."""
    days = await _days(store, clock)
    await store.prune(days[2][1])
    plan = await sync(store, {"": schools(1, 2, 3, 4)})
    assert plan.entities["schools"].counts.new == 1
    assert [version.operation for version in await store.history("schools", 3)] == ["new"]
    assert await stored(db) == schools(1, 2, 3, 4)


def _note(rows: int, *, profile: bool = True) -> QualityNote:
    return QualityNote("schools", {"rows": rows}, profile={"rows": rows} if profile else None)


async def _judged_days(store: Store, clock: FakeClock, days: int) -> list[str]:
    """Sync once a day and note what was found; only the first day and every tenth one change anything."""
    runs = []
    for day in range(days):
        async with store.run("test", [SCHOOLS]) as run:
            await run.stage("schools", [school(1), school(2, members=day // 10)], complete=True)
            plan = await run.plan()
            await run.note_quality([_note(day)])
            await run.commit(plan)
        runs.append(run.id)
        clock.move(DAY)
    return runs


async def test_runs_that_nothing_refers_to_go_with_their_findings(
    store: Store, db: DatabaseManager, clock: FakeClock
) -> None:
    """Of old runs only those stay that made a version that stays; the last ten stay for the guard."""
    runs = await _judged_days(store, clock, 35)
    horizon = datetime.fromtimestamp(clock.time(), UTC)
    assert await store.prune(horizon, dry_run=True) == [Pruned("schools", 3, 0)]
    # the first run made row 1 as it is, the 31st row 2; those before the last ten that made neither go
    expected = PrunedRuns(runs=24, findings=34)
    assert await store.prune_runs(horizon, dry_run=True) == expected
    assert len(await store.runs(limit=100)) == 35
    await store.prune(horizon)
    assert await store.prune_runs(horizon) == expected
    assert [record.id for record in reversed(await store.runs(limit=100))] == [runs[0], *runs[25:]]
    assert [problem async for problem in store.examine()] == []
    assert await store.prune_runs(horizon) == PrunedRuns(0, 0)
    async with store.run("test", [SCHOOLS]) as run:
        assert (await run.earlier())["schools"] == [2] * 10
        assert (await run.expectations())[1] == {"schools": {"rows": 34}}
        await run.plan()


async def test_findings_that_the_next_run_is_compared_with_stay(store: Store, clock: FakeClock) -> None:
    """The profile of the last applied run stays, though later runs that were not applied have none or another."""
    await _judged_days(store, clock, 2)
    for ends_with_error in (True, False):
        with contextlib.suppress(InterruptedError):
            async with store.run("test", [SCHOOLS]) as run:
                await run.stage("schools", schools(1), complete=True)
                await run.plan()
                await run.note_quality([_note(9)])
                if ends_with_error:
                    raise InterruptedError
        clock.move(DAY)
    await store.reject(run.id)
    clock.move(DAY)
    await store.prune_runs(datetime.fromtimestamp(clock.time(), UTC))
    async with store.run("test", [SCHOOLS]) as run:
        assert (await run.expectations())[1] == {"schools": {"rows": 1}}
        await run.plan()


async def test_what_a_kept_row_or_plan_needs_stays(store: Store, db: DatabaseManager, clock: FakeClock) -> None:
    """A run whose plan waits, and one whose row is in quarantine still, keep their records."""
    await _judged_days(store, clock, 12)
    async with store.run("test", [SCHOOLS]) as waiting:
        await waiting.stage("schools", schools(7), partition="II")
        await waiting.plan()
    clock.move(DAY)
    horizon = datetime.fromtimestamp(clock.time(), UTC)
    await store.prune(horizon)
    await store.prune_runs(horizon)
    assert (await store.apply(waiting.id)).status is RunState.APPLIED
    assert [row["name"] for row in await stored(db)][-1] == "School 7"
    clock.move(DAY)
    plan = await sync(store, {"II": schools(7)}, quarantine=[QuarantinedRow({"id": 9}, ["no"], (9,))])
    await store.prune_runs(datetime.fromtimestamp(clock.time(), UTC))
    assert [row.run async for row in store.quarantined()] == [plan.id]
