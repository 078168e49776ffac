"""The rate limiter: rate, order, patience, pauses, and who is served when somebody gives up."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from typing import Any

import pytest

from headgate.config.policies import RateLimitConfig
from headgate.errors import ConfigError, RateLimitTimeoutError
from headgate.resilience import RateLimiter
from headgate.testing.clock import FakeClock


def limiter(clock: FakeClock, **config: Any) -> RateLimiter:
    """Return a limiter that grants ten per second after a burst of ten, unless told otherwise."""
    settings = {"requests_per_second": 10.0, "burst_size": 10, **config}
    return RateLimiter(RateLimitConfig(**settings), name="example.org", clock=clock, rng=random.Random(7))


def drain(subject: RateLimiter) -> int:
    """Take every token that is there and return how many there were."""
    count = 0
    while subject.try_acquire():
        count += 1
    return count


class TestTokens:
    """Rate and burst."""

    def test_the_burst_is_granted_at_once(self) -> None:
        """And not one more."""
        assert drain(limiter(FakeClock())) == 10

    def test_it_can_start_empty(self) -> None:
        """For upstreams that count from the first second."""
        clock = FakeClock()
        subject = limiter(clock, start_empty=True)
        assert drain(subject) == 0
        clock.move(0.5)
        assert drain(subject) == 5

    async def test_waiting_takes_as_long_as_the_rate_says(self) -> None:
        """A hundred tokens beyond the burst at ten per second take ten seconds, in order."""
        clock = FakeClock(monotonic=0.0)
        subject = limiter(clock)
        drain(subject)
        granted: list[tuple[int, float]] = []

        async def caller(number: int) -> None:
            waited = await subject.acquire()
            granted.append((number, waited))

        await clock.run(asyncio.gather(*(caller(number) for number in range(100))))
        assert [number for number, _ in granted] == list(range(100))
        assert [waited for _, waited in granted] == pytest.approx([0.1 * (n + 1) for n in range(100)], abs=1e-3)

    async def test_a_large_request_is_not_overtaken_by_small_ones(self) -> None:
        """``acquire(5)`` came before twenty-five singles and is served before them."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        served: list[int] = []

        async def caller(tokens: int) -> None:
            await subject.acquire(tokens)
            served.append(tokens)

        tasks = [clock.start(caller(5))]
        await clock.advance(0.0)
        tasks += [clock.start(caller(1)) for _ in range(25)]
        await clock.advance(0.2)
        assert served == []
        assert not subject.try_acquire(), "who does not queue does not pass either"
        await clock.advance(0.3)
        assert served == [5]
        await clock.advance(2.5)
        assert served == [5] + [1] * 25
        await asyncio.gather(*tasks)

    async def test_an_infinite_rate_never_waits(self) -> None:
        """The limit of concurrency remains."""
        subject = limiter(FakeClock(), requests_per_second=math.inf, burst_size=1)
        assert [await subject.acquire() for _ in range(1000)] == [0.0] * 1000

    @pytest.mark.parametrize("tokens", [11, 0, -3])
    async def test_what_can_never_be_granted_is_an_error_at_once(self, tokens: int) -> None:
        """More than the bucket holds, or nothing."""
        subject = limiter(FakeClock())
        with pytest.raises(ConfigError, match=r"example\.org"):
            await subject.acquire(tokens)
        with pytest.raises(ConfigError):
            subject.try_acquire(tokens)
        assert drain(subject) == 10

    async def test_a_wall_clock_that_jumps_changes_nothing(self) -> None:
        """Neither free tokens nor an endless wait."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        clock.set_time(clock.time() + 1e9)
        assert not subject.try_acquire()
        clock.set_time(0.0)
        await clock.advance(0.1)
        assert subject.try_acquire()

    async def test_one_timer_serves_all_who_wait(self) -> None:
        """A thousand waiters, one sleeper; none is left when they are gone."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        tasks = [clock.start(subject.acquire()) for _ in range(1000)]
        await clock.advance(1.0)
        assert (subject.waiting, clock.sleepers) == (990, 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await clock.advance(0.0)
        assert (subject.waiting, clock.sleepers) == (0, 0)


class TestPatience:
    """``max_wait``."""

    async def test_a_wait_that_is_certain_to_be_too_long_fails_at_once(self) -> None:
        """Not after the wait: and it says how long it would have been."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        queue = [clock.start(subject.acquire()) for _ in range(20)]
        await clock.advance(0.0)
        before = clock.monotonic()
        with pytest.raises(RateLimitTimeoutError) as caught:
            await subject.acquire(max_wait=2.0)
        assert clock.monotonic() == before
        assert caught.value.retry_after == pytest.approx(2.1, abs=1e-3)
        assert await clock.run(subject.acquire(max_wait=2.11)) == pytest.approx(2.1, abs=1e-3)
        await asyncio.gather(*queue)

    async def test_a_pause_turns_away_those_who_cannot_wait_that_long(self) -> None:
        """At the moment it is announced; the patient ones stay."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        hurried = clock.start(subject.acquire(max_wait=5.0))
        patient = clock.start(subject.acquire(max_wait=50.0))
        await clock.advance(0.0)
        subject.pause(30.0)
        await clock.advance(0.0)
        with pytest.raises(RateLimitTimeoutError) as caught:
            await hurried
        assert caught.value.retry_after is not None
        assert caught.value.retry_after >= 30.0
        await clock.advance(32.0)
        assert 30.0 <= await patient <= 32.0


class TestCancellation:
    """Nobody pays for those who give up."""

    async def test_a_waiter_that_leaves_frees_its_place(self) -> None:
        """The one behind it is served as early as if it had never been there."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        big = clock.start(subject.acquire(10))
        small = clock.start(subject.acquire())
        await clock.advance(0.05)
        big.cancel()
        await clock.advance(0.05)
        assert small.done()
        assert await small == pytest.approx(0.1, abs=1e-3)

    async def test_a_token_granted_to_a_cancelled_waiter_is_given_back(self) -> None:
        """It was granted, and cancelled before it could run."""
        clock = FakeClock()
        subject = limiter(clock, burst_size=1, requests_per_second=1.0)
        drain(subject)
        waiter = asyncio.ensure_future(subject.acquire())
        await asyncio.sleep(0)
        clock.move(1.0)
        subject._tokens._serve()
        assert subject.waiting == 0
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        assert waiter.cancelled()
        assert subject.try_acquire()

    async def test_a_slot_is_given_back_when_its_holder_is_cancelled(self) -> None:
        """While it holds the slot, and while it holds the slot and waits for a token."""
        clock = FakeClock()
        subject = limiter(clock, burst_size=1, concurrent_limit=2)

        async def work() -> None:
            async with subject:
                await clock.sleep(100.0)

        tasks = [clock.start(work()) for _ in range(4)]
        await clock.advance(0.0)
        assert (subject.in_flight, subject.waiting) == (2, 3), "one works, one waits for a token, two for a slot"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (subject.in_flight, subject.waiting) == (0, 0)

    async def test_ten_thousand_random_cancellations_leak_nothing(self) -> None:
        """Queueing for a slot, for a token, while holding, during a hand-over: whatever the moment."""
        clock = FakeClock()
        rng = random.Random(20_260_101)
        subject = limiter(clock, requests_per_second=500.0, burst_size=20, concurrent_limit=7)
        running: dict[asyncio.Task[None], None] = {}  # in order, so that a failure can be repeated
        highest = 0

        async def work() -> None:
            nonlocal highest
            async with subject:
                highest = max(highest, subject.in_flight)
                await clock.sleep(rng.choice([0.0, 0.001, 0.02]))

        cancelled = 0
        while cancelled < 10_000:
            for _ in range(rng.randrange(40)):
                task = asyncio.ensure_future(work())
                running[task] = None
                task.add_done_callback(running.pop)
            # between a full rest and no turn at all: cancellations hit every stage of a task's life
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
            if rng.random() < 0.3:
                await clock.advance(rng.choice([0.001, 0.01, 0.05]))
            for task in [task for task in running if rng.random() < 0.5 and not task.cancelling()]:
                cancelled += task.cancel()
        await clock.run(asyncio.gather(*running, return_exceptions=True))
        assert highest == 7
        assert (subject.in_flight, subject.waiting, subject._tokens._queued_tokens) == (0, 0, 0)
        await clock.advance(10.0)
        assert drain(subject) == 20
        assert clock.sleepers == 0


class TestPause:
    """``Retry-After`` for the whole host."""

    async def test_nothing_is_granted_before_it_ends(self) -> None:
        """At least that long, and not all at once afterwards."""
        clock = FakeClock(monotonic=0.0)
        subject = limiter(clock, requests_per_second=math.inf)
        subject.pause(30.0)
        assert subject.paused_for == 30.0
        assert not subject.try_acquire()
        starts: list[float] = []

        async def caller() -> None:
            await subject.acquire()
            starts.append(clock.monotonic())

        await clock.run(asyncio.gather(*(caller() for _ in range(10))))
        assert min(starts) >= 30.0
        assert max(starts) <= 33.0
        assert len(set(starts)) == 10

    async def test_the_saved_up_burst_is_gone_afterwards(self) -> None:
        """An upstream that has just asked for a pause is not greeted with a burst."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.pause(60.0)
        await clock.advance(62.0)
        assert drain(subject) <= 21, "one token at the end of the pause and ten per second since"
        subject.pause(60.0)
        await clock.advance(subject._tokens.released_at - clock.monotonic())
        assert drain(subject) == 1

    def test_the_longest_pause_wins(self) -> None:
        """A shorter one that comes later does not end it."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.pause(30.0)
        subject.pause(5.0)
        assert subject.paused_for == 30.0
        clock.move(20.0)
        subject.pause(20.0)
        assert subject.paused_for == 20.0

    @pytest.mark.parametrize("seconds", [0.0, -5.0, math.nan])
    def test_a_pause_that_is_none_is_ignored(self, seconds: float) -> None:
        """A date in the past, for instance."""
        subject = limiter(FakeClock())
        subject.pause(seconds)
        assert subject.paused_for == 0.0
        assert subject.try_acquire()

    @pytest.mark.parametrize("seconds", [1e12, math.inf])
    def test_an_absurd_pause_is_cut(self, seconds: float) -> None:
        """No header makes a client wait for ever."""
        subject = limiter(FakeClock(), max_pause=3600.0)
        subject.pause(seconds)
        assert subject.paused_for == 3600.0

    async def test_it_holds_back_those_who_wait_already(self) -> None:
        """A pause that comes while they are in the queue counts for them too."""
        clock = FakeClock()
        subject = limiter(clock)
        drain(subject)
        waiter = clock.start(subject.acquire())
        await clock.advance(0.05)
        subject.pause(10.0)
        await clock.advance(9.9)
        assert not waiter.done()
        await clock.advance(1.2)
        assert 10.05 <= await waiter <= 11.2

    async def test_a_token_that_comes_back_does_not_end_it(self) -> None:
        """It was granted before the pause, and its owner was cancelled during it."""
        clock = FakeClock()
        subject = limiter(clock, requests_per_second=1.0, burst_size=5)
        drain(subject)
        waiter = asyncio.ensure_future(subject.acquire())
        await asyncio.sleep(0)
        clock.move(1.0)
        subject._tokens._serve()
        subject.pause(0.5)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        assert not subject.try_acquire()
        clock.move(0.6)
        assert subject.try_acquire()

    async def test_a_change_of_rate_does_not_make_it_longer(self) -> None:
        """A late 429 halves the rate in the middle of the pause; the pause stays what it is."""
        clock = FakeClock()
        subject = limiter(clock)
        subject.on_throttle(60.0)
        waiter = clock.start(subject.acquire())
        await clock.advance(30.0)
        subject.on_throttle(sent_at=clock.monotonic())
        assert subject.current_rate == 2.5
        await clock.advance(32.0)
        assert waiter.done()


class TestSlots:
    """``async with`` takes the slot first."""

    async def test_starts_do_not_bunch_behind_busy_slots(self) -> None:
        """Tokens are taken when the work can start, so that starts keep the rate."""
        clock = FakeClock(monotonic=0.0)
        subject = limiter(clock, requests_per_second=10.0, burst_size=1, concurrent_limit=2)
        starts: list[float] = []

        async def work() -> None:
            async with subject:
                starts.append(clock.monotonic())
                await clock.sleep(1.0)

        await clock.run(asyncio.gather(*(work() for _ in range(8))))
        gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
        assert min(gaps) >= 0.1 - 1e-6

    async def test_an_error_in_the_block_gives_the_slot_back(self) -> None:
        """As every context manager should."""
        subject = limiter(FakeClock())
        with pytest.raises(LookupError):
            async with subject:
                raise LookupError
        assert subject.in_flight == 0

    async def test_repr_shows_what_is_going_on(self) -> None:
        """Rate, slots, queue and pause."""
        clock = FakeClock()
        subject = limiter(clock)
        async with subject:
            assert repr(subject) == "<RateLimiter 'example.org' 10/s, 1 in flight, 0 waiting>"
        subject.pause(3.0)
        assert repr(subject).endswith("paused for 3.0 s>")
