"""Slots: bounded, in order, and never lost."""

from __future__ import annotations

import asyncio

import pytest

from headgate.errors import RateLimitTimeoutError
from headgate.resilience.slots import SlotPool
from headgate.testing.clock import FakeClock


def pool(limit: int = 1, clock: FakeClock | None = None) -> SlotPool:
    """Return a pool for tests."""
    return SlotPool(limit, name="example.org", clock=clock or FakeClock())


async def test_no_more_slots_than_the_limit_are_given() -> None:
    """The next caller waits until one is given back."""
    slots = pool(2)
    assert (slots.try_acquire(), slots.try_acquire(), slots.try_acquire()) == (True, True, False)
    waiter = asyncio.ensure_future(slots.acquire())
    await asyncio.sleep(0)
    assert (slots.in_use, slots.waiting) == (2, 1)
    slots.release()
    await waiter
    assert (slots.in_use, slots.waiting) == (2, 0)


async def test_a_freed_slot_goes_to_the_first_waiter_and_cannot_be_snatched() -> None:
    """Who comes while it is being handed over stays behind those who waited."""
    slots = pool()
    slots.try_acquire()
    served: list[int] = []

    async def work(number: int) -> None:
        await slots.acquire()
        served.append(number)
        slots.release()

    tasks = [asyncio.ensure_future(work(number)) for number in range(5)]
    await asyncio.sleep(0)
    slots.release()
    assert not slots.try_acquire()
    await asyncio.gather(*tasks)
    assert served == [0, 1, 2, 3, 4]
    assert slots.in_use == 0


async def test_a_waiter_cancelled_during_the_hand_over_passes_the_slot_on() -> None:
    """It was given the slot, and cancelled before it could run."""
    slots = pool()
    slots.try_acquire()
    first, second = (asyncio.ensure_future(slots.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    slots.release()
    first.cancel()
    await asyncio.wait_for(second, 5)
    assert first.cancelled()
    assert slots.in_use == 1
    slots.release()
    assert slots.in_use == 0


async def test_a_waiter_that_waits_too_long_is_turned_away() -> None:
    """Exactly when its time is up; the others stay in the queue."""
    clock = FakeClock()
    slots = pool(clock=clock)
    slots.try_acquire()
    patient = clock.start(slots.acquire(max_wait=100.0))
    hurried = clock.start(slots.acquire(max_wait=5.0))
    await clock.advance(4.9)
    assert not hurried.done()
    await clock.advance(0.1)
    with pytest.raises(RateLimitTimeoutError, match=r"example\.org"):
        await hurried
    assert slots.waiting == 1
    slots.release()
    assert await patient == pytest.approx(5.0)
    await clock.advance(0.0)
    assert clock.sleepers == 0, "no timer is left behind"


async def test_who_will_not_wait_at_all_is_turned_away_at_once() -> None:
    """No slot, no patience."""
    slots = pool()
    slots.try_acquire()
    with pytest.raises(RateLimitTimeoutError):
        await slots.acquire(max_wait=0.0)


def test_giving_back_what_nobody_took_is_an_error() -> None:
    """Otherwise the limit would silently grow."""
    with pytest.raises(ValueError, match="nobody held"):
        pool().release()
