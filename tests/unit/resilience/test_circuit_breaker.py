"""The circuit breaker: when it opens, what passes half-open, and which results count."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from headgate.config.policies import CircuitBreakerConfig
from headgate.errors import CircuitOpenError
from headgate.resilience import CircuitBreaker, CircuitState
from headgate.testing.clock import FakeClock


def breaker(clock: FakeClock, **config: Any) -> CircuitBreaker:
    """Return a breaker that opens after three failures and for ten seconds, unless told otherwise."""
    settings = {"failure_threshold": 3, "recovery_timeout": 10.0, **config}
    return CircuitBreaker(CircuitBreakerConfig(**settings), name="example.org", clock=clock)


def fail(subject: CircuitBreaker, times: int = 1) -> None:
    """Let calls fail."""
    for _ in range(times):
        subject.on_failure(subject.acquire(), 0.1)


def succeed(subject: CircuitBreaker, times: int = 1, duration: float = 0.1) -> None:
    """Let calls succeed."""
    for _ in range(times):
        subject.on_success(subject.acquire(), duration)


async def answer() -> str:
    """Do what a healthy host does."""
    return "ok"


async def refuse() -> None:
    """Do what a host that is down does."""
    raise ConnectionError


class TestOpening:
    """What makes a closed breaker open."""

    def test_consecutive_failures_open_it(self) -> None:
        """The threshold itself opens, one less does not."""
        subject = breaker(FakeClock())
        fail(subject, 2)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 2)
        fail(subject)
        assert (subject.state, subject.trips, subject.retry_after) == (CircuitState.OPEN, 1, 10.0)

    def test_a_success_in_between_starts_the_count_again(self) -> None:
        """Only consecutive failures add up."""
        subject = breaker(FakeClock(), failure_ratio=None)
        for _ in range(20):
            fail(subject, 2)
            succeed(subject)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 0)

    def test_a_share_of_failures_opens_it_although_none_are_consecutive(self) -> None:
        """Every second call fails: never two in a row, half of all."""
        subject = breaker(FakeClock(), failure_ratio=0.5, minimum_throughput=10)
        for _ in range(4):
            succeed(subject)
            fail(subject)
        assert subject.state is CircuitState.CLOSED, "eight calls are below the minimum throughput"
        succeed(subject)
        fail(subject)
        assert subject.state is CircuitState.OPEN

    def test_failures_that_left_the_window_no_longer_count(self) -> None:
        """The same share of failures, spread over several windows, opens nothing."""
        clock = FakeClock()
        subject = breaker(clock, failure_ratio=0.5, minimum_throughput=10, window=60)
        for _ in range(50):
            succeed(subject)
            fail(subject)
            clock.move(15.0)
        assert subject.state is CircuitState.CLOSED

    def test_slow_calls_open_it_although_they_succeed(self) -> None:
        """A host that answers everything, but too late, is not well."""
        subject = breaker(FakeClock(), slow_call_duration=2.0, slow_call_ratio=0.5, minimum_throughput=4)
        succeed(subject, 2)
        succeed(subject, 1, duration=2.0)
        assert subject.state is CircuitState.CLOSED
        succeed(subject, 1, duration=30.0)
        assert subject.state is CircuitState.OPEN

    async def test_a_host_that_hangs_opens_it_when_the_timeout_is_inside_the_call(self) -> None:
        """The attempt's own timeout is a failure of the host."""
        clock = FakeClock()
        subject = breaker(clock)

        async def hang() -> None:
            await clock.sleep(30.0)
            raise TimeoutError

        for _ in range(3):
            with pytest.raises(TimeoutError):
                await clock.run(subject.call(hang))
        assert subject.state is CircuitState.OPEN


