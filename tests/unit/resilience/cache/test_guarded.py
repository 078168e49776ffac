"""A second level that fails is a miss, and is tried again by itself."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.fickle_level import FickleLevel
from headgate.health import HealthStatus
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache.codec import CorruptEntryError, Record, seal, seal_meta
from headgate.resilience.cache.guarded import GuardedLevel, LevelDownError
from headgate.testing.clock import FakeClock, settle

RECORD = Record(*seal(b"x"), seal_meta({}), 0.0, 0.0, 0.0)


class Guarded:
    """A guarded level with everything around it."""

    def __init__(self, *, timeout: float | None = None) -> None:
        self.clock, self.metrics, self.inner = FakeClock(), ExtractionMetrics(), FickleLevel()
        self.level = GuardedLevel(self.inner, clock=self.clock, metrics=self.metrics, timeout=timeout)

    async def get(self, key: str) -> Record | str | None:
        """Return the record, or the word down."""
        try:
            return await self.level.get(key)
        except LevelDownError:
            return "down"


async def test_a_dead_level_is_not_asked_each_time() -> None:
    """After a failure the level is left alone for the back-off, which doubles; each failure is counted once."""
    guarded = Guarded()
    guarded.inner.broken = ConnectionRefusedError("no")
    asked = []
    for _ in range(5):
        assert await guarded.get("a") == "down"
        asked.append(guarded.inner.asked)
        guarded.clock.move(0.4)
    assert asked == [1, 1, 2, 2, 2]  # at 0, 0.5 and 1.5 seconds after the failure before
    assert guarded.metrics.cache_errors == 2


async def test_recovers_by_itself() -> None:
    """When the back-off is over and the level is well, it serves again, and its history of failures is forgotten."""
    guarded = Guarded()
    await guarded.level.put("a", RECORD)
    guarded.inner.broken = OSError()
    assert await guarded.get("a") == "down"
    assert (await guarded.level.health()).status is HealthStatus.DEGRADED
    guarded.inner.broken = None
    assert await guarded.get("a") == "down"
    guarded.clock.move(0.5)
    assert await guarded.get("a") is RECORD
    assert (await guarded.level.health()).status is HealthStatus.HEALTHY
    guarded.inner.broken = OSError()
    await guarded.get("a")
    guarded.inner.broken = None
    guarded.clock.move(0.5)
    assert await guarded.get("a") is RECORD


async def test_what_was_missed_is_not_brought_back() -> None:
    """What was written or deleted while the level was away is deleted there before it answers again."""
    guarded = Guarded()
    for key in "abc":
        await guarded.level.put(key, RECORD)
    guarded.inner.broken = OSError()
    await guarded.level.put("a", RECORD)
    assert await guarded.level.delete("b") is False
    guarded.inner.broken = None
    guarded.clock.move(0.5)
    assert await guarded.get("a") is None
    assert await guarded.get("b") is None
    assert await guarded.get("c") is RECORD


async def test_a_missed_clear_is_made_up_for() -> None:
    """A level that was away when all was cleared is cleared when it is back."""
    guarded = Guarded()
    await guarded.level.put("a", RECORD)
    guarded.inner.broken = OSError()
    await guarded.level.clear()
    guarded.inner.broken = None
    guarded.clock.move(0.5)
    assert await guarded.get("a") is None


async def test_failures_at_the_same_time_count_as_one_outage() -> None:
    """Fifty calls that fail together do not multiply the back-off."""
    guarded = Guarded()
    await guarded.get("a")
    guarded.inner.gate = asyncio.Event()
    calls = [asyncio.create_task(guarded.get("a")) for _ in range(50)]
    await settle()
    guarded.inner.broken = OSError()
    guarded.inner.gate.set()
    assert set(await asyncio.gather(*calls)) == {"down"}
    guarded.inner.broken = None
    guarded.clock.move(0.5)
    assert await guarded.get("a") is None


async def test_one_tries_for_all() -> None:
    """When the back-off is over, one call tries the level; the others do not wait for it."""
    guarded = Guarded()
    guarded.inner.broken = OSError()
    await guarded.get("a")
    guarded.clock.move(0.5)
    guarded.inner.gate = asyncio.Event()
    probe = asyncio.create_task(guarded.get("a"))
    await settle()
    before = guarded.inner.asked
    assert await asyncio.gather(*(guarded.get("a") for _ in range(20))) == ["down"] * 20
    assert guarded.inner.asked == before
    guarded.inner.broken = None
    guarded.inner.gate.set()
    assert await probe is None


async def test_the_first_users_wait_for_the_opening() -> None:
    """Calls that come while the level is opened for the first time wait for it; it is opened once."""
    guarded = Guarded()
    guarded.inner.records["a"] = RECORD
    guarded.inner.gate = asyncio.Event()
    calls = [asyncio.create_task(guarded.get("a")) for _ in range(5)]
    await settle()
    guarded.inner.gate.set()
    assert await asyncio.gather(*calls) == [RECORD] * 5
    assert guarded.inner.opened == 1


async def test_a_level_that_hangs_is_given_up() -> None:
    """A level that does not answer within its timeout is down."""
    guarded = Guarded(timeout=0.01)
    guarded.inner.gate = asyncio.Event()
    assert await guarded.get("a") == "down"
    assert guarded.metrics.cache_errors == 1


async def test_a_corrupt_entry_is_a_miss_and_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged entry is a counted miss; the level stays in use."""
    guarded = Guarded()
    await guarded.level.put("a", RECORD)
    good = guarded.inner.get

    async def damaged(key: str) -> Record | None:
        raise CorruptEntryError("damaged")

    monkeypatch.setattr(guarded.inner, "get", damaged)
    assert await guarded.get("a") is None
    assert guarded.metrics.cache_errors == 1
    monkeypatch.setattr(guarded.inner, "get", good)
    assert await guarded.get("a") is RECORD


async def test_cancellation_is_no_failure() -> None:
    """A call that is cancelled says nothing about the level."""
    guarded = Guarded()
    await guarded.get("a")
    guarded.inner.gate = asyncio.Event()
    call = asyncio.create_task(guarded.get("a"))
    await settle()
    call.cancel()
    await settle()
    guarded.inner.gate.set()
    assert await guarded.get("a") is None
    assert guarded.metrics.cache_errors == 0
