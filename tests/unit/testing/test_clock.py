"""The fake clock: time moves only when a test says so."""

from __future__ import annotations

import asyncio

import pytest

from headgate.testing.clock import FakeClock


async def test_sleepers_wake_in_order_at_the_exact_time_they_asked_for() -> None:
    """One advance over several sleepers stops at each of them."""
    clock = FakeClock(monotonic=0.0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    tasks = [clock.start(sleeper("late", 3.0)), clock.start(sleeper("early", 0.1)), clock.start(sleeper("never", 9.0))]
    await clock.advance(5.0)
    assert woken == [("early", 0.1), ("late", 3.0)]
    assert clock.monotonic() == 5.0
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_sleeper_that_sleeps_again_is_woken_within_the_same_advance() -> None:
    """Ten sleeps of one second fit into one advance of ten seconds."""
    clock = FakeClock()

    async def ticks() -> int:
        count = 0
        while count < 10:
            await clock.sleep(1.0)
            count += 1
        return count

    task = clock.start(ticks())
    await clock.advance(9.5)
    assert not task.done()
    await clock.advance(0.5)
    assert await task == 10


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    """Nothing is woken for a task that has gone."""
    clock = FakeClock()
    task = clock.start(clock.sleep(1.0))
    await clock.advance(0.0)
    assert clock.sleepers == 1
    task.cancel()
    await clock.advance(0.0)
    assert clock.sleepers == 0
    await clock.advance(2.0)
    assert task.cancelled()


async def test_the_wall_clock_jumps_apart_from_the_monotonic_clock() -> None:
    """Setting the wall clock back leaves the monotonic clock where it is."""
    clock = FakeClock(monotonic=5.0, time=1000.0)
    clock.set_time(10.0)
    await clock.advance(1.0)
    assert (clock.monotonic(), clock.time()) == (6.0, 11.0)


async def test_run_moves_the_clock_as_far_as_the_awaitable_needs() -> None:
    """An hour passes without waiting for it, and the result comes back."""
    clock = FakeClock(monotonic=0.0)

    async def slow() -> str:
        await clock.sleep(3600.0)
        return "done"

    assert await clock.run(slow()) == "done"
    assert clock.monotonic() == 3600.0


async def test_run_passes_an_error_on() -> None:
    """What the awaitable raises reaches the test."""
    clock = FakeClock()

    async def broken() -> None:
        await clock.sleep(1.0)
        raise LookupError

    with pytest.raises(LookupError):
        await clock.run(broken())


def test_the_monotonic_clock_refuses_to_go_back() -> None:
    """A test that tries has a mistake in it."""
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().move(-1.0)