class TestRejection:
    """What an open breaker says."""

    async def test_an_open_breaker_calls_nothing_and_says_when_to_come_back(self) -> None:
        """The rejection carries the seconds that are left."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        await clock.advance(4.0)
        with pytest.raises(CircuitOpenError, match=r"example\.org") as caught:
            await subject.call(pytest.fail, "the function was called")
        assert caught.value.retry_after == pytest.approx(6.0)
        with pytest.raises(CircuitOpenError):
            subject.check()

    def test_check_takes_no_permit(self) -> None:
        """Any number of checks leaves the only probe to the first caller."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        clock.move(10.0)
        for _ in range(5):
            subject.check()
        subject.acquire()
        with pytest.raises(CircuitOpenError) as caught:
            subject.check()
        assert caught.value.retry_after == 1.0

    def test_the_state_can_be_read_in_repr(self) -> None:
        """A log line with the breaker in it says what one wants to know."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        assert repr(subject) == "<CircuitBreaker 'example.org' open, 3 consecutive failures, probe in 10.0 s>"
        clock.move(10.0)
        subject.acquire()
        assert "half_open" in repr(subject)
        assert "1 of 1 probes" in repr(subject)


class TestHalfOpen:
    """Which callers pass as probes, and what their results do."""

    @pytest.mark.parametrize("probes", [1, 3])
    async def test_of_fifty_callers_exactly_the_allowed_probes_pass(self, probes: int) -> None:
        """The others are rejected while the probes are under way."""
        clock = FakeClock()
        subject = breaker(clock, half_open_max_calls=probes, success_threshold=probes)
        fail(subject, 3)
        await clock.advance(10.0)
        passed = 0

        async def slow() -> None:
            nonlocal passed
            passed += 1
            await clock.sleep(1.0)

        callers = asyncio.gather(*(subject.call(slow) for _ in range(50)), return_exceptions=True)
        await clock.advance(1.0)
        results = await callers
        assert passed == probes
        assert sum(isinstance(result, CircuitOpenError) for result in results) == 50 - probes
        assert subject.state is CircuitState.CLOSED

    def test_it_closes_after_as_many_good_probes_as_configured(self) -> None:
        """One at a time, three in all."""
        clock = FakeClock()
        subject = breaker(clock, success_threshold=3)
        fail(subject, 3)
        clock.move(10.0)
        succeed(subject, 2)
        assert subject.state is CircuitState.HALF_OPEN
        succeed(subject)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 0)

    def test_a_failed_probe_opens_it_for_longer_up_to_the_cap(self) -> None:
        """10, 20, 40, then 50 seconds, and 10 again after a recovery."""
        clock = FakeClock()
        subject = breaker(clock, backoff_multiplier=2.0, max_recovery_timeout=50.0)
        fail(subject, 3)
        for expected in (20.0, 40.0, 50.0, 50.0):
            clock.move(subject.retry_after)
            fail(subject)
            assert subject.retry_after == pytest.approx(expected)
        clock.move(subject.retry_after)
        succeed(subject)
        fail(subject, 3)
        assert subject.retry_after == pytest.approx(10.0)

    def test_a_slow_probe_does_not_close_it(self) -> None:
        """If slowness is judged, a probe that answers too late has failed."""
        clock = FakeClock()
        subject = breaker(clock, slow_call_duration=1.0)
        fail(subject, 3)
        clock.move(10.0)
        succeed(subject, 1, duration=5.0)
        assert subject.state is CircuitState.OPEN

    async def test_a_cancelled_probe_gives_its_permit_back(self) -> None:
        """The next caller is the probe."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        await clock.advance(10.0)
        probe = clock.start(subject.call(clock.sleep, 100.0))
        await clock.advance(1.0)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert subject.state is CircuitState.HALF_OPEN
        assert await subject.call(answer) == "ok"
        assert subject.state is CircuitState.CLOSED

    def test_a_permit_that_never_comes_back_does_not_keep_it_half_open(self) -> None:
        """After a minute the lost place is given away; a result that comes very late still counts."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        clock.move(10.0)
        lost = subject.acquire()
        clock.move(59.0)
        with pytest.raises(CircuitOpenError):
            subject.acquire()
        clock.move(1.0)
        subject.acquire()
        with pytest.raises(CircuitOpenError):
            subject.acquire()
        subject.on_success(lost, 60.0)
        assert subject.state is CircuitState.CLOSED


class TestGenerations:
    """Late results of an earlier generation change nothing."""

    def test_a_late_success_does_not_close_an_open_breaker(self) -> None:
        """It was admitted before the breaker opened."""
        subject = breaker(FakeClock())
        early = subject.acquire()
        fail(subject, 3)
        subject.on_success(early, 5.0)
        assert subject.state is CircuitState.OPEN

    def test_a_late_failure_neither_reopens_nor_counts(self) -> None:
        """Neither in half-open, where it would be taken for the probe, nor after the recovery."""
        clock = FakeClock()
        subject = breaker(clock)
        early = [subject.acquire() for _ in range(5)]
        fail(subject, 3)
        clock.move(10.0)
        probe = subject.acquire()
        subject.on_failure(early[0], 9.0)
        subject.on_cancel(early[1])
        assert subject.state is CircuitState.HALF_OPEN
        with pytest.raises(CircuitOpenError):
            subject.acquire()
        subject.on_success(probe, 0.1)
        for permit in early[2:]:
            subject.on_failure(permit, 9.0)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 0)

    def test_recovery_forgets_the_failures_of_the_window(self) -> None:
        """What opened it last time does not open it again at the first failure."""
        clock = FakeClock()
        subject = breaker(clock, failure_threshold=100, failure_ratio=0.5, minimum_throughput=4, window=600)
        fail(subject, 4)
        assert subject.state is CircuitState.OPEN
        clock.move(10.0)
        succeed(subject)
        fail(subject)
        assert subject.state is CircuitState.CLOSED


class TestCall:
    """``call``: what counts, and what comes back."""

    async def test_it_returns_what_the_function_returns(self) -> None:
        """Functions may be plain or asynchronous."""
        subject = CircuitBreaker()
        assert await subject.call(answer) == "ok"
        assert await subject.call(divmod, 7, 2) == (3, 1)
        assert await subject.call(dict, a=1) == {"a": 1}

    async def test_it_raises_what_the_function_raises_and_counts_it(self) -> None:
        """The caller sees the error itself."""
        subject = breaker(FakeClock())
        with pytest.raises(ConnectionError):
            await subject.call(refuse)
        assert subject.failure_count == 1

    async def test_errors_that_are_not_the_hosts_fault_count_as_an_answer(self) -> None:
        """A 404 is an answer: it resets the count, and as a probe it closes the breaker."""
        clock = FakeClock()
        config = CircuitBreakerConfig(failure_threshold=2, recovery_timeout=timedelta(seconds=10))
        subject = CircuitBreaker(config, clock=clock, is_failure=lambda error: isinstance(error, OSError))

        def not_found() -> None:
            raise LookupError

        for _ in range(10):
            with pytest.raises(LookupError):
                await subject.call(not_found)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 0)
        fail(subject, 2)
        await clock.advance(10.0)
        with pytest.raises(LookupError):
            await subject.call(not_found)
        assert subject.state is CircuitState.CLOSED

    async def test_a_cancellation_is_no_verdict(self) -> None:
        """However many callers give up, the breaker stays closed and counts nothing."""
        clock = FakeClock()
        subject = breaker(clock)
        calls = [clock.start(subject.call(clock.sleep, 100.0)) for _ in range(20)]
        await clock.advance(1.0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert (subject.state, subject.failure_count) == (CircuitState.CLOSED, 0)

    async def test_calls_run_side_by_side(self) -> None:
        """Nothing is locked during a call: fifty slow ones take the time of one."""
        clock = FakeClock(monotonic=0.0)
        subject = breaker(clock)
        await clock.run(asyncio.gather(*(subject.call(clock.sleep, 1.0) for _ in range(50))))
        assert clock.monotonic() == 1.0


class TestSurroundings:
    """The clock and the listener."""

    def test_a_wall_clock_that_jumps_changes_nothing(self) -> None:
        """Neither a year forward nor back to 1970 moves the end of the open time."""
        clock = FakeClock()
        subject = breaker(clock)
        fail(subject, 3)
        clock.set_time(clock.time() + 365 * 86400)
        assert subject.retry_after == 10.0
        clock.set_time(0.0)
        assert subject.retry_after == 10.0

    def test_every_transition_is_told_once(self) -> None:
        """The listener hears old and new state, in order."""
        clock = FakeClock()
        heard: list[tuple[CircuitState, CircuitState]] = []
        config = CircuitBreakerConfig(failure_threshold=1, recovery_timeout=10)
        subject = CircuitBreaker(config, clock=clock, on_transition=lambda *states: heard.append(states))
        fail(subject)
        clock.move(10.0)
        succeed(subject)
        assert heard == [
            (CircuitState.CLOSED, CircuitState.OPEN),
            (CircuitState.OPEN, CircuitState.HALF_OPEN),
            (CircuitState.HALF_OPEN, CircuitState.CLOSED),
        ]
