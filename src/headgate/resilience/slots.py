"""Slots: how many calls may be under way at once, first come, first served."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from headgate.clock import Clock
from headgate.errors import RateLimitTimeoutError
from headgate.resilience.alarm import Alarm


class SlotPool:
    """A fixed number of slots, handed over in the order of asking.

    A freed slot goes to the first waiter directly, so nobody who comes later can take it. A waiter that is cancelled,
    even while the slot is being handed to it, passes it on.

    Args:
        limit: How many slots there are.
        name: What they are for, for messages.
        clock: Where the time comes from.
    """

    __slots__ = ("_alarm", "_limit", "_monotonic", "_name", "_waiters", "in_use")

    def __init__(self, limit: int, *, name: str, clock: Clock) -> None:
        self._limit = limit
        self._name = name
        self._monotonic = clock.monotonic
        self._alarm = Alarm(clock, self._expire)
        # each waiter with the time at which it gives up
        self._waiters: OrderedDict[asyncio.Future[None], float] = OrderedDict()
        self.in_use = 0

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return len(self._waiters)

    def try_acquire(self) -> bool:
        """Take a slot if one is free: nobody waits then, because a freed slot goes to the first who does."""
        if self.in_use >= self._limit:
            return False
        self.in_use += 1
        return True

    async def acquire(self, max_wait: float | None = None) -> float:
        """Wait for a slot; return the seconds waited.

        Raises:
            RateLimitTimeoutError: None came free within ``max_wait`` seconds.
        """
        if self.try_acquire():
            return 0.0
        started = self._monotonic()
        if max_wait is not None and max_wait <= 0:
            raise self._timeout()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[future] = float("inf") if max_wait is None else started + max_wait
        if max_wait is not None:
            self._alarm.set(started + max_wait)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.release()
            raise
        finally:
            self._waiters.pop(future, None)
            if not self._waiters:
                self._alarm.stop()
        return self._monotonic() - started

    def release(self) -> None:
        """Give a slot back, to the first waiter if there is one."""
        if self.in_use == 0:
            msg = f"a slot of {self._name} was released that nobody held"
            raise ValueError(msg)
        while self._waiters:
            future, _ = self._waiters.popitem(last=False)
            if not future.done():
                future.set_result(None)
                return
        self.in_use -= 1

    def _expire(self) -> float | None:
        """Turn away those who will not wait any longer; return when to look again."""
        now = self._monotonic()
        for future, give_up_at in list(self._waiters.items()):
            if give_up_at <= now:
                del self._waiters[future]
                if not future.done():
                    future.set_exception(self._timeout())
        due = min(self._waiters.values(), default=float("inf"))
        return None if due == float("inf") else due

    def _timeout(self) -> RateLimitTimeoutError:
        return RateLimitTimeoutError(
            f"All {self._limit} slots of {self._name} are taken, and none came free in time.",
            hint="Raise concurrent_limit, or wait longer.",
        )
