"""The limiter in Redis: one bucket for all, and life without Redis."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.redis_server import RedisServer
from headgate.config.policies import RateLimitConfig
from headgate.errors import ConfigError, MissingExtraError, RateLimitTimeoutError
from headgate.health import HealthStatus
from headgate.resilience import RedisRateLimiter

redis = pytest.importorskip("redis.asyncio", reason="the extra 'redis' is not installed")

SLOW = RateLimitConfig(requests_per_second=0.01, burst_size=10)


@pytest.fixture
async def clients(redis_server: RedisServer) -> AsyncIterator[list[Any]]:
    """Two connections, as two processes would have."""
    both = [redis.from_url(redis_server.url) for _ in range(2)]
    yield both
    for client in both:
        await client.aclose()


async def granted(limiter: RedisRateLimiter, tries: int) -> int:
    """Return how many of some tries get a token without waiting."""
    results = await asyncio.gather(*(limiter.acquire(max_wait=0.0) for _ in range(tries)), return_exceptions=True)
    assert all(isinstance(result, float | RateLimitTimeoutError) for result in results)
    return sum(isinstance(result, float) for result in results)


async def test_two_processes_share_one_bucket(clients: list[Any]) -> None:
    """Together they get ten, not twenty."""
    limiters = [RedisRateLimiter(SLOW, client, name="example.org") for client in clients]
    assert sum(await asyncio.gather(*(granted(limiter, 15) for limiter in limiters))) == 10


async def test_every_name_has_its_own_bucket(clients: list[Any]) -> None:
    """One host does not eat the tokens of another."""
    assert await granted(RedisRateLimiter(SLOW, clients[0], name="a.org"), 15) == 10
    assert await granted(RedisRateLimiter(SLOW, clients[0], name="b.org"), 15) == 10


async def test_keys_expire(clients: list[Any]) -> None:
    """When the bucket is full again there is nothing to remember."""
    limiter = RedisRateLimiter(RateLimitConfig(requests_per_second=1.0, burst_size=5), clients[0], name="example.org")
    await limiter.acquire(3)
    (key,) = await clients[0].keys("*")
    assert key == b"headgate:rate:example.org"
    assert 0 < await clients[0].pttl(key) <= 4001


async def test_a_server_clock_that_was_set_back_blocks_nobody_for_long(clients: list[Any]) -> None:
    """A stored time a day ahead means an empty bucket at most."""
    limiter = RedisRateLimiter(RateLimitConfig(requests_per_second=1.0, burst_size=5), clients[0], name="example.org")
    seconds, _ = await clients[0].time()
    await clients[0].set("headgate:rate:example.org", (seconds + 86_400) * 1_000_000)
    with pytest.raises(RateLimitTimeoutError) as caught:
        await limiter.acquire(max_wait=0.0)
    assert caught.value.retry_after == pytest.approx(1.0, abs=0.1)


async def test_without_redis_each_process_limits_itself(redis_server: RedisServer, clients: list[Any]) -> None:
    """No error, a local bucket, and everybody can see it; when Redis is back it is shared again."""
    limiter = RedisRateLimiter(SLOW, clients[0], name="example.org")
    assert await granted(limiter, 3) == 3
    redis_server.stop()
    assert await granted(limiter, 15) == 10
    health = await limiter.health()
    assert (health.status, limiter.is_shared) == (HealthStatus.DEGRADED, False)
    assert limiter.fallbacks == health.details["fallbacks"] == 15
    assert "Redis is gone" in repr(limiter)

    redis_server.start()
    await until_shared(limiter)
    assert (await limiter.health()).status is HealthStatus.HEALTHY


async def until_shared(limiter: RedisRateLimiter) -> None:
    """Ask until Redis has been found again."""
    async with asyncio.timeout(20):
        while not limiter.is_shared:
            await asyncio.gather(limiter.acquire(max_wait=0.0), return_exceptions=True)
            await asyncio.sleep(0.05)


async def test_a_redis_that_hangs_counts_as_gone() -> None:
    """A server that accepts and never answers holds nobody up for long."""
    connections: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    client = redis.Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    limiter = RedisRateLimiter(SLOW, client, name="example.org")
    assert await asyncio.wait_for(granted(limiter, 5), 10) == 5
    assert limiter.fallbacks == 5
    await client.aclose()
    for writer in connections:
        writer.close()
    server.close()


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an ImportError from somewhere inside."""
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(MissingExtraError, match=r"headgate\[redis\]"):
        RedisRateLimiter(SLOW, object())  # type: ignore[arg-type]


def test_without_a_client_the_error_says_so() -> None:
    """A setting was forgotten."""
    with pytest.raises(ConfigError, match="no Redis client"):
        RedisRateLimiter(SLOW)
