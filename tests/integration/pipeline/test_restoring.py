"""One row, as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.peaks import World, listing, peaks
from headgate import pipeline
from headgate.config.guard import GuardConfig, GuardLimits
from headgate.errors import ConfigError, HeldError
from headgate.pipeline import plan_restore, preview_restore, restore
from headgate.store import RunState


async def _moments(world: World, number: int) -> list[datetime]:
    async with world.store() as store:
        return [version.valid_from for version in await store.history("peaks", number)]


async def test_row_is_previewed_and_restored(both: World) -> None:
    """The preview tells the change and writes nothing; the restoration does what the preview said."""
    await both.sync(listing(*peaks(1, 2)))
    await both.sync(listing(*peaks(1, height=1), *peaks(2)))
    [first, _] = await _moments(both, 1)
    async with both.store() as store:
        preview = await preview_restore(store, "peaks", (1,), first)
        assert preview is not None
        assert (preview.operation, preview.fields) == ("updated", {"height": (1, None)})
        assert (await both.stored())[1] == 1
        assert await restore(store, "peaks", (1,), first) == preview
        assert await restore(store, "peaks", (1,), first) is None
    assert await both.stored() == {1: None, 2: None}


async def test_deleted_row_comes_back(both: World) -> None:
    """A row that is gone is restored whole, and can be made gone again as of when it was."""
    await both.sync(listing(*peaks(*range(20))))
    await both.sync(listing(*peaks(*range(1, 20))))
    [first, gone] = await _moments(both, 0)
    async with both.store() as store:
        back = await restore(store, "peaks", (0,), first)
        assert back is not None
        assert (back.operation, back.label) == ("new", "Peak 0")
        again = await restore(store, "peaks", (0,), gone)
        assert again is not None
        assert again.operation == "deleted"
    assert 0 not in await both.stored()


async def test_restoring_is_judged_by_the_guard(both: World) -> None:
    """To restore that a row was gone would delete a third of what is known: that waits for a person."""
    await both.sync(listing(*peaks(0, 1, 2)))
    generous = GuardConfig(entities={"peaks": GuardLimits(max_delete_share=0.5, max_drop_share=0.5)})
    both.config = both.config.model_copy(update={"guard": generous})
    await both.sync(listing(*peaks(1, 2)))
    await both.sync(listing(*peaks(0, 1, 2)))
    [_, gone, _] = await _moments(both, 0)
    async with both.store() as store:
        with pytest.raises(HeldError, match="1 of 3") as held:
            await restore(store, "peaks", (0,), gone)
        assert 0 in await both.stored()
        [waiting] = await store.runs(limit=1)
        assert waiting.status is RunState.HELD
        assert waiting.id in str(held.value.hint)
        await pipeline.approve(store, waiting.id, by="ann")
        assert 0 not in await both.stored()
        planned = await plan_restore(store, "peaks", (1,), gone, guard=generous)
        assert planned is None


async def test_restoring_within_the_limits_waits_for_its_word(both: World) -> None:
    """A plan to restore applies nothing; applied, it says by whom, and can be taken back like any run."""
    await both.sync(listing(*peaks(1, 2)))
    await both.sync(listing(*peaks(1, height=1), *peaks(2)))
    [first, _] = await _moments(both, 1)
    async with both.store() as store:
        planned = await plan_restore(store, "peaks", (1,), first, guard=both.config.guard)
        assert planned is not None
        assert (planned.status, (await both.stored())[1]) == (RunState.PLANNED, 1)
        done = await pipeline.apply(store, planned.run, by="ann")
        assert (done.decided_by, (await both.stored())[1]) == ("ann", None)
        undo = await pipeline.plan_rollback(store, planned.run, guard=both.config.guard)
        await pipeline.apply(store, undo.run)
    assert (await both.stored())[1] == 1


async def test_unknown_is_not_none(both: World) -> None:
    """Of the time before its first version nothing is known of a row: restoring to it would delete it."""
    await both.sync(listing(*peaks(1)))
    async with both.store() as store:
        for key, moment in (((1,), datetime.now(UTC) - timedelta(days=1)), ((2,), datetime.now(UTC))):
            with pytest.raises(ConfigError, match="Nothing is known"):
                await restore(store, "peaks", key, moment)
    assert set(await both.stored()) == {1}
