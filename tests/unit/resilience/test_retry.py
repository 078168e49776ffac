"""Retries: which errors, how often, after what delay, and when not at all."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from headgate.config.policies import RetryConfig
from headgate.errors import DeadlineExceededError, RetryLaterError
from headgate.resilience import Retry, RetryBudget, backoff_delay
from headgate.testing.clock import FakeClock


class Flaky:
    """A host that fails a number of times and then answers; it remembers when it was asked."""

    def __init__(self, clock: FakeClock, *errors: Exception) -> None:
        self.clock = clock
        self.errors = list(errors)
        self.asked_at: list[float] = []

    async def __call__(self, reply: str = "ok") -> str:
        """Fail or answer."""
        self.asked_at.append(self.clock.monotonic())
        if self.errors:
            raise self.errors.pop(0)
        return reply


def retry(
    clock: FakeClock, *, deadline: float | None = None, budget: RetryBudget | None = None, **config: Any
) -> Retry:
    """Return a runner with three attempts and exact delays of 1, 2, 4 ... seconds, unless told otherwise."""
    settings = {"max_attempts": 3, "base_delay": 1.0, "jitter": "none", **config}
    return Retry(RetryConfig(**settings), clock=clock, rng=random.Random(1), deadline=deadline, budget=budget)


class TestDelay:
    """``backoff_delay``: capped first, then jittered."""

    def test_without_jitter_it_doubles_up_to_the_cap(self) -> None:
        """1, 2, 4, 8, then 10 for ever."""
        config = RetryConfig(base_delay=1.0, max_delay=10.0, jitter="none")
        delays = [backoff_delay(config, attempt, 0.0, random.Random(0)) for attempt in range(1, 7)]
        assert delays == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]

    @pytest.mark.parametrize("jitter", ["full", "equal", "decorrelated"])
    def test_jitter_does_not_vanish_at_the_cap(self, jitter: Any) -> None:
        """A thousand clients at the cap wait a thousand different times, and none longer than the cap."""
        config = RetryConfig(base_delay=1.0, max_delay=10.0, jitter=jitter)
        rng = random.Random(3)
        delays = {backoff_delay(config, 50, 10.0, rng) for _ in range(1000)}
        assert len(delays) == 1000
        assert max(delays) <= 10.0
        assert max(delays) - min(delays) > 4.5

    @pytest.mark.parametrize(
        ("jitter", "lowest", "highest"), [("full", 0.0, 4.0), ("equal", 2.0, 4.0), ("decorrelated", 1.0, 6.0)]
    )
    def test_each_mode_keeps_to_its_range_and_fills_it(self, jitter: Any, lowest: float, highest: float) -> None:
        """The third attempt, after a wait of two seconds."""
        config = RetryConfig(base_delay=1.0, max_delay=60.0, jitter=jitter)
        rng = random.Random(5)
        delays = [backoff_delay(config, 3, 2.0, rng) for _ in range(2000)]
        assert lowest <= min(delays) < lowest + 0.1
        assert highest - 0.1 < max(delays) <= highest

    def test_no_number_of_attempts_overflows(self) -> None:
        """Two to the power of a million is more than the cap."""
        config = RetryConfig(max_delay=60.0, jitter="none")
        assert backoff_delay(config, 1_000_000, 0.0, random.Random(0)) == 60.0

    @pytest.mark.parametrize("jitter", ["full", "equal", "decorrelated", "none"])
    @pytest.mark.parametrize("zero", ["base_delay", "max_delay"])
    def test_zero_delays_are_allowed(self, jitter: Any, zero: str) -> None:
        """For tests of applications."""
        config = RetryConfig(**{"jitter": jitter, zero: 0.0})
        assert backoff_delay(config, 5, 0.0, random.Random(0)) == 0.0


class TestCall:
    """The runner."""

    async def test_it_calls_again_until_it_works(self) -> None:
        """After one and two seconds."""
        clock = FakeClock(monotonic=0.0)
        host = Flaky(clock, ConnectionError(), ConnectionError())
        assert await clock.run(retry(clock).call(host, "hello", on=ConnectionError)) == "hello"
        assert host.asked_at == [0.0, 1.0, 3.0]

    async def test_after_the_last_attempt_the_error_itself_comes_through(self) -> None:
        """Three attempts in all, and no wait after the last."""
        clock = FakeClock(monotonic=0.0)
        host = Flaky(clock, *(ConnectionError(n) for n in range(5)))
        with pytest.raises(ConnectionError) as caught:
            await clock.run(retry(clock).call(host, on=(ConnectionError, TimeoutError)))
        assert caught.value.args == (2,)
        assert clock.monotonic() == 3.0

    @pytest.mark.parametrize("on", [ConnectionError, (ConnectionError, TimeoutError), lambda error: False])
    async def test_errors_that_were_not_named_are_not_retried(self, on: Any) -> None:
        """A bug is not a network problem."""
        clock = FakeClock()
        host = Flaky(clock, TypeError())
        with pytest.raises(TypeError):
            await clock.run(retry(clock).call(host, on=on))
        assert len(host.asked_at) == 1

    async def test_retry_after_is_a_floor(self) -> None:
        """The host asked for twenty seconds: not one less, whatever the jitter says."""
        clock = FakeClock(monotonic=0.0)
        host = Flaky(clock, RetryLaterError("busy", retry_after=20.0))
        await clock.run(retry(clock, jitter="full").call(host, on=RetryLaterError))
        assert host.asked_at[1] >= 20.0

    async def test_a_floor_past_the_deadline_fails_at_once_and_says_when_to_come_back(self) -> None:
        """Twenty minutes were asked for, thirty seconds are left."""
        clock = FakeClock(monotonic=0.0)
        busy = RetryLaterError("busy", retry_after=1200.0)
        with pytest.raises(DeadlineExceededError) as caught:
            await clock.run(retry(clock, deadline=30.0).call(Flaky(clock, busy), on=RetryLaterError))
        assert clock.monotonic() == 0.0
        assert caught.value.retry_after == 1200.0
        assert caught.value.__cause__ is busy

    async def test_every_call_counts_its_own_attempts(self) -> None:
        """Fifty calls through one object: each gets its three attempts."""
        clock = FakeClock()
        runner = retry(clock)
        hosts = [Flaky(clock, ConnectionError(), ConnectionError()) for _ in range(50)]
        replies = await clock.run(asyncio.gather(*(runner.call(host, on=ConnectionError) for host in hosts)))
        assert replies == ["ok"] * 50

    async def test_a_cancellation_is_never_retried(self) -> None:
        """Neither during an attempt nor during a wait."""
        clock = FakeClock()
        host = Flaky(clock, *(ConnectionError() for _ in range(9)))
        task = clock.start(retry(clock, max_attempts=9).call(host, on=Exception))
        await clock.advance(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await clock.advance(60.0)
        assert task.cancelled()
        assert len(host.asked_at) == 1

    async def test_plain_functions_can_be_retried_too(self) -> None:
        """What is not awaitable is returned as it is."""
        assert await Retry().call(divmod, 7, 2, on=ZeroDivisionError) == (3, 1)

    async def test_without_budget_there_is_no_retry(self) -> None:
        """The error of the first attempt comes through."""
        clock = FakeClock()
        host = Flaky(clock, ConnectionError())
        with pytest.raises(ConnectionError):
            await clock.run(retry(clock, budget=RetryBudget(0.0, 0, clock=clock)).call(host, on=ConnectionError))
        assert len(host.asked_at) == 1


class TestBudget:
    """``RetryBudget``: a share of the requests, and a reserve."""

    def test_the_share_is_exact(self) -> None:
        """Five requests at 20 % pay for one retry."""
        budget = RetryBudget(0.2, 0, clock=FakeClock())
        for _ in range(4):
            budget.on_request()
        assert not budget.try_spend()
        budget.on_request()
        assert budget.try_spend()
        assert not budget.try_spend()

    def test_the_reserve_helps_hosts_with_little_traffic_and_fills_up_again(self) -> None:
        """Ten at once, then ten more within a minute."""
        clock = FakeClock()
        budget = RetryBudget(0.2, 10, clock=clock)
        assert sum(budget.try_spend() for _ in range(20)) == 10
        clock.move(30.0)
        assert sum(budget.try_spend() for _ in range(20)) == 5
        clock.move(86_400.0)
        assert sum(budget.try_spend() for _ in range(20)) == 10

    def test_a_long_healthy_time_does_not_pay_for_a_storm(self) -> None:
        """Ten thousand good requests leave no more than those of the last five hundred."""
        budget = RetryBudget(0.2, 0, clock=FakeClock())
        for _ in range(10_000):
            budget.on_request()
        assert sum(budget.try_spend() for _ in range(1000)) == 100

    async def test_a_dead_host_gets_little_more_than_its_requests(self) -> None:
        """A thousand failing calls with up to three attempts each make 1,210 attempts, not 3,000."""
        clock = FakeClock()
        budget = RetryBudget(0.2, 10, clock=clock)
        runner = retry(clock, budget=budget, base_delay=0.0)
        attempts = 0

        async def dead() -> None:
            nonlocal attempts
            attempts += 1
            raise ConnectionError

        for _ in range(1000):
            with pytest.raises(ConnectionError):
                await runner.call(dead, on=ConnectionError)
        assert 1200 <= attempts <= 1210
