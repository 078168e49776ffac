"""Incremental sources: cursors that move with the commit, the overlap, and reading everything once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from fixtures.peaks import World
from headgate import pipeline
from headgate.config.extract import ExtractConfig
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.progress import Progress
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, SyncReport

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Peak(BaseModel):
    """A mountain that tells when it was changed."""

    peak_id: int
    height: int | None = None
    updated_at: datetime


class Changes(ExtractorPlugin):
    """Asks for what changed since the cursor, by range, as an API with ``updated_since`` answers."""

    name = "changes"
    entities = (EntitySpec("peaks", Peak, key=("peak_id",)),)

    def __init__(self, upstream: dict[str, list[dict[str, Any]]], breaks_before: str = "") -> None:
        self.upstream = upstream
        self.breaks_before = breaks_before
        self.asked: dict[str, datetime | None] = {}

    async def records(self) -> AsyncIterator[Records]:
        """Yield the changed rows of every range, and how far it was read."""
        for name, rows in self.upstream.items():
            if name == self.breaks_before:
                raise ConnectionAbortedError
            since = self.progress.updated_since("peaks", name)
            self.asked[name] = since
            found = [row for row in rows if since is None or row["updated_at"] >= since]
            newest = max((row["updated_at"] for row in found), default=None)
            yield Records("peaks", found, name, complete=since is None, cursor=newest)


def peak(number: int, minutes: float, height: int | None = None) -> dict[str, Any]:
    """Return a row that was changed some minutes after noon."""
    return {"peak_id": number, "height": height, "updated_at": NOON + timedelta(minutes=minutes)}


async def sync(world: World, source: ExtractorPlugin, **options: Any) -> SyncReport:
    """Sync a source."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor(source.name, source)
    return await pipeline.sync(source.name, config=world.config, plugins=plugins, **options)


async def test_only_what_changed_is_read_with_an_overlap(both: World) -> None:
    """The second run reads from the cursor less the overlap, and what comes again is unchanged, no duplicate."""
    await sync(both, Changes({"A": [peak(1, 0), peak(2, 58), peak(3, 60)]}))
    source = Changes({"A": [peak(1, 0), peak(2, 58), peak(3, 60), peak(4, 57), peak(1, 61, height=9)][1:]})
    report = await sync(both, source)
    assert source.asked == {"A": NOON + timedelta(minutes=55)}
    funnel = report.entities["peaks"]
    assert (funnel.fetched, funnel.unchanged, funnel.duplicates, funnel.new, funnel.updated) == (4, 2, 0, 1, 1)
    assert await both.stored() == {1: 9, 2: None, 3: None, 4: None}


async def test_every_partition_has_a_cursor_of_its_own(both: World) -> None:
    """A partition that brought nothing stays where it is."""
    await sync(both, Changes({"A": [peak(1, 0)], "B": [peak(2, 60)]}))
    await sync(both, Changes({"A": [], "B": [peak(2, 60), peak(3, 120)]}))
    source = Changes({"A": [], "B": []})
    await sync(both, source)
    assert source.asked == {"A": NOON - timedelta(minutes=5), "B": NOON + timedelta(minutes=115)}


async def test_overlap_is_a_setting_of_the_source(both: World) -> None:
    """How far a source looks back can be set for all and for one."""
    await sync(both, Changes({"A": [peak(1, 0)]}))
    settings = ExtractConfig.model_validate({"cursor_overlap": 1, "sources": {"changes": {"cursor_overlap": 60}}})
    both.config = both.config.model_copy(update={"extract": settings})
    source = Changes({"A": []})
    await sync(both, source)
    assert source.asked == {"A": NOON - timedelta(minutes=1)}


