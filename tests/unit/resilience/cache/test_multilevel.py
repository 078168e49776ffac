"""Values in the cache: set, get, delete, clear, and what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.config.policies import CacheConfig
from headgate.errors import ConfigError
from headgate.health import HealthStatus
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import MultiLevelCache
from headgate.testing.clock import FakeClock


def memory_only(**settings: Any) -> CacheConfig:
    """Configure a cache without a second level."""
    return CacheConfig(**{"second_level": "none", "ttl_jitter": 0, "memory_ttl": 10, **settings})


def on_disk(folder: Path, **settings: Any) -> CacheConfig:
    """Configure a cache with a file."""
    return CacheConfig(**{"path": folder / "cache.db", "ttl_jitter": 0, **settings})


@pytest.mark.parametrize("value", [None, 0, False, [], "", {}, b"", 0.0, [None], {"a": None}])
@pytest.mark.parametrize("size", [0, 100])
async def test_empty_values_are_values(tmp_path: Path, value: object, size: int) -> None:
    """None, 0, [] and the empty text are found again, in memory and behind it."""
    async with MultiLevelCache(on_disk(tmp_path, max_memory_size=size)) as cache:
        assert await cache.get("k", "default") == "default"
        await cache.set("k", value)
        found = await cache.get("k", "default")
        assert found == value
        assert type(found) is type(value)


async def test_counts() -> None:
    """Hits and misses are counted once each, and by level."""
    metrics = ExtractionMetrics()
    async with MultiLevelCache(memory_only(), metrics=metrics) as cache:
        await cache.get("k")
        await cache.set("k", None)
        await cache.get("k")
        assert cache.peek("k") is not None
        assert cache.peek("other") is None
    assert (metrics.cache_hits, metrics.memory_hits, metrics.cache_misses) == (2, 2, 1)
    assert metrics.cache_hit_rate == pytest.approx(2 / 3)


async def test_no_shared_state() -> None:
    """What one caller does to a value, or to what they stored, no other caller sees."""
    async with MultiLevelCache(memory_only()) as cache:
        rows = [{"id": 1}]
        await cache.set("k", rows)
        rows.clear()
        first = await cache.get("k")
        first[0]["id"] = 2
        entry = cache.peek("k")
        assert entry
        entry.value.append(3)  # type: ignore[union-attr]
        assert await cache.get("k") == [{"id": 1}]


async def test_memory_gives_way_to_the_second_level(tmp_path: Path) -> None:
    """After ``memory_ttl`` the second level answers, until ``redis_ttl``; then nobody does."""
    clock, metrics = FakeClock(), ExtractionMetrics()
    config = on_disk(tmp_path, memory_ttl=10, redis_ttl=100)
    async with MultiLevelCache(config, clock=clock, metrics=metrics) as cache:
        await cache.set("k", 1)
        clock.move(11)
        assert await cache.get("k") == 1
        assert (metrics.memory_hits, metrics.second_level_hits) == (0, 1)
        assert await cache.get("k") == 1
        assert metrics.memory_hits == 1
        clock.move(90)
        assert await cache.get("k") is None


async def test_memory_never_outlives_the_second_level(tmp_path: Path) -> None:
    """An entry promoted with five seconds left stays in memory for five seconds, not for ``memory_ttl``."""
    clock = FakeClock()
    async with MultiLevelCache(on_disk(tmp_path, memory_ttl=50, redis_ttl=100), clock=clock) as cache:
        await cache.set("k", 1)
        clock.move(95)
        assert await cache.get("k") == 1
        clock.move(5)
        assert cache.peek("k") is None
        assert await cache.get("k") is None


async def test_deleted_elsewhere(tmp_path: Path) -> None:
    """What another process deleted is gone here when the memory's time is over, though its own time is not."""
    clock = FakeClock()
    config = on_disk(tmp_path, memory_ttl=10, redis_ttl=100)
    async with MultiLevelCache(config, clock=clock) as here, MultiLevelCache(config, clock=clock) as there:
        await here.set("k", 1)
        await here._levels.close()  # written for the other to see
        assert await there.delete("k") is True
        await there._levels.close()
        clock.move(10)
        assert await here.get("k") is None


