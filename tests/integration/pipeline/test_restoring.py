"""One row, as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.peaks import World, listing, peaks
from headgate.errors import ConfigError
from headgate.pipeline import preview_restore, restore


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


async def test_unknown_is_not_none(both: World) -> None:
    """Of the time before its first version nothing is known of a row: restoring to it would delete it."""
    await both.sync(listing(*peaks(1)))
    async with both.store() as store:
        for key, moment in (((1,), datetime.now(UTC) - timedelta(days=1)), ((2,), datetime.now(UTC))):
            with pytest.raises(ConfigError, match="Nothing is known"):
                await restore(store, "peaks", key, moment)
    assert set(await both.stored()) == {1}
