"""A last line behind the deadlines of all requests: one timer, however many are under way."""

from __future__ import annotations

import asyncio
from operator import itemgetter


class Cutoff:
    """Cancels what is still under way when its time is long up.

    ``asyncio.timeout`` sets a timer per request; here one timer waits for the earliest of all times, and a request that
    ends in time costs two dictionary operations.
    """

    __slots__ = ("_due", "_expired", "_handle", "_wakes_at")

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[object], float] = {}
        self._expired: set[asyncio.Task[object]] = set()
        self._handle: asyncio.TimerHandle | None = None
        self._wakes_at = float("inf")

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._due)

    def enter(self, seconds: float) -> asyncio.Task[object]:
        """Cancel the current task in so many seconds, unless it leaves before; return what to leave with."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None or task in self._due:
            msg = "a cut-off is entered once by a task"
            raise RuntimeError(msg)
        when = loop.time() + seconds
        self._due[task] = when
        if when < self._wakes_at:
            self._set(loop, when)
        return task

    def leave(self, task: asyncio.Task[object]) -> bool:
        """Be done; return whether the task was cancelled here, and by nobody else."""
        self._due.pop(task, None)
        if not self._due and self._handle is not None:
            # nothing holds the loop back from ending; the next request sets the timer again
            self._handle.cancel()
            self._handle, self._wakes_at = None, float("inf")
        if task not in self._expired:
            return False
        self._expired.discard(task)
        return task.uncancel() == 0

    def _set(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._wakes_at = when
        self._handle = loop.call_at(when, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle, self._wakes_at = None, float("inf")
        now = loop.time()
        for task, when in sorted(self._due.items(), key=itemgetter(1)):
            if when <= now:
                del self._due[task]
                self._expired.add(task)
                task.cancel()
        if self._due:
            self._set(loop, min(self._due.values()))
