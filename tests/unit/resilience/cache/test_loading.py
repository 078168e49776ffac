"""Entries that are loaded: one fetch, stale entries, renewal, negative answers, modes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate.config.policies import CacheConfig
from headgate.errors import BugError, NotRecordedError, RequestRejectedError, RetryLaterError
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import Entry, Fetched, MultiLevelCache, NotModified, Origin
from headgate.resilience.cache.freshness import RENEWAL_SECONDS
from headgate.testing.clock import FakeClock, settle

Answer = Fetched | NotModified | Exception


class Upstream:
    """A loader that answers what it is told, notes what it was offered, and can be held up."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.offered: list[Entry | None] = []
        self.cancelled = 0
        self.gate: asyncio.Event | None = None

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.offered)

    async def __call__(self, stale: Entry | None) -> Fetched | NotModified:
        """Give the next answer; the last one again and again."""
        self.offered.append(stale)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer


class Scene:
    """A cache on a fake clock, in one of two shapes."""

    def __init__(self, path: Path | None, **settings: Any) -> None:
        level = {"second_level": "none"} if path is None else {"path": path / "cache.db"}
        ttl = {"memory_ttl": 10, "redis_ttl": 10, "ttl_jitter": 0}
        self.clock, self.metrics = FakeClock(), ExtractionMetrics()
        self.cache = MultiLevelCache(
            CacheConfig(**{**level, **ttl, **settings}), clock=self.clock, metrics=self.metrics
        )

    async def look(self, load: Upstream, max_age: float | None = None) -> tuple[Any, Origin]:
        """Look up the one key."""
        found = await self.cache.get_or_load("k", load, max_age=max_age)
        return found.entry.value, found.origin


