"""The adaptive rate: how it gives way, and how it is won back."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from headgate.config.policies import RateLimitConfig
from headgate.resilience import Quota, RateLimiter
from headgate.testing.clock import FakeClock


def limiter(clock: FakeClock, **config: Any) -> RateLimiter:
    """Return a limiter of a hundred per second that halves and wins back five per second."""
    settings = {"requests_per_second": 100.0, "burst_size": 10, **config}
    return RateLimiter(RateLimitConfig(**settings), clock=clock, rng=random.Random(7))


def use(subject: RateLimiter, clock: FakeClock, seconds: float, share: float = 1.0) -> None:
    """Let requests succeed at a share of the current rate."""
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        clock.move(1.0 / (share * subject.current_rate))
        subject.on_success()


class TestDecrease:
    """Multiplicative, once per round."""

    def test_a_throttled_request_halves_the_rate_and_empties_the_bucket(self) -> None:
        """What was saved up would undo the decrease."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_throttle()
        assert subject.current_rate == 50.0
        assert not subject.try_acquire()
        clock.move(0.1)
        assert sum(subject.try_acquire() for _ in range(20)) == 5

    def test_one_push_back_seen_by_many_requests_counts_once(self) -> None:
        """Fifty concurrent 429 are one message; the 51st, of a request sent since, is another."""
        clock = FakeClock()
        subject = limiter(clock)
        sent_at = clock.monotonic()
        clock.move(0.3)
        for _ in range(50):
            clock.move(0.1)
            subject.on_throttle(sent_at=sent_at)
        assert subject.current_rate == 50.0
        subject.on_throttle(sent_at=clock.monotonic() - 0.01)
        assert subject.current_rate == 25.0

    def test_without_times_of_sending_a_second_is_one_round(self) -> None:
        """After the pause that came with it, if there was one."""
        clock = FakeClock()
        subject = limiter(clock)
        for _ in range(50):
            subject.on_throttle(5.0)
        assert subject.current_rate == 50.0
        clock.move(subject.paused_for + 0.5)
        subject.on_throttle()
        assert subject.current_rate == 50.0
        clock.move(2.0)
        subject.on_throttle()
        assert subject.current_rate == 25.0

    def test_it_never_goes_below_the_floor(self) -> None:
        """However long the upstream pushes back."""
        clock = FakeClock()
        subject = limiter(clock, min_requests_per_second=2.0)
        for _ in range(50):
            clock.move(10.0)
            subject.on_throttle()
        assert subject.current_rate == 2.0

    def test_a_floor_above_the_configured_rate_does_not_raise_it(self) -> None:
        """One request in twenty seconds stays that, although the default floor is one in ten."""
        clock = FakeClock()
        subject = limiter(clock, requests_per_second=0.05)
        subject.on_throttle()
        assert subject.current_rate == 0.05

    def test_an_unlimited_limiter_falls_to_what_was_measured(self) -> None:
        """Two hundred requests in the last two seconds: half of a hundred per second."""
        clock = FakeClock()
        subject = limiter(clock, requests_per_second=math.inf)
        for _ in range(1000):
            clock.move(0.01)
            subject.on_success()
        subject.on_throttle()
        assert 40.0 <= subject.current_rate <= 50.0

    def test_the_pause_holds_even_when_the_mode_is_off(self) -> None:
        """A fixed rate stays fixed, and Retry-After is still obeyed."""
        clock = FakeClock()
        subject = limiter(clock, adaptive=False)
        subject.on_throttle(30.0)
        subject.on_quota(Quota(limit=10, remaining=0, reset_seconds=500))
        assert (subject.current_rate, subject.paused_for) == (100.0, 30.0)


class TestIncrease:
    """Additive, and only while the rate is used."""

    def test_the_rate_is_won_back_by_a_share_per_second(self) -> None:
        """Five per second and second, and never more than configured."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_throttle()
        use(subject, clock, 5.0)
        assert 65.0 <= subject.current_rate <= 75.0
        use(subject, clock, 60.0)
        assert subject.current_rate == 100.0

    def test_who_does_not_use_the_rate_wins_nothing(self) -> None:
        """A tenth of the allowed rate proves nothing about the rest."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_throttle()
        use(subject, clock, 60.0, share=0.1)
        assert subject.current_rate == 50.0

    def test_silence_wins_nothing(self) -> None:
        """An hour without requests, then one that succeeds."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_throttle()
        clock.move(3600.0)
        subject.on_success()
        assert subject.current_rate == 50.0


class TestQuota:
    """``RateLimit`` headers."""

    def test_what_remains_is_spread_until_the_reset(self) -> None:
        """Ten requests in ten seconds, evenly, then the configured rate again."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_quota(Quota(limit=100, remaining=10, reset_seconds=10.0))
        assert subject.current_rate == 1.0
        granted = 0
        for _ in range(999):
            granted += subject.try_acquire()
            clock.move(0.01)
        assert granted == 10
        clock.move(0.02)
        assert subject.current_rate == 100.0

    def test_a_quota_that_is_used_up_pauses_until_the_reset(self) -> None:
        """Asking again would only be counted against us."""
        subject = limiter(FakeClock())
        subject.on_quota(Quota(limit=100, remaining=0, reset_seconds=42.0))
        assert subject.paused_for == 42.0

    def test_a_generous_quota_changes_nothing(self) -> None:
        """Neither the rate, which stays as configured, nor the burst."""
        subject = limiter(FakeClock())
        subject.on_quota(Quota(limit=None, remaining=1_000_000, reset_seconds=60.0))
        assert subject.current_rate == 100.0
        assert sum(subject.try_acquire() for _ in range(20)) == 10

    @pytest.mark.parametrize("reset", [0.0, -10.0, math.nan])
    def test_a_reset_that_is_over_is_ignored(self, reset: float) -> None:
        """Clocks differ, and some upstreams send nonsense."""
        subject = limiter(FakeClock())
        subject.on_quota(Quota(limit=100, remaining=0, reset_seconds=reset))
        assert (subject.current_rate, subject.paused_for) == (100.0, 0.0)

    async def test_those_who_wait_profit_from_the_reset(self) -> None:
        """They are served when the window starts again, not at the slow rate that was reckoned before."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_quota(Quota(limit=100, remaining=2, reset_seconds=20.0))
        assert subject.try_acquire()
        tasks = [clock.start(subject.acquire()) for _ in range(5)]
        await clock.advance(20.5)
        assert all(task.done() for task in tasks)
