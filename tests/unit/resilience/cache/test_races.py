"""Changes that come while a slow second level is still answering an older question."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fixtures.fickle_level import FickleLevel
from headgate.config.policies import CacheConfig
from headgate.resilience.cache import Entry, Fetched, MultiLevelCache, Origin
from headgate.resilience.cache.guarded import GuardedLevel
from headgate.testing.clock import FakeClock, settle


class Slow:
    """A cache in front of a level that answers when the test lets it."""

    def __init__(self, **settings: Any) -> None:
        self.clock, self.level = FakeClock(), FickleLevel()
        config = CacheConfig(**{"memory_ttl": 10, "redis_ttl": 100, "ttl_jitter": 0, **settings})
        self.cache = MultiLevelCache(config, redis_client=object(), clock=self.clock)
        guarded = GuardedLevel(self.level, clock=self.clock, metrics=self.cache._metrics, timeout=None)
        self.cache._levels._second = guarded

    def hold(self) -> None:
        """Let nobody get an answer from now on."""
        self.level.gate = asyncio.Event()

    def release(self) -> None:
        """Answer."""
        assert self.level.gate is not None
        self.level.gate.set()

    async def change(self, how: str) -> asyncio.Task[Any]:
        """Set or delete the key while the level is held."""
        call = self.cache.set("k", "new") if how == "set" else self.cache.delete("k")
        task = asyncio.create_task(call)
        await settle()
        return task


async def _load(_stale: Entry | None) -> Fetched:
    return Fetched("loaded")


@pytest.mark.parametrize("how", ["set", "delete"])
@pytest.mark.parametrize("asking", ["get", "get_or_load"])
async def test_an_old_answer_does_not_undo_a_change(how: str, asking: str) -> None:
    """What the level answered before a change is given to who asked, and is not put into memory over the change."""
    slow = Slow()
    await slow.cache.set("k", "old")
    slow.clock.move(11)
    slow.hold()
    call = slow.cache.get("k") if asking == "get" else slow.cache.get_or_load("k", _load)
    asked = asyncio.create_task(call)
    await settle()
    # the level answers in the order it was asked: first the old value, then the change
    change = await slow.change(how)
    slow.release()
    await asyncio.gather(asked, change)
    entry = slow.cache.peek("k")
    assert entry is None if how == "delete" else entry is not None and entry.value == "new"


async def test_one_who_accepts_less_looks_again() -> None:
    """Who joins a look-up with a tighter bound is not given its too old result."""
    slow = Slow()
    await slow.cache.set("k", "old")
    slow.clock.move(50)
    slow.hold()
    easy = asyncio.create_task(slow.cache.get_or_load("k", _load))
    await settle()
    strict = asyncio.create_task(slow.cache.get_or_load("k", _load, max_age=20))
    await settle()
    slow.release()
    first, second = await asyncio.gather(easy, strict)
    assert (first.entry.value, first.origin) == ("old", Origin.SECOND_LEVEL)
    assert (second.entry.value, second.origin) == ("loaded", Origin.UPSTREAM)


async def test_one_who_accepts_less_is_not_comforted() -> None:
    """Who joins a fetch that fails is not given the stale entry that covers it, if it is older than they allow."""
    slow = Slow(stale_if_error=1000)
    gate = asyncio.Event()

    async def fail(_stale: Entry | None) -> Fetched:
        await gate.wait()
        raise ConnectionResetError

    await slow.cache.set("k", "old")
    slow.clock.move(120)
    easy = asyncio.create_task(slow.cache.get_or_load("k", fail))
    await settle()
    strict = asyncio.create_task(slow.cache.get_or_load("k", fail, max_age=20))
    await settle()
    gate.set()
    assert (await easy).origin is Origin.STALE
    with pytest.raises(ConnectionResetError):
        await strict


async def test_no_renewal_of_what_was_deleted() -> None:
    """A stale entry found by a look-up that a deletion overtook is answered once, and not renewed."""
    slow = Slow(stale_while_revalidate=50)
    asked: list[Entry | None] = []

    async def load(stale: Entry | None) -> Fetched:
        asked.append(stale)
        return Fetched("renewed")

    await slow.cache.set("k", "old")
    slow.clock.move(120)
    slow.hold()
    look = asyncio.create_task(slow.cache.get_or_load("k", load))
    await settle()
    slow.cache._flights.forget("k")
    slow.release()
    assert (await look).origin is Origin.STALE
    await settle()
    assert asked == []


async def test_the_memory_forgets_what_the_level_has_not() -> None:
    """What the level says is gone is not brought back from memory when the level dies later."""
    slow = Slow(stale_if_error=1000)
    await slow.cache.get_or_load("k", _load)
    slow.level.records.clear()
    slow.clock.move(200)
    assert await slow.cache.get("k") is None
    slow.level.broken = OSError()

    async def fail(_stale: Entry | None) -> Fetched:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await slow.cache.get_or_load("k", fail)