async def test_cursor_of_a_run_that_was_not_applied_does_not_move(both: World) -> None:
    """A run that breaks, or that is held or rejected, is as if it had read nothing; an approval moves the cursor."""
    await sync(both, Changes({"A": [peak(number, 0) for number in range(10)], "B": [peak(20, 0)]}))
    broken = Changes({"A": [peak(1, 30)], "B": []}, breaks_before="B")
    with pytest.raises(ConnectionAbortedError):
        await sync(both, broken)
    bad = [{"peak_id": number, "updated_at": "never"} for number in range(5)]
    source = _Broken({"A": [peak(1, 60)]}, bad)
    report = await sync(both, source)
    assert report.status is RunStatus.HELD
    assert source.asked == {"A": NOON - timedelta(minutes=5)}
    again = Changes({"A": []})
    await sync_asking(both, again, expected=NOON - timedelta(minutes=5))
    report = await sync(both, _Broken({"A": [peak(1, 60)]}, bad))
    async with both.store() as store:
        await pipeline.approve(store, report.run, by="ann")
    await sync_asking(both, Changes({"A": []}), expected=NOON + timedelta(minutes=55))


class _Broken(Changes):
    """Brings rows that are no rows among the good ones, so that the guard holds the run."""

    def __init__(self, upstream: dict[str, list[dict[str, Any]]], bad: list[dict[str, Any]]) -> None:
        super().__init__(upstream)
        self.bad = bad

    async def records(self) -> AsyncIterator[Records]:
        """Yield the good rows, then the others."""
        async for batch in super().records():
            yield batch
        yield Records("peaks", self.bad, "A")


async def sync_asking(world: World, source: Changes, *, expected: datetime) -> None:
    """Sync, and assert from when on the source was asked for changes."""
    await sync(world, source)
    assert source.asked == {"A": expected}


async def test_full_run_lets_no_cursor_count(both: World) -> None:
    """With --full everything is read, so that what is gone can be told; the cursor moves on from there."""
    await sync(both, Changes({"A": [peak(number, number) for number in range(20)]}))
    source = Changes({"A": [peak(number, number) for number in range(1, 20)]})
    assert (await sync(both, source)).entities["peaks"].deletions_known is False
    report = await sync(both, source, full=True)
    assert source.asked == {"A": None}
    assert report.entities["peaks"].deleted == 1
    assert 0 not in await both.stored()


async def test_page_token_is_given_back_as_it_was(both: World) -> None:
    """A cursor may be anything that JSON can hold; it is no time then, and says so where one is wanted."""

    class Tokens(ExtractorPlugin):
        name = "tokens"
        entities = (EntitySpec("peaks", Peak, key=("peak_id",)),)
        seen: list[Any] = []  # noqa: RUF012 - one source

        async def records(self) -> AsyncIterator[Records]:
            token = self.progress.cursor("peaks")
            self.seen.append(token)
            yield Records("peaks", [peak(len(self.seen), 0)], cursor={"after": len(self.seen), "page": "a=="})

    for _ in range(3):
        await sync(both, Tokens())
    assert Tokens.seen == [None, {"after": 1, "page": "a=="}, {"after": 2, "page": "a=="}]
    assert set(await both.stored()) == {1, 2, 3}
    with pytest.raises(ConfigError, match="which is no time"):
        Progress({("peaks", ""): {"after": 1}}).updated_since("peaks")


async def test_cursor_that_json_cannot_hold_is_a_clear_error(both: World) -> None:
    """The source is told what a cursor may be; nothing was applied."""

    class Odd(Changes):
        async def records(self) -> AsyncIterator[Records]:
            yield Records("peaks", [peak(1, 0)], cursor=object())

    with pytest.raises(ConfigError, match="of the type object"):
        await sync(both, Odd({}))


def test_outside_of_a_run_there_is_nothing_to_take_over() -> None:
    """An extractor that is used alone reads everything."""
    assert Progress().cursor("peaks") is None
    assert Progress().updated_since("peaks") is None
    assert not Progress().is_read("peaks", "A")
    since = Progress({("peaks", "A"): "2026-03-01T12:00:00"}, overlap=60).updated_since("peaks", "A")
    assert since == NOON - timedelta(minutes=1)
