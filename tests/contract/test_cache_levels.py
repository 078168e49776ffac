"""What every level of the cache promises, whichever it is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from headgate.clock import SYSTEM_CLOCK
from headgate.health import HealthStatus
from headgate.resilience.cache.codec import Record, seal, seal_meta
from headgate.resilience.cache.disk import DiskLevel
from headgate.resilience.cache.level import CacheLevel
from headgate.resilience.cache.memory import MemoryLevel
from headgate.resilience.cache.redis_level import RedisLevel


def _record(value: Any = b"body", *, seconds: float = 100.0, **meta: Any) -> Record:
    now = SYSTEM_CLOCK.time()
    return Record(*seal(value), seal_meta(meta), now, now + seconds / 2, now + seconds)


@pytest.fixture(params=["memory", "disk", "redis", "redis that decodes"])
async def level(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CacheLevel]:
    """Each level in turn, open and empty."""
    made: CacheLevel
    client: Any = None
    if request.param == "memory":
        made = MemoryLevel(max_entries=1000, max_bytes=1 << 26, clock=SYSTEM_CLOCK)
    elif request.param == "disk":
        made = DiskLevel(tmp_path / "cache.db", max_bytes=1 << 28, clock=SYSTEM_CLOCK)
    else:
        redis = pytest.importorskip("redis.asyncio", reason="needs the extra 'redis'")
        server = request.getfixturevalue("redis_server")
        client = redis.Redis.from_url(server.url, decode_responses="decodes" in request.param)
        made = RedisLevel(client, namespace="test[*]", clock=SYSTEM_CLOCK)
    await made.open()
    yield made
    await made.close()
    if client is not None:
        await client.aclose()


@pytest.mark.parametrize("value", [None, 0, [], "", b"", {"a": [1, None]}, "\ud800", 2**70, os.urandom(400_000)])
async def test_what_is_put_is_got(level: CacheLevel, value: Any) -> None:
    """A record comes back with its value, its metadata and its times."""
    record = _record(value, status=200, etag="x")
    await level.put("k", record)
    found = await level.get("k")
    assert found is not None
    assert found.value() == value
    assert type(found.value()) is type(value)
    assert dict(found.meta) == {"status": 200, "etag": "x"}
    assert (found.stored_at, found.fresh_until, found.keep_until) == (
        record.stored_at,
        record.fresh_until,
        record.keep_until,
    )


async def test_nothing_there(level: CacheLevel) -> None:
    """A key that was never put is not there."""
    assert await level.get("k") is None
    assert await level.delete("k") == 0


async def test_the_last_one_counts(level: CacheLevel) -> None:
    """A second put replaces the first."""
    await level.put("k", _record(1))
    await level.put("k", _record(2))
    found = await level.get("k")
    assert found is not None
    assert found.value() == 2


async def test_deleting(level: CacheLevel) -> None:
    """Deleting tells how many keys were there, and leaves the others."""
    for key in ("a", "b", "c"):
        await level.put(key, _record())
    assert await level.delete("a", "b", "nothing") == 2
    assert await level.get("a") is None
    assert await level.get("c") is not None


async def test_put_again_after_deleting(level: CacheLevel) -> None:
    """A key can come back."""
    await level.put("k", _record(1))
    await level.delete("k")
    await level.put("k", _record(2))
    found = await level.get("k")
    assert found is not None
    assert found.value() == 2


async def test_clearing(level: CacheLevel) -> None:
    """Clearing forgets everything, also a thousand keys, and the level is usable afterwards."""
    for number in range(1000):
        await level.put(f"k{number}", _record())
    await level.clear()
    assert [await level.get(f"k{number}") for number in range(0, 1000, 100)] == [None] * 10
    await level.put("k", _record(1))
    assert await level.get("k") is not None


@pytest.mark.parametrize("key", ["", "a:b", "x" * 5000, "schöne Schlüssel", "%s*?[]", "two\nlines"])
async def test_any_text_is_a_key(level: CacheLevel, key: str) -> None:
    """Any text can be a key, and is no other key."""
    await level.put(key, _record(1))
    found = await level.get(key)
    assert found is not None
    assert found.value() == 1
    assert await level.get(key + " ") is None


async def test_a_record_without_time_left(level: CacheLevel) -> None:
    """Putting a record whose time is over is no error; nobody is given it by mistake as one that is kept."""
    await level.put("k", _record(seconds=-1))
    found = await level.get("k")
    assert found is None or found.keep_until < SYSTEM_CLOCK.time()


async def test_healthy(level: CacheLevel) -> None:
    """A level that works says so."""
    assert (await level.health()).status is HealthStatus.HEALTHY
