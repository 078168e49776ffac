"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# a bound on the turns given to tasks that never come to rest, such as ``while True: await asyncio.sleep(0)``
_MAX_TURNS = 1000
# turns given on event loops that do not tell whether anything is ready to run
_BLIND_TURNS = 50


class FakeClock:
    """A :class:`~headgate.clock.Clock` under the test's control: nothing waits for real.

    Args:
        monotonic: Where the monotonic time starts, in seconds.
        time: Where the wall clock starts, in seconds since the Unix epoch.
    """

    def __init__(self, monotonic: float = 1000.0, time: float = 1_750_000_000.0) -> None:
        self._monotonic = monotonic
        self._time = time
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __repr__(self) -> str:
        """Return the time and the number of sleepers."""
        return f"<FakeClock monotonic={self._monotonic:.3f} time={self._time:.3f} sleepers={self.sleepers}>"

    @property
    def sleepers(self) -> int:
        """How many tasks are waiting in :meth:`sleep`."""
        return sum(not future.done() for _, _, future in self._sleepers)

    def monotonic(self) -> float:
        """Return the monotonic time in seconds."""
        return self._monotonic

    def time(self) -> float:
        """Return the wall clock in seconds since the Unix epoch."""
        return self._time

    def set_time(self, seconds: float) -> None:
        """Set the wall clock, forwards or backwards; the monotonic time does not notice."""
        self._time = seconds

    def move(self, seconds: float) -> None:
        """Move both clocks forward without waking anybody: for code that never waits."""
        if seconds < 0:
            msg = "a monotonic clock does not go backwards; use set_time for the wall clock"
            raise ValueError(msg)
        self._monotonic += seconds
        self._time += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has moved the clock by ``seconds``."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._monotonic + seconds, self._order, future))
        await future

    async def advance(self, seconds: float = 0.0) -> None:
        """Move both clocks forward, wake sleepers in order, and let tasks run to rest at every stop.

        Tasks see the exact time they asked for when they wake. What they start while the clock moves counts as well.
        """
        if seconds < 0:
            msg = "a monotonic clock does not go backwards; use set_time for the wall clock"
            raise ValueError(msg)
        target = self._monotonic + seconds
        await settle()
        while (due := self._next_due()) is not None and due <= target:
            self._wake(due)
            await settle()
        self.move(max(0.0, target - self._monotonic))
        await settle()

    async def run(self, awaitable: Awaitable[T]) -> T:
        """Run ``awaitable`` to its end, moving the clock to the next sleeper whenever nothing else can run."""
        task = asyncio.ensure_future(awaitable)
        try:
            await settle()
            while not task.done():
                due = self._next_due()
                if due is None:
                    # only the outside world (a socket, a thread) can move the task now
                    await asyncio.wait({task}, timeout=0.001)
                else:
                    self._wake(due)
                await settle()
        finally:
            task.cancel()
        return await task

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task; it runs when the clock is next advanced."""
        return asyncio.get_running_loop().create_task(coroutine)

    def _next_due(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _wake(self, due: float) -> None:
        """Move to ``due`` and wake the first sleeper."""
        self.move(max(0.0, due - self._monotonic))
        # the sum of many small moves must not fall short of what the sleeper asked for
        self._monotonic = max(self._monotonic, due)
        _, _, future = heapq.heappop(self._sleepers)
        future.set_result(None)


async def settle() -> None:
    """Let every task run until all of them wait for something."""
    ready = getattr(asyncio.get_running_loop(), "_ready", None)
    for turn in range(_MAX_TURNS):
        await asyncio.sleep(0)
        if (not ready) if ready is not None else turn >= _BLIND_TURNS:
            return
