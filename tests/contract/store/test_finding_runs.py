"""Runs are found by what a person types of their ids."""

from __future__ import annotations

import pytest

from fixtures.stores import schools, sync
from headgate.errors import ConfigError
from headgate.store import Store
from headgate.testing.clock import FakeClock


async def test_run_is_found_by_a_part_of_its_id(store: Store, clock: FakeClock) -> None:
    """The whole id, a beginning of it, or its last part, as long as it means one run."""
    first = await sync(store, {"": schools(1)})
    clock.move(86_400)
    second = await sync(store, {"": schools(1, 2)})
    for word in (second.id, second.id[:8], second.id.rpartition("-")[2], second.id.upper()):
        assert (await store.find_run(word)).id == second.id
    assert list((await store.run_ids([(await store.find_run(first.id)).seq])).values()) == [first.id]


async def test_part_that_means_several_runs(store: Store) -> None:
    """What several runs share names none of them; the message shows them."""
    plans = [await sync(store, {"": schools(number)}) for number in range(7)]
    with pytest.raises(ConfigError, match="More than one run") as ambiguous:
        await store.find_run(plans[0].id[:8])
    assert plans[6].id in (ambiguous.value.hint or "")
    assert "..." in (ambiguous.value.hint or "")


@pytest.mark.parametrize("word", ["", "%", "nonsense"])
async def test_unknown_run(store: Store, word: str) -> None:
    """What is no id finds nothing, and a pattern is no pattern."""
    await sync(store, {"": schools(1)})
    with pytest.raises(ConfigError, match=f"knows no run '{word}'"):
        await store.find_run(word)


async def test_unknown_run_suggests_the_nearest(store: Store) -> None:
    """A mistyped id leads to the run that was meant."""
    plan = await sync(store, {"": schools(1)})
    with pytest.raises(ConfigError) as unknown:
        await store.find_run(plan.id[:-1] + "!")
    assert f"Did you mean '{plan.id}'?" in (unknown.value.hint or "")


async def test_rejection_keeps_its_reason(store: Store) -> None:
    """Why a plan was dropped stands with the run."""
    plan = await sync(store, {"": schools(1)})
    async with store.run("test", []) as run:
        await run.plan()
    record = await store.reject(run.id, by="ann", reason="not today")
    assert (record.decided_by, record.error) == ("ann", "not today")
    assert (await store.find_run(plan.id)).error is None
