"""A run that was interrupted is gone on with: what it has read is not asked for again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from fixtures.peaks import Peak, World, peaks
from headgate import pipeline
from headgate.config.extract import ExtractConfig
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, SyncReport
from headgate.store import DatabaseManager, HistoricalTracker, RunState


class Ranges(ExtractorPlugin):
    """Reads the ranges of an upstream one after the other, and may break before one of them."""

    name = "ranges"
    entities = (EntitySpec("peaks", Peak, key=("peak_id",)),)

    def __init__(self, upstream: dict[str, list[dict[str, Any]]], *, breaks_before: str = "") -> None:
        self.upstream = upstream
        self.breaks_before = breaks_before
        self.asked: list[str] = []

    async def records(self) -> AsyncIterator[Records]:
        """Yield every range as a part that can be taken over."""
        for name in self.upstream:
            async for batch in self.progress.resumable("peaks", name, self._read(name)):
                yield batch

    async def _read(self, name: str) -> AsyncIterator[Records]:
        if name == self.breaks_before:
            raise ConnectionAbortedError
        self.asked.append(name)
        rows = self.upstream[name]
        for start in range(0, len(rows), 2):
            yield Records("peaks", rows[start : start + 2], name)
        yield Records("peaks", [], name, complete=True)


UPSTREAM = {"A": peaks(1, 2, 3), "B": peaks(4, 5), "C": peaks(6)}


async def sync(world: World, source: ExtractorPlugin, **options: Any) -> SyncReport:
    """Sync a source."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor(source.name, source)
    return await pipeline.sync(source.name, config=world.config, plugins=plugins, **options)


async def interrupted(world: World, upstream: dict[str, list[dict[str, Any]]] = UPSTREAM, before: str = "C") -> None:
    """Leave a run that was interrupted before one range."""
    with pytest.raises(ConnectionAbortedError):
        await sync(world, Ranges(upstream, breaks_before=before))


async def kept(world: World) -> int:
    """Return how many parts are kept for another run."""
    async with DatabaseManager(world.config.database_url) as db, db.get_connection() as connection:
        table = "headgate_journal" if db.dialect == "sqlite" else "headgate.journal"
        return int((await connection.execute(sa.text(f"SELECT COUNT(*) FROM {table}"))).scalar_one())


async def test_finished_parts_are_not_asked_for_again(both: World) -> None:
    """The next run takes them over, asks for the rest, and comes to the same result; it says what it took over."""
    await interrupted(both)
    source = Ranges(UPSTREAM)
    report = await sync(both, source)
    assert source.asked == ["C"]
    assert [(part.entity, part.partition, part.rows) for part in report.resumed] == [
        ("peaks", "A", 3),
        ("peaks", "B", 2),
    ]
    funnel = report.entities["peaks"]
    assert (funnel.fetched, funnel.new) == (6, 6)
    assert set(await both.stored()) == {1, 2, 3, 4, 5, 6}
    assert await kept(both) == 0


async def test_part_that_was_not_read_to_its_end_is_asked_for_again(both: World) -> None:
    """Half a part is none: what was kept of it is dropped."""

    class Breaks(Ranges):
        async def _read(self, name: str) -> AsyncIterator[Records]:
            yield Records("peaks", peaks(7), name)
            raise ConnectionAbortedError

    Breaks.name = "ranges"
    with pytest.raises(ConnectionAbortedError):
        await sync(both, Breaks(UPSTREAM))
    source = Ranges(UPSTREAM)
    assert (await sync(both, source)).resumed == []
    assert source.asked == ["A", "B", "C"]
    assert 7 not in await both.stored()


async def test_run_may_be_interrupted_more_than_once(both: World) -> None:
    """Each run adds to what the ones before have read."""
    await interrupted(both, before="B")
    await interrupted(both, before="C")
    source = Ranges(UPSTREAM)
    report = await sync(both, source)
    assert source.asked == ["C"]
    assert len({part.run for part in report.resumed}) == 2


async def test_fresh_run_asks_for_everything(both: World) -> None:
    """With --fresh nothing is taken over, and what was kept is gone."""
    await interrupted(both)
    source = Ranges(UPSTREAM)
    assert (await sync(both, source, fresh=True)).resumed == []
    assert source.asked == ["A", "B", "C"]


@pytest.mark.parametrize("own", [False, True])
async def test_what_is_older_than_the_configured_age_is_not_taken_over(both: World, *, own: bool) -> None:
    """An age of zero keeps nothing at all; what was kept before is too old then."""
    await interrupted(both)
    age = {"sources": {"ranges": {"resume_max_age": 0}}} if own else {"resume_max_age": 0}
    both.config = both.config.model_copy(update={"extract": ExtractConfig.model_validate(age)})
    source = Ranges(UPSTREAM, breaks_before="C")
    with pytest.raises(ConnectionAbortedError):
        await sync(both, source)
    assert source.asked == ["A", "B"]
    assert await kept(both) == 0


