"""What every rate limiter promises about ``acquire``: the local one and the one in a real Redis."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import pytest

from fixtures.redis_server import RedisServer
from headgate.config.policies import RateLimitConfig
from headgate.errors import ConfigError, RateLimitTimeoutError
from headgate.resilience import RateLimiter, RedisRateLimiter

Limiter: TypeAlias = "RateLimiter | RedisRateLimiter"
Make: TypeAlias = "Callable[..., Limiter]"


@pytest.fixture(params=["local", "redis"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """A function that makes a limiter from settings."""
    if request.param == "local":
        yield lambda **settings: RateLimiter(RateLimitConfig(**settings))
        return
    redis = pytest.importorskip("redis.asyncio", reason="the extra 'redis' is not installed")
    server: RedisServer = request.getfixturevalue("redis_server")
    client: Any = redis.from_url(server.url)
    yield lambda **settings: RedisRateLimiter(RateLimitConfig(**settings), client, name="example.org")
    await client.aclose()


async def test_the_burst_is_granted_at_once_and_nothing_beyond_it(make: Make) -> None:
    """Twenty tokens need no patience at all, the next one does."""
    limiter = make(requests_per_second=0.01, burst_size=20)
    for _ in range(20):
        await limiter.acquire(max_wait=0.0)
    with pytest.raises(RateLimitTimeoutError):
        await limiter.acquire(max_wait=0.0)


async def test_beyond_the_burst_the_rate_is_kept(make: Make) -> None:
    """Forty tokens at 200 per second with a burst of 20 take a tenth of a second at least."""
    limiter = make(requests_per_second=200.0, burst_size=20)
    started = time.monotonic()
    await asyncio.gather(*(limiter.acquire() for _ in range(40)))
    assert time.monotonic() - started >= 0.0999


async def test_the_order_of_asking_is_the_order_of_serving(make: Make) -> None:
    """A large request is not overtaken by the small ones behind it."""
    limiter = make(requests_per_second=200.0, burst_size=5)
    await limiter.acquire(5)
    served: list[int] = []

    async def caller(number: int, tokens: int) -> None:
        await limiter.acquire(tokens)
        served.append(number)

    first = asyncio.ensure_future(caller(0, 5))
    while not limiter.waiting:
        await asyncio.sleep(0)
    await asyncio.gather(first, *(caller(number, 1) for number in range(1, 10)))
    assert served == list(range(10))


async def test_a_wait_that_is_certain_to_be_too_long_fails_at_once(make: Make) -> None:
    """A minute would be needed, a second is offered, and no second is spent."""
    limiter = make(requests_per_second=1 / 60, burst_size=1)
    await limiter.acquire()
    with pytest.raises(RateLimitTimeoutError) as caught:
        await asyncio.wait_for(limiter.acquire(max_wait=1.0), 0.9)
    assert caught.value.retry_after == pytest.approx(60.0, abs=5.0)


async def test_the_tokens_of_those_ahead_count_as_well(make: Make) -> None:
    """One hour is queued for already."""
    limiter = make(requests_per_second=1 / 60, burst_size=60)
    await limiter.acquire(60)
    ahead = asyncio.ensure_future(limiter.acquire(60))
    while not limiter.waiting:
        await asyncio.sleep(0)
    with pytest.raises(RateLimitTimeoutError) as caught:
        await limiter.acquire(max_wait=100.0)
    assert caught.value.retry_after == pytest.approx(61 * 60, abs=5.0)
    ahead.cancel()
    await asyncio.gather(ahead, return_exceptions=True)
    assert limiter.waiting == 0


async def test_a_cancelled_waiter_does_not_block_the_queue(make: Make) -> None:
    """The one behind it needs a moment, not a minute."""
    limiter = make(requests_per_second=100.0, burst_size=100)
    await limiter.acquire(100)
    big = asyncio.ensure_future(limiter.acquire(100))
    while not limiter.waiting:
        await asyncio.sleep(0)
    small = asyncio.ensure_future(limiter.acquire())
    await asyncio.sleep(0)
    big.cancel()
    assert await small < 0.9, "with the big one in front it would have been more than a second"


async def test_it_can_start_empty(make: Make) -> None:
    """No burst at first."""
    limiter = make(requests_per_second=0.01, burst_size=20, start_empty=True)
    with pytest.raises(RateLimitTimeoutError):
        await limiter.acquire(max_wait=1.0)


@pytest.mark.parametrize("tokens", [0, 21])
async def test_what_can_never_be_granted_is_an_error(make: Make, tokens: int) -> None:
    """Nothing, or more than the bucket holds."""
    with pytest.raises(ConfigError):
        await make(burst_size=20).acquire(tokens)


async def test_an_infinite_rate_never_waits(make: Make) -> None:
    """Whatever the burst."""
    limiter = make(requests_per_second=math.inf, burst_size=1)
    for _ in range(100):
        await limiter.acquire(max_wait=0.0)
