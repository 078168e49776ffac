"""Plans that wait for a person: applied, approved, rejected, or refused because the world moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.peaks import World, listing, peaks
from headgate import pipeline
from headgate.config.guard import GuardConfig
from headgate.errors import ConfigError, DatabaseConfigError
from headgate.pipeline import RunStatus
from headgate.pipeline.run_report import describe_all
from headgate.store import RunState


async def test_plan_applies_nothing_and_apply_applies_it(both: World) -> None:
    """A plan says what would change; applied later it does exactly that, without asking the upstream again."""
    await both.sync(listing(*peaks(*range(1, 21))))
    plan = await both.plan(listing(*peaks(*range(2, 21)), *peaks(21, height=9)))
    assert (plan.status, plan.entities["peaks"].new, plan.entities["peaks"].deleted) == (RunStatus.PLANNED, 1, 1)
    assert set(await both.stored()) == set(range(1, 21))
    async with both.store() as store:
        report = await pipeline.apply(store, plan.run.rpartition("-")[2], by="ann")
    assert (report.status, report.decided_by, report.hash) == (RunState.APPLIED, "ann", plan.hash)
    assert [(change.operation, change.key) for change in report.changes] == [("deleted", (1,)), ("new", (21,))]
    assert both.source.asked == 1
    assert set(await both.stored()) == set(range(2, 22))


async def test_plan_is_refused_when_the_world_moved(both: World) -> None:
    """A plan that was made for another world is not applied, and the refusal says why."""
    await both.sync(listing(*peaks(1)))
    plan = await both.plan(listing(*peaks(1, 2)))
    await both.sync(listing(*peaks(1, 3)))
    async with both.store() as store:
        with pytest.raises(ConfigError) as refused:
            await pipeline.apply(store, plan.run)
    assert "world moved" in str(refused.value)
    assert set(await both.stored()) == {1, 3}


async def test_held_sync_is_approved_from_its_staged_plan(both: World) -> None:
    """An approval applies what was held, without asking the upstream again; apply alone refuses it."""
    await both.sync(listing(*peaks(*range(9))))
    held = await both.sync(listing(*peaks(*range(6))))
    assert held.status is RunStatus.HELD
    async with both.store() as store:
        with pytest.raises(ConfigError, match="is held"):
            await pipeline.apply(store, held.run)
        waiting = await pipeline.describe(store, held.run, changes=2)
        assert (waiting.status, len(waiting.changes), waiting.reasons) == (RunState.HELD, 2, held.reasons)
        approved = await pipeline.approve(store, held.run, by="ann")
    assert (approved.status, approved.decided_by) == (RunState.APPLIED, "ann")
    assert both.source.asked == 1
    assert set(await both.stored()) == set(range(6))


async def test_held_plan_is_rejected_with_a_reason(both: World) -> None:
    """A plan beyond the limits is held like a sync; rejected, it is gone, and the record says who and why."""
    await both.sync(listing(*peaks(*range(9))))
    held = await both.plan(listing(*peaks(*range(6))))
    assert held.status is RunStatus.HELD
    async with both.store() as store:
        report = await pipeline.reject(store, held.run, by="bob", reason="the upstream was sick")
        assert (report.status, report.decided_by, report.error) == (RunState.REJECTED, "bob", "the upstream was sick")
        with pytest.raises(ConfigError, match="is rejected"):
            await pipeline.approve(store, held.run)
    assert set(await both.stored()) == set(range(9))


async def test_rollback_is_planned_shown_and_can_itself_be_taken_back(both: World) -> None:
    """The compensating run waits like any plan, names what it takes back, and is a run like any other."""
    await both.sync(listing(*peaks(1, 2)))
    changed = await both.sync(listing(*peaks(1, height=1), *peaks(2, 3)))
    async with both.store() as store:
        undo = await pipeline.plan_rollback(store, changed.run, guard=GuardConfig(max_delete_share=1))
        assert (undo.status, undo.takes_back, undo.conflicts) == (RunState.PLANNED, changed.run, [])
        assert await both.stored() == {1: 1, 2: None, 3: None}
        await pipeline.apply(store, undo.run)
        assert await both.stored() == {1: None, 2: None}
        redo = await pipeline.plan_rollback(store, undo.run, guard=GuardConfig())
        await pipeline.apply(store, redo.run)
        assert [report.takes_back for report in await describe_all(store, await store.runs(limit=3))] == [
            undo.run,
            changed.run,
            None,
        ]
    assert await both.stored() == {1: 1, 2: None, 3: None}


async def test_rollback_beyond_the_limits_is_held(both: World) -> None:
    """Taking back the first run would delete everything: the guard wants a person."""
    first = await both.sync(listing(*peaks(1, 2)))
    async with both.store() as store:
        undo = await pipeline.plan_rollback(store, first.run, guard=GuardConfig())
    assert undo.status is RunState.HELD
    assert "2 of 2" in undo.reasons[0]


async def test_rollback_lists_conflicts(both: World) -> None:
    """A row that changed again is listed with what it is and what it would have become, and left alone."""
    await both.sync(listing(*peaks(1, 2)))
    bad = await both.sync(listing(*peaks(1, 2, height=1)))
    await both.sync(listing(*peaks(1, height=2), *peaks(2, height=1)))
    async with both.store() as store:
        undo = await pipeline.plan_rollback(store, bad.run, guard=GuardConfig())
        await pipeline.apply(store, undo.run)
    [conflict] = undo.conflicts
    assert (conflict.label, conflict.fields) == ("Peak 1", {"height": (2, None)})
    assert await both.stored() == {1: 2, 2: None}


async def test_reading_never_makes_a_database(tmp_path: Path) -> None:
    """A mistyped file is an error, and stays missing."""
    world = World(f"sqlite:///{tmp_path / 'nope.db'}")
    with pytest.raises(DatabaseConfigError, match="no database file"):
        async with world.store():
            pass
    assert not (tmp_path / "nope.db").exists()