async def test_explicit_ttl() -> None:
    """The TTL of ``set`` holds exactly; one of 0 drives out what was there."""
    clock = FakeClock()
    async with MultiLevelCache(memory_only(), clock=clock) as cache:
        await cache.set("k", 1, ttl=1000)
        clock.move(999)
        assert await cache.get("k") == 1
        await cache.set("k", 2, ttl=0)
        assert await cache.get("k") is None


async def test_delete_and_clear(tmp_path: Path) -> None:
    """What is deleted or cleared is gone from every level, and ``delete`` tells whether it was there."""
    async with MultiLevelCache(on_disk(tmp_path)) as cache:
        await cache.set("a", None)
        await cache.set("b", 2)
        assert await cache.delete("a") is True
        assert await cache.delete("a") is False
        await cache.clear()
        assert await cache.get("b") is None
    async with MultiLevelCache(on_disk(tmp_path)) as cache:
        assert await cache.get("a") is None
        assert await cache.get("b") is None


async def test_survives_the_process(tmp_path: Path) -> None:
    """A second run finds what the first one stored."""
    async with MultiLevelCache(on_disk(tmp_path)) as cache:
        await cache.set("k", {"a": [1]})
    async with MultiLevelCache(on_disk(tmp_path)) as cache:
        assert await cache.get("k") == {"a": [1]}


async def test_usable_again_after_closing(tmp_path: Path) -> None:
    """A cache that was closed opens its file again when it is used again."""
    cache = MultiLevelCache(on_disk(tmp_path, max_memory_size=0))
    await cache.set("k", 1)
    await cache.close()
    assert await cache.get("k") == 1
    await cache.close()


async def test_turned_off(tmp_path: Path) -> None:
    """A cache that is turned off keeps nothing and makes no file."""
    async with MultiLevelCache(on_disk(tmp_path, enabled=False)) as cache:
        await cache.set("k", 1)
        assert await cache.get("k", "default") == "default"
        assert await cache.delete("k") is False
        await cache.clear()
        assert (await cache.health()).message == "The cache is turned off."
    assert list(tmp_path.iterdir()) == []


async def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    """Making a cache touches no disk."""
    async with MultiLevelCache(on_disk(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


async def test_bad_values() -> None:
    """A value that is not JSON is refused with a clear error, also when the cache is turned off."""
    for enabled in (True, False):
        async with MultiLevelCache(memory_only(enabled=enabled)) as cache:
            with pytest.raises(ConfigError, match="cannot be cached"):
                await cache.set("k", {1, 2})  # type: ignore[arg-type]


def test_redis_asked_for_and_not_given() -> None:
    """Asking for Redis without a client is an error at once, and says what to do."""
    with pytest.raises(ConfigError, match="no Redis client"):
        MultiLevelCache(CacheConfig(second_level="redis"))


async def test_health(tmp_path: Path) -> None:
    """A healthy cache reports each level with its facts."""
    async with MultiLevelCache(on_disk(tmp_path)) as cache:
        await cache.set("k", b"12345")
        health = await cache.health()
    assert health.status is HealthStatus.HEALTHY
    report = health.as_dict()
    assert report["memory"]["bytes"] == 5
    assert report["disk"]["path"] == str(tmp_path / "cache.db")


async def test_record_then_replay_offline(tmp_path: Path) -> None:
    """While recording nothing is answered; years later the recording is, whatever its TTL."""
    clock = FakeClock()
    async with MultiLevelCache(on_disk(tmp_path, mode="record", redis_ttl=1), clock=clock) as cache:
        await cache.set("k", 1)
        assert await cache.get("k") is None
        assert cache.peek("k") is None
    clock.move(5 * 365 * 86_400)
    for mode in ("replay", "offline"):
        async with MultiLevelCache(on_disk(tmp_path, mode=mode), clock=clock) as cache:
            assert await cache.get("k") == 1
            assert cache.peek("k") is not None