@pytest.fixture(params=["memory", "disk"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Scene]:
    """Make a scene, with memory alone or with a file behind it."""
    return lambda **settings: Scene(tmp_path if request.param == "disk" else None, **settings)


MakeScene = Callable[..., Scene]


@pytest.mark.parametrize("value", [None, 0, [], "", b""])
async def test_loaded_once(scene: MakeScene, value: Any) -> None:
    """A value, an empty one too, is loaded once and then found."""
    stage, load = scene(), Upstream(Fetched(value, {"status": 200}))
    assert await stage.look(load) == (value, Origin.UPSTREAM)
    assert await stage.look(load) == (value, Origin.MEMORY)
    assert load.calls == 1
    entry = stage.cache.peek("k")
    assert entry
    assert entry.meta["status"] == 200
    await stage.cache.close()


async def test_one_fetch_however_many_wait(scene: MakeScene) -> None:
    """Fifty look-ups at the same time cause one fetch; each gets a value of its own and is counted."""
    stage, load = scene(), Upstream(Fetched([1]))
    load.gate = asyncio.Event()
    looks = [asyncio.create_task(stage.look(load)) for _ in range(50)]
    await stage.clock.advance(0)
    load.gate.set()
    found = await asyncio.gather(*looks)
    assert load.calls == 1
    assert [origin for _, origin in found].count(Origin.COALESCED) == 49
    assert len({id(value) for value, _ in found}) == 50
    assert (stage.metrics.cache_misses, stage.metrics.coalesced_requests) == (1, 49)
    await stage.cache.close()


async def test_cancelled_leader_and_follower(scene: MakeScene) -> None:
    """Cancelling who asked first, or who joined, leaves the one fetch to the others; cancelling all ends it."""
    stage, load = scene(), Upstream(Fetched("v"))
    load.gate = asyncio.Event()
    leader, follower, last = (asyncio.create_task(stage.look(load)) for _ in range(3))
    while not load.calls:
        await asyncio.sleep(0.001)
    leader.cancel()
    follower.cancel()
    await settle()
    load.gate.set()
    assert await last == ("v", Origin.COALESCED)
    assert (load.calls, load.cancelled) == (1, 0)

    stage.clock.move(11)
    load.gate.clear()
    alone = asyncio.create_task(stage.look(load))
    while load.calls < 2:
        await asyncio.sleep(0.001)
    alone.cancel()
    await settle()
    assert load.cancelled == 1
    await stage.cache.close()


async def test_error_reaches_all_and_is_not_kept(scene: MakeScene) -> None:
    """Everyone who waits gets the error; the next look-up asks again."""
    stage, load = scene(), Upstream(RetryLaterError("down", retry_after=3), Fetched(1))
    load.gate = asyncio.Event()
    looks = [asyncio.create_task(stage.look(load)) for _ in range(3)]
    while not load.calls:
        await asyncio.sleep(0.001)
    load.gate.set()
    errors = await asyncio.gather(*looks, return_exceptions=True)
    assert [getattr(error, "retry_after", None) for error in errors] == [3, 3, 3]
    assert await stage.look(load) == (1, Origin.UPSTREAM)
    await stage.cache.close()


async def test_stale_while_revalidate(scene: MakeScene) -> None:
    """A stale entry is answered at once while one renewal runs in the background, held though nobody waits."""
    stage, load = scene(stale_while_revalidate=20), Upstream(Fetched("old"), Fetched("new"))
    await stage.look(load)
    stage.clock.move(15)
    load.gate = asyncio.Event()
    for _ in range(5):
        assert await stage.look(load) == ("old", Origin.STALE)
        gc.collect()
    await settle()
    assert load.calls == 2
    load.gate.set()
    await settle()
    assert await stage.look(load) == ("new", Origin.MEMORY)
    assert (stage.metrics.stale_served, stage.metrics.cache_hits, stage.metrics.cache_misses) == (5, 6, 1)
    await stage.cache.close()


async def test_a_failed_renewal_is_counted_and_tried_again(scene: MakeScene) -> None:
    """A renewal that fails disturbs nobody, is counted, and the next look-up starts another."""
    stage = scene(stale_while_revalidate=20)
    load = Upstream(Fetched("old"), RuntimeError("down"), Fetched("new"))
    await stage.look(load)
    stage.clock.move(15)
    assert await stage.look(load) == ("old", Origin.STALE)
    await settle()
    assert stage.metrics.failed_renewals == 1
    assert await stage.look(load) == ("old", Origin.STALE)
    await settle()
    assert await stage.look(load) == ("new", Origin.MEMORY)
    await stage.cache.close()


async def test_too_stale_to_serve(scene: MakeScene) -> None:
    """Beyond the window a look-up waits for the upstream."""
    stage, load = scene(stale_while_revalidate=20), Upstream(Fetched("old"), Fetched("new"))
    await stage.look(load)
    stage.clock.move(30)
    assert await stage.look(load) == ("new", Origin.UPSTREAM)
    await stage.cache.close()


async def test_closing_ends_background_work(scene: MakeScene) -> None:
    """Closing cancels a renewal that hangs and leaves no task behind."""
    stage, load = scene(stale_while_revalidate=20), Upstream(Fetched("old"))
    await stage.look(load)
    stage.clock.move(15)
    load.gate = asyncio.Event()
    await stage.look(load)
    await settle()
    await stage.cache.close()
    assert load.cancelled == 1
    assert len(asyncio.all_tasks()) == 1


async def test_stale_if_error(scene: MakeScene) -> None:
    """When the upstream fails the stale entry is answered, as often as asked, until its window is over."""
    stage, load = scene(stale_if_error=50), Upstream(Fetched("old"), RetryLaterError("down"))
    await stage.look(load)
    stage.clock.move(40)
    assert await stage.look(load) == ("old", Origin.STALE)
    assert await stage.look(load) == ("old", Origin.STALE)
    assert load.calls == 3
    stage.clock.move(20)
    with pytest.raises(RetryLaterError):
        await stage.look(load)
    await stage.cache.close()


async def test_a_refusal_is_not_hidden(scene: MakeScene) -> None:
    """A 4xx is an answer about the request: the stale entry does not hide it."""
    stage = scene(stale_if_error=50)
    load = Upstream(Fetched("old"), RequestRejectedError("gone", url="http://a", status=403))
    await stage.look(load)
    stage.clock.move(15)
    with pytest.raises(RequestRejectedError):
        await stage.look(load)
    await stage.cache.close()


async def test_a_304_renews_in_every_level(scene: MakeScene, tmp_path: Path) -> None:
    """An expired entry is offered to the loader; "not modified" makes it fresh again, everywhere, with new facts."""
    stage = scene()
    load = Upstream(Fetched("v", {"etag": "1", "date": "a"}, renewable=True), NotModified({"date": "b"}))
    await stage.look(load)
    stage.clock.move(3600)
    assert await stage.look(load) == ("v", Origin.REVALIDATED)
    offered = load.offered[1]
    assert offered
    assert (offered.value, offered.meta["etag"]) == ("v", "1")
    entry = stage.cache.peek("k")
    assert entry
    assert dict(entry.meta) == {"etag": "1", "date": "b"}
    assert entry.stored_at == stage.clock.time()
    assert stage.metrics.revalidations == 1
    stage.clock.move(9)
    assert await stage.look(load) == ("v", Origin.MEMORY)
    await stage.cache.close()
    if list(tmp_path.iterdir()):
        again = Scene(tmp_path)
        again.clock.set_time(stage.clock.time())
        assert await again.look(load) == ("v", Origin.SECOND_LEVEL)
        await again.cache.close()


async def test_a_failure_does_not_destroy_what_can_be_renewed(scene: MakeScene) -> None:
    """A 5xx between two renewals leaves the expired entry where it is."""
    stage = scene()
    load = Upstream(Fetched("v", renewable=True), RetryLaterError("503"), NotModified())
    await stage.look(load)
    stage.clock.move(100)
    with pytest.raises(RetryLaterError):
        await stage.look(load)
    assert await stage.look(load) == ("v", Origin.REVALIDATED)
    await stage.cache.close()


async def test_kept_for_renewal_only_if_renewable(scene: MakeScene) -> None:
    """Without validators nothing expired is offered; with them, until the entry is too old."""
    stage, load = scene(), Upstream(Fetched("v"))
    await stage.look(load)
    stage.clock.move(11)
    await stage.look(load)
    assert load.offered == [None, None]
    stage.clock.move(11)
    load.answers = [Fetched("w", renewable=True)]
    await stage.look(load)
    stage.clock.move(RENEWAL_SECONDS + 11)
    await stage.look(load)
    assert load.offered[3] is None
    await stage.cache.close()


async def test_not_modified_without_an_offer_is_a_bug() -> None:
    """A loader that was offered nothing cannot say that nothing changed."""
    with pytest.raises(BugError):
        await Scene(None).look(Upstream(NotModified()))
    with pytest.raises(BugError):
        await Scene(None, enabled=False).look(Upstream(NotModified()))


async def test_max_age(scene: MakeScene) -> None:
    """An entry that is fresh and older than the caller accepts is asked for again, and offered."""
    stage, load = scene(), Upstream(Fetched("v"))
    await stage.look(load)
    stage.clock.move(5)
    assert await stage.look(load, max_age=5) == ("v", Origin.MEMORY)
    assert await stage.look(load, max_age=4) == ("v", Origin.UPSTREAM)
    assert load.offered[1] is not None
    assert await stage.look(load, max_age=0) == ("v", Origin.MEMORY)
    await stage.cache.close()


async def test_max_age_and_stale_entries(scene: MakeScene) -> None:
    """Who sets a bound is not served what is stale while a renewal runs: they wait for it."""
    stage, load = scene(stale_while_revalidate=20), Upstream(Fetched("old"), Fetched("new"))
    await stage.look(load)
    stage.clock.move(15)
    load.gate = asyncio.Event()
    assert await stage.look(load) == ("old", Origin.STALE)
    bounded = asyncio.create_task(stage.look(load, max_age=5))
    await settle()
    load.gate.set()
    assert await bounded == ("new", Origin.COALESCED)
    assert load.calls == 2
    await stage.cache.close()


async def test_negative_answers(scene: MakeScene) -> None:
    """That there is nothing is remembered for ``negative_ttl``, and not at all when that is 0."""
    stage, load = scene(negative_ttl=3), Upstream(Fetched(None, {"status": 404}, negative=True))
    await stage.look(load)
    assert await stage.look(load) == (None, Origin.MEMORY)
    stage.clock.move(3)
    assert await stage.look(load) == (None, Origin.UPSTREAM)
    await stage.cache.close()

    off, load = scene(negative_ttl=0), Upstream(Fetched(None, negative=True))
    await off.cache.clear()
    await off.look(load)
    await off.look(load)
    assert load.calls == 2
    await off.cache.close()


async def test_answers_that_must_not_be_kept(scene: MakeScene) -> None:
    """``store=False`` hands the value to all who wait and keeps nothing."""
    stage, load = scene(), Upstream(Fetched("v", store=False))
    load.gate = asyncio.Event()
    looks = [asyncio.create_task(stage.look(load)) for _ in range(3)]
    while not load.calls:
        await asyncio.sleep(0.001)
    load.gate.set()
    assert {value for value, _ in await asyncio.gather(*looks)} == {"v"}
    assert stage.cache.peek("k") is None
    await stage.look(load)
    assert load.calls == 2
    await stage.cache.close()


@pytest.mark.parametrize("change", ["set", "delete", "clear"])
async def test_a_change_during_a_fetch_wins(scene: MakeScene, change: str) -> None:
    """What is set or deleted while an older fetch is under way is not overwritten by it."""
    stage, load = scene(), Upstream(Fetched("fetched before"))
    load.gate = asyncio.Event()
    look = asyncio.create_task(stage.look(load))
    while not load.calls:
        await asyncio.sleep(0.001)
    if change == "set":
        await stage.cache.set("k", "newer")
    elif change == "delete":
        await stage.cache.delete("k")
    else:
        await stage.cache.clear()
    load.gate.set()
    assert await look == ("fetched before", Origin.UPSTREAM)
    assert await stage.cache.get("k") == ("newer" if change == "set" else None)
    await stage.cache.close()


async def test_offline(scene: MakeScene) -> None:
    """Offline, what is there is answered and what is not is a clear error; the upstream is never asked."""
    recording = scene(mode="record")
    load = Upstream(Fetched("v"), Fetched("w"))
    assert await recording.look(load) == ("v", Origin.UPSTREAM)
    assert await recording.look(load) == ("w", Origin.UPSTREAM)
    assert load.offered == [None, None]
    await recording.cache.close()

    offline = scene(mode="offline")
    with pytest.raises(NotRecordedError, match="offline"):
        await offline.cache.get_or_load("other", load)
    if offline.cache._config.second_level == "auto":
        offline.clock.set_time(recording.clock.time() + 1e8)
        assert await offline.look(load, max_age=0) == ("w", Origin.SECOND_LEVEL)
        assert await offline.look(load) == ("w", Origin.MEMORY)
    assert load.calls == 2
    await offline.cache.close()


async def test_replay(scene: MakeScene) -> None:
    """Replaying asks once for what is missing and keeps it for as long as the recording lives."""
    stage, load = scene(mode="replay"), Upstream(Fetched("v"))
    assert await stage.look(load) == ("v", Origin.UPSTREAM)
    stage.clock.move(1e8)
    assert await stage.look(load, max_age=1) == ("v", Origin.MEMORY)
    assert load.calls == 1
    await stage.cache.close()


async def test_turned_off() -> None:
    """With the cache off every look-up asks."""
    stage, load = Scene(None, enabled=False), Upstream(Fetched("v"))
    for _ in range(3):
        assert await stage.look(load) == ("v", Origin.UPSTREAM)
    assert load.calls == 3


async def test_clocks_that_jump(scene: MakeScene) -> None:
    """A wall clock set far back or ahead neither keeps an entry for ever nor raises."""
    stage, load = scene(), Upstream(Fetched("v"))
    await stage.look(load)
    stage.clock.set_time(stage.clock.time() - 1e7)
    stage.clock.move(11)
    await stage.look(load)
    stage.clock.set_time(stage.clock.time() + 2e7)
    stage.clock.move(11)
    await stage.look(load)
    assert load.calls >= 2
    await stage.cache.close()
