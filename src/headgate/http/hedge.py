"""Hedging: when an answer is late, a second attempt races the first (Dean and Barroso, The Tail at Scale, 2013)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from headgate.clock import Clock
from headgate.errors import CircuitOpenError, DeadlineExceededError, RateLimitTimeoutError
from headgate.http.verdict import AttemptFailed

T = TypeVar("T")

_LOST = (AttemptFailed, CircuitOpenError, RateLimitTimeoutError, DeadlineExceededError)


async def hedged(
    send: Callable[[asyncio.Event], Coroutine[Any, Any, T]],
    *,
    after: float,
    may_hedge: Callable[[], bool],
    clock: Clock,
) -> T:
    """Return the first good result of one attempt, or of two if the first is late.

    Args:
        send: Starts an attempt; it sets the event when its waiting is over and the wire begins.
        after: Seconds on the wire after which the second attempt starts.
        may_hedge: Asked right before the second attempt; False leaves it at one.
        clock: Where the time comes from.

    Raises:
        Exception: What the first attempt raised, if no attempt brought anything.
    """
    on_wire = asyncio.Event()
    first = asyncio.create_task(send(on_wire))
    timer = asyncio.create_task(_after(on_wire, after, clock))
    running: set[asyncio.Task[Any]] = {first, timer}
    try:
        await asyncio.wait({first, timer}, return_when=asyncio.FIRST_COMPLETED)
        if first.done() or not may_hedge():
            return await first
        second = asyncio.create_task(send(asyncio.Event()))
        running.add(second)
        await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        early, late = (first, second) if first.done() else (second, first)
        try:
            return await early
        except _LOST:
            try:
                return await late
            except _LOST:
                return await first
    finally:
        for task in running:
            task.cancel()
        # the loser has given its slot and its permit back before anybody goes on
        await asyncio.gather(*running, return_exceptions=True)


async def _after(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    await event.wait()
    await clock.sleep(seconds)
