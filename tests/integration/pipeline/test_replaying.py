"""Rows in quarantine, judged again by a mended model."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, field_validator

from fixtures.peaks import Peak, World, listing, peaks
from headgate.errors import ConfigError, UnknownSourceError
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, replay


class Mended(BaseModel):
    """Understands heights such as ``"8,848 m"``, which the model before refused."""

    peak_id: int = Field(validation_alias="id")
    name: str
    height: int | None = None

    @field_validator("height", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return value.replace(",", "").removesuffix(" m") if isinstance(value, str) else value


GOOD = peaks(*range(1, 21))
ODD = {"id": 50, "name": "Peak 50", "height": "8,848 m"}


async def test_rows_that_pass_now_are_applied_and_leave(both: World) -> None:
    """The model is mended, the upstream is not asked, and the row is there."""
    await both.sync(listing(*GOOD, ODD))
    assert 50 not in await both.stored()
    report = await both.replay(Mended)
    assert (report.replayed, report.refused, report.skipped) == (1, [], [])
    assert report.run.status is RunStatus.APPLIED
    assert (await both.stored())[50] == 8848
    assert await both.quarantined() == []
    assert both.source.asked == 0
    assert report.as_dict()["replayed"] == 1


async def test_rows_that_fail_again_stay(both: World) -> None:
    """A model that was not mended refuses them as before, and nothing is written."""
    await both.sync(listing(*GOOD, ODD))
    before = await both.quarantined()
    report = await both.replay(Peak)
    [left] = report.refused
    assert (report.replayed, left.id, left.key, left.entity) == (0, before[0], (50,), "peaks")
    assert "height" in left.reasons[0]
    assert await both.quarantined() == before


async def test_what_a_later_run_saw_is_newer(both: World) -> None:
    """A row that a later complete listing no longer brought is not dug out again."""
    await both.sync(listing(*GOOD, ODD))
    await both.sync(listing(*GOOD))
    report = await both.replay(Mended)
    [left] = report.skipped
    assert (report.replayed, report.run.status) == (0, RunStatus.UNCHANGED)
    assert "listed 'peaks' again since" in left.reasons[0]
    assert 50 not in await both.stored()


async def test_older_states_of_a_row_leave_with_the_newest(both: World) -> None:
    """Refused in every run, a row is there many times: the newest counts, and all of them go."""
    await both.sync(listing(*GOOD, ODD))
    await both.sync(listing(*GOOD, {**ODD, "height": "8,849 m"}))
    assert len(await both.quarantined()) == 2
    report = await both.replay(Mended)
    assert (report.replayed, report.skipped) == (1, [])
    assert (await both.stored())[50] == 8849
    assert await both.quarantined() == []


async def test_rows_of_a_run_that_was_not_applied_wait_with_it(both: World) -> None:
    """What a held run refused is left alone until somebody decided about the run."""
    await both.sync(listing(*GOOD))
    held = await both.sync(listing(*GOOD[:6], ODD))
    assert held.status is RunStatus.HELD
    report = await both.replay(Mended)
    assert "was not applied" in report.skipped[0].reasons[0]
    assert 50 not in await both.stored()


async def test_only_some_rows(both: World) -> None:
    """Numbers choose rows; one that is not there is an error, and nothing is written."""
    await both.sync(listing(*GOOD, ODD, {**ODD, "id": 51}))
    first, second = await both.quarantined()
    assert (await both.replay(Mended, ids=[first])).replayed == 1
    assert await both.quarantined() == [second]
    with pytest.raises(ConfigError, match=f"Row {first} is not in the quarantine"):
        await both.replay(Mended, ids=[first, second])
    assert await both.quarantined() == [second]


async def test_unknown_source(both: World) -> None:
    """A source that does not exist is an error before anything is opened."""
    with pytest.raises(UnknownSourceError):
        await replay("peeks", config=both.config, plugins=PluginManager(discover=False))
