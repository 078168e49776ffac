"""What the policies cost per request, beside aiolimiter, and what a limiter really grants. Medians of seven rounds."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from aiolimiter import AsyncLimiter

from headgate.config.policies import CircuitBreakerConfig, RateLimitConfig
from headgate.resilience import CircuitBreaker, RateLimiter, RetryBudget

ROUNDS = 7
CALLS = 20_000
RATE, BURST, WINDOW = 200, 20, 1.0


def sync_seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        call()
    return time.perf_counter() - start


async def async_seconds(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        await call()
    return time.perf_counter() - start


async def with_slot(limiter: RateLimiter) -> None:
    async with limiter:
        pass


def all_policies(limiter: RateLimiter, breaker: CircuitBreaker, budget: RetryBudget) -> None:
    """Do what the client does for every request that nothing holds up."""
    budget.on_request()
    breaker.check()
    limiter.try_acquire_slot()
    limiter.try_acquire()
    permit = breaker.acquire()
    breaker.on_success(permit, 0.01)
    limiter.on_success()
    limiter.release_slot()


async def cost() -> None:
    config = RateLimitConfig(requests_per_second=1e7, burst_size=1_000_000, concurrent_limit=50)
    limiter, rival = RateLimiter(config), AsyncLimiter(1e9, 1)
    breaker = CircuitBreaker(CircuitBreakerConfig())
    budget = RetryBudget()
    measured: dict[str, list[float]] = {}

    def note(name: str, seconds: float) -> None:
        measured.setdefault(name, []).append(seconds / CALLS * 1e6)

    def permit() -> None:
        breaker.on_success(breaker.acquire(), 0.01)

    for _ in range(ROUNDS):
        note("aiolimiter: await acquire()", await async_seconds(rival.acquire))
        note("await limiter.acquire()", await async_seconds(limiter.acquire))
        note("limiter.try_acquire()", sync_seconds(limiter.try_acquire))
        note("async with limiter", await async_seconds(lambda: with_slot(limiter)))
        note("breaker.acquire(), breaker.on_success()", sync_seconds(permit))
        note("all policies of a request", sync_seconds(lambda: all_policies(limiter, breaker, budget)))
    for name, values in measured.items():
        print(f"{name:<52} {statistics.median(values):8.2f} µs")


async def grants_in_a_second() -> None:
    """Fifty callers that always want more: how much they get, and the most that any one-second window saw."""
    limiter = RateLimiter(RateLimitConfig(requests_per_second=RATE, burst_size=BURST))
    times: list[float] = []
    end = time.monotonic() + 2 * WINDOW

    async def caller() -> None:
        while time.monotonic() < end:
            await limiter.acquire()
            times.append(time.monotonic())

    await asyncio.gather(*(caller() for _ in range(50)))
    most = max(sum(start <= at < start + WINDOW for at in times) for start in times)
    allowed = RATE * WINDOW + BURST
    print(f"{'constrained to 200/s, burst 20: most in any second':<52} {most:8d}    (allowed: {allowed:.0f})")


async def main() -> None:
    await cost()
    await grants_in_a_second()


if __name__ == "__main__":
    asyncio.run(main())
