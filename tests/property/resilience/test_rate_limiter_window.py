"""What the rate limiter promises about every window of time, and what the retry budget promises about every history."""

from __future__ import annotations

import asyncio

from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.config.policies import RateLimitConfig
from headgate.resilience import RateLimiter, RetryBudget
from headgate.testing.clock import FakeClock

# what a caller does next: wait some milliseconds, take tokens if it can, or queue for tokens
Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 400)),
        st.tuples(st.just("try"), st.integers(1, 20)),
        st.tuples(st.just("queue"), st.integers(1, 20)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
    ),
    max_size=120,
)


def most_in_any_window(grants: list[tuple[float, int]], rate: float) -> float:
    """Return the largest excess over ``rate * window`` that any window between two grants shows."""
    worst = 0.0
    for first, (start, _) in enumerate(grants):
        total = 0
        for end, tokens in grants[first:]:
            total += tokens
            worst = max(worst, total - rate * (end - start))
    return worst


async def play(script: list[Step], limiter: RateLimiter, clock: FakeClock) -> list[tuple[float, int]]:
    """Follow a script and return what was granted when."""
    grants: list[tuple[float, int]] = []
    waiting: list[asyncio.Task[None]] = []

    async def queue(tokens: int) -> None:
        await limiter.acquire(tokens)
        grants.append((clock.monotonic(), tokens))

    for action, amount in script:
        if action == "wait":
            await clock.advance(amount / 1000)
        elif action == "queue":
            waiting.append(clock.start(queue(amount)))
            await clock.advance(0.0)
        elif action == "cancel" and waiting:
            waiting[amount % len(waiting)].cancel()
        elif action == "try" and limiter.try_acquire(amount):
            grants.append((clock.monotonic(), amount))
    await clock.run(asyncio.gather(*waiting, return_exceptions=True))
    return grants


@given(script=steps, start_empty=st.booleans())
@example(script=[("try", 20), ("queue", 20), ("queue", 1), ("wait", 100), ("try", 1)], start_empty=False)
@settings(max_examples=100, deadline=None)
async def test_no_window_ever_sees_more_than_rate_and_burst(script: list[Step], *, start_empty: bool) -> None:
    """200 per second and a burst of 20, whoever asks for what and whoever gives up."""
    clock = FakeClock()
    config = RateLimitConfig(requests_per_second=200.0, burst_size=20, start_empty=start_empty)
    limiter = RateLimiter(config, clock=clock)
    grants = await play(script, limiter, clock)
    assert most_in_any_window(grants, 200.0) <= 20 + 1e-4
    await clock.advance(1.0)
    assert (limiter.waiting, limiter.try_acquire(20)) == (0, True)


@given(script=steps, seconds=st.floats(0.01, 100.0))
@settings(max_examples=50, deadline=None)
async def test_nothing_is_granted_during_a_pause(script: list[Step], seconds: float) -> None:
    """Whatever was queued before and whatever is asked meanwhile."""
    clock = FakeClock()
    limiter = RateLimiter(RateLimitConfig(requests_per_second=200.0, burst_size=20), clock=clock)
    limiter.pause(seconds)
    ends = clock.monotonic() + seconds
    grants = await play(script, limiter, clock)
    assert all(time >= ends for time, _ in grants)


@given(
    history=st.lists(st.one_of(st.just("request"), st.just("retry"), st.floats(0.0, 30.0)), max_size=300),
    ratio=st.floats(0.0, 1.0),
    reserve=st.integers(0, 20),
)
@settings(max_examples=100, deadline=None)
def test_retries_stay_within_the_share_and_the_reserve(history: list[str | float], ratio: float, reserve: int) -> None:
    """Over n requests in t seconds: no more than ratio * n + reserve * (1 + t / 60)."""
    clock = FakeClock()
    budget = RetryBudget(ratio, reserve, clock=clock)
    requests = retries = 0
    began = clock.monotonic()
    for event in history:
        if event == "request":
            budget.on_request()
            requests += 1
        elif event == "retry":
            retries += budget.try_spend()
        else:
            clock.move(float(event))
    elapsed = clock.monotonic() - began
    assert retries <= ratio * requests + reserve * (1 + elapsed / 60) + 1e-6


def test_the_property_can_fail() -> None:
    """A fixed window that grants its burst at both sides of its border is found out."""
    grants = [(0.99, 200), (1.01, 200)]
    assert most_in_any_window(grants, 200.0) > 20
