"""The cache in front of a real Redis, which dies and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, cast

import pytest

from fixtures.redis_server import RedisServer
from headgate.config.policies import CacheConfig
from headgate.extract.health_report import ping
from headgate.health import HealthStatus
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import Entry, Fetched, MultiLevelCache, Origin
from headgate.testing.clock import FakeClock

redis = pytest.importorskip("redis.asyncio", reason="needs the extra 'redis'")

CONFIG = CacheConfig(memory_ttl=10, redis_ttl=100, ttl_jitter=0)


@pytest.fixture
async def client(redis_server: RedisServer) -> AsyncIterator[Any]:
    """A client of the running server."""
    made = redis.Redis.from_url(redis_server.url)
    yield made
    await made.aclose()


async def _load(_stale: Entry | None) -> Fetched:
    return Fetched(b"from upstream")


async def test_shared_between_processes(client: Any) -> None:
    """What one cache stores, another one with the same namespace finds; one with another does not."""
    async with MultiLevelCache(CONFIG, client) as one, MultiLevelCache(CONFIG, client) as other:
        await one.set("k", {"a": None})
        assert await other.get("k") == {"a": None}
        async with MultiLevelCache(CONFIG.model_copy(update={"namespace": "b"}), client) as stranger:
            assert await stranger.get("k") is None
            await stranger.clear()
        assert await one.delete("k") is True
    assert await cast("Awaitable[int]", client.dbsize()) == 0


async def test_a_blocking_client_works_in_threads(redis_server: RedisServer) -> None:
    """The client of the package ``redis`` itself does as well: same entries, same health, and the loop never waits."""
    blocking = pytest.importorskip("redis").Redis.from_url(redis_server.url)
    async with MultiLevelCache(CONFIG, blocking) as one, MultiLevelCache(CONFIG, blocking) as other:
        await one.set("k", [None])
        assert await other.get("k") == [None]
        assert (await one.health()).status is HealthStatus.HEALTHY
        assert (await ping(blocking)).status is HealthStatus.HEALTHY
        await one.clear()
    assert blocking.dbsize() == 0
    blocking.close()


async def test_redis_forgets_by_itself(client: Any) -> None:
    """Every key in Redis has a time to live, as long as the entry is kept."""
    config = CONFIG.model_copy(update={"stale_if_error": 50.0})
    async with MultiLevelCache(config, client) as cache:
        await cache.set("k", 1)
        left = await client.pttl("headgate:k")
    assert 149_000 < left <= 150_000


async def test_memory_follows_what_redis_has_left(client: Any) -> None:
    """An entry found in Redis with three seconds left is gone from memory after three seconds."""
    clock = FakeClock()
    async with MultiLevelCache(CONFIG, client, clock=clock) as one, MultiLevelCache(CONFIG, client, clock=clock) as two:
        await one.set("k", 1)
        clock.move(97)
        assert await two.get("k") == 1
        clock.move(3)
        assert two.peek("k") is None
        assert await two.get("k") is None


async def test_a_foreign_value_is_a_miss(client: Any) -> None:
    """Something else's value under our key is a counted miss, and the level stays in use."""
    metrics = ExtractionMetrics()
    async with MultiLevelCache(CONFIG, client, metrics=metrics) as cache:
        await client.set("headgate:k", "something else's")
        assert await cache.get("k", "default") == "default"
        assert metrics.cache_errors == 1
        await cache.set("k", 2)
        assert (await cache.health()).status is HealthStatus.HEALTHY


async def test_dies_and_comes_back_mid_run(client: Any, redis_server: RedisServer) -> None:
    """Without Redis every request is still answered, without a time-out each; with it back, it is used again."""
    clock, metrics = FakeClock(), ExtractionMetrics()
    config = CONFIG.model_copy(update={"max_memory_size": 0})
    async with MultiLevelCache(config, client, clock=clock, metrics=metrics) as cache:
        await cache.get_or_load("a", _load)
        assert (await cache.get_or_load("a", _load)).origin is Origin.SECOND_LEVEL
        redis_server.stop()
        started = time.monotonic()
        for number in range(100):
            found = await cache.get_or_load(f"k{number}", _load)
            assert (found.entry.value, found.origin) == (b"from upstream", Origin.UPSTREAM)
        assert time.monotonic() - started < 10
        assert 1 <= metrics.cache_errors <= 2
        health = await cache.health()
        assert health.status is HealthStatus.DEGRADED
        assert "redis" in (health.message or "")

        redis_server.start()
        clock.move(20)
        assert (await cache.get_or_load("k1", _load)).origin is Origin.UPSTREAM
        assert (await cache.get_or_load("k1", _load)).origin is Origin.SECOND_LEVEL
        assert (await cache.health()).status is HealthStatus.HEALTHY


async def test_the_memory_does_not_stand_in_for_a_dead_redis(client: Any, redis_server: RedisServer) -> None:
    """Once the memory's own time is over, a dead Redis is a miss; within it, the memory answers."""
    clock = FakeClock()
    async with MultiLevelCache(CONFIG, client, clock=clock) as cache:
        await cache.set("k", 1)
        redis_server.stop()
        clock.move(9)
        assert await cache.get("k") == 1
        clock.move(1)
        assert await cache.get("k") is None


async def test_a_stale_entry_in_memory_covers_upstream_and_redis(client: Any, redis_server: RedisServer) -> None:
    """With both Redis and the upstream gone, what the memory still keeps is answered as stale."""
    clock = FakeClock()
    config = CONFIG.model_copy(update={"stale_if_error": 1000.0})

    async def fail(_stale: Entry | None) -> Fetched:
        raise ConnectionResetError

    async with MultiLevelCache(config, client, clock=clock) as cache:
        await cache.get_or_load("k", _load)
        redis_server.stop()
        clock.move(200)
        found = await cache.get_or_load("k", fail)
        assert (found.entry.value, found.origin) == (b"from upstream", Origin.STALE)


async def test_deleted_while_redis_was_away(client: Any) -> None:
    """A key that was deleted during an outage does not come back from the Redis that survived it."""
    clock = FakeClock()
    async with MultiLevelCache(CONFIG, client, clock=clock) as cache:
        await cache.set("k", "old")
        pool, client.connection_pool = client.connection_pool, redis.ConnectionPool(host="127.0.0.1", port=1)
        assert await cache.delete("k") is True
        client.connection_pool = pool
        clock.move(1)
        assert await cache.get("k") is None


async def test_a_redis_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that accepts and never answers costs one time-out, not one for each request."""
    monkeypatch.setattr("headgate.resilience.cache.levels.REDIS_TIMEOUT", 0.2)
    connections: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: connections.append(writer), "127.0.0.1", 0)
    client = redis.Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    started = time.monotonic()
    async with MultiLevelCache(CONFIG, client, clock=FakeClock()) as cache:
        for number in range(50):
            assert (await cache.get_or_load(str(number), _load)).entry.value == b"from upstream"
    assert 0.2 <= time.monotonic() - started < 5
    await client.aclose()
    for writer in connections:
        writer.close()
    server.close()
    await server.wait_closed()
