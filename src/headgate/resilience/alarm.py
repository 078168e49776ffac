"""One timer for all who wait, on an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from headgate.clock import Clock


class Alarm:
    """Calls ``ring`` at a time that can be moved; a task exists only while the alarm is set.

    Args:
        clock: Where the time comes from and how waiting is done.
        ring: Called when it is time. Returns the monotonic time of the next call, or ``None`` for no more. It may be
            called early, so it looks at the clock itself.
    """

    __slots__ = ("_clock", "_due", "_ring", "_task")

    def __init__(self, clock: Clock, ring: Callable[[], float | None]) -> None:
        self._clock = clock
        self._ring = ring
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None

    def set(self, due: float) -> None:
        """Ring at ``due`` (monotonic seconds) at the latest."""
        if self._task is not None and not self._task.done():
            if due >= self._due:
                return
            self._task.cancel()
        self._due = due
        self._task = asyncio.get_running_loop().create_task(self._run(due))

    def stop(self) -> None:
        """Ring no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, first: float) -> None:
        due: float | None = first
        while due is not None:
            self._due = due
            await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
            due = self._ring()