async def test_age_counts_from_when_a_part_was_read(both: World) -> None:
    """A part that was read too long ago is asked for again, a younger one beside it is not."""
    await interrupted(both)
    async with DatabaseManager(both.config.database_url) as db, db.get_transaction() as connection:
        table = "headgate_journal" if db.dialect == "sqlite" else "headgate.journal"
        old: Any = datetime.now(UTC) - timedelta(hours=2)
        old = old.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if db.dialect == "sqlite" else old
        await connection.execute(sa.text(f"UPDATE {table} SET read_at = :old WHERE partition = 'A'"), {"old": old})
    source = Ranges(UPSTREAM)
    await sync(both, source)
    assert source.asked == ["A", "C"]


async def test_nothing_is_taken_over_once_another_run_was_applied(both: World) -> None:
    """What was read before the last commit is older than what is known."""
    await sync(both, Ranges({"A": peaks(1)}))
    await interrupted(both)
    async with both.store() as store:
        await HistoricalTracker(store).track_changes("peaks", None, {"peak_id": 9, "name": "Peak 9"})
    assert await kept(both) == 0
    source = Ranges(UPSTREAM)
    await sync(both, source)
    assert source.asked == ["A", "B", "C"]


async def test_other_upstream_is_not_taken_for_the_same(both: World) -> None:
    """What was read from another address is not gone on with."""

    class Addressed(Ranges):
        base_url = "http://one.invalid"

    with pytest.raises(ConnectionAbortedError):
        await sync(both, Addressed(UPSTREAM, breaks_before="C"))
    other = Addressed(UPSTREAM)
    other.base_url = "http://two.invalid"
    await sync(both, other)
    assert other.asked == ["A", "B", "C"]


async def test_row_that_moved_to_a_part_read_before_is_not_taken_for_deleted(both: World) -> None:
    """A row that was in no part when each of them was read is left to the next run; that one sees it where it is."""
    await sync(both, Ranges({"A": peaks(*range(10)), "B": peaks(10, 11)}))
    await interrupted(both, {"A": peaks(*range(10)), "B": peaks(10, 11)}, before="B")
    moved = {"A": peaks(*range(11)), "B": peaks(11)}
    report = await sync(both, Ranges(moved))
    assert (report.entities["peaks"].deleted, report.entities["peaks"].deletions_known) == (0, False)
    assert any("left to the next run" in warning for warning in report.warnings)
    assert 10 in await both.stored()
    again = await sync(both, Ranges(moved))
    assert (again.status, again.complete) == (RunStatus.UNCHANGED, True)


async def test_row_that_is_gone_from_a_part_read_before_is_deleted(both: World) -> None:
    """The parts of the earliest run prove that a row is gone, as they would have in that run."""
    await sync(both, Ranges({"A": peaks(*range(20)), "B": peaks(20)}))
    await interrupted(both, {"A": peaks(*range(19)), "B": peaks(20)}, before="B")
    report = await sync(both, Ranges({"A": peaks(*range(19)), "B": peaks(20)}))
    assert report.entities["peaks"].deleted == 1
    assert 19 not in await both.stored()


async def test_rows_that_json_cannot_hold_exactly_are_asked_for_again(both: World) -> None:
    """A part is kept only if what comes back is what went in."""
    upstream = {
        "A": [{"id": 1, "name": "Exact", "height": Decimal(3)}],
        "B": [{"id": 2, "name": float("nan")}],
        "C": [],
    }
    await interrupted(both, upstream)
    source = Ranges({"A": peaks(1), "B": peaks(2), "C": []})
    await sync(both, source)
    assert source.asked == ["A", "B", "C"]


async def test_broken_rows_are_judged_anew(both: World) -> None:
    """Quarantine and funnel of the run that goes on are those of a run that was never interrupted."""
    upstream = {"A": [*peaks(1, 2, 2), {"id": 3}, {"name": "Nameless"}], "C": [{"id": "x", "name": "y"}]}
    await interrupted(both, upstream)
    assert await both.quarantined() == []
    funnel = (await sync(both, Ranges(upstream))).entities["peaks"]
    assert (funnel.fetched, funnel.duplicates, funnel.quarantined, funnel.new) == (6, 1, 3, 2)
    assert len(await both.quarantined()) == 3


async def test_plan_goes_on_as_well_and_leaves_nothing_behind(both: World) -> None:
    """A plan takes over what a sync has read; once it is made there is nothing to go on with."""
    await interrupted(both)
    source = Ranges(UPSTREAM)
    plugins = PluginManager(discover=False)
    plugins.register_extractor("ranges", source)
    report = await pipeline.plan("ranges", config=both.config, plugins=plugins)
    assert (report.status, source.asked) == (RunStatus.PLANNED, ["C"])
    assert await kept(both) == 0
    async with both.store() as store:
        assert (await store.find_run(report.run)).status is RunState.PLANNED


async def test_part_has_one_name(both: World) -> None:
    """A batch of another partition among a part is a mistake of the source, and is said to be one."""

    class Confused(Ranges):
        async def _read(self, name: str) -> AsyncIterator[Records]:
            yield Records("peaks", peaks(7), name + "!")

    with pytest.raises(ConfigError, match="resumable"):
        await sync(both, Confused(UPSTREAM))
