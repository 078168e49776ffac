"""One piece of work per key, however many wait for it, and nobody who stops waiting harms the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from headgate.errors import RetryLaterError

T = TypeVar("T")


class Flight(Generic[T]):
    """Work under way.

    Args:
        key: What is worked on.
        task: The work, in a task of its own.
        background: It goes on although nobody waits.
        meanwhile: What newcomers may be content with until it is done.
    """

    __slots__ = ("background", "key", "meanwhile", "task", "waiters")

    def __init__(self, key: str, task: asyncio.Task[T], *, background: bool, meanwhile: T | None) -> None:
        self.key = key
        self.task = task
        self.background = background
        self.meanwhile = meanwhile
        self.waiters: list[asyncio.Future[T]] = []


class SingleFlight(Generic[T]):
    """The work under way, by key.

    The work runs in a task of its own, strongly referenced. A waiter that is cancelled leaves; when the last one has
    left, the work is cancelled too, unless it runs in the background.
    """

    def __init__(self) -> None:
        self._flights: dict[str, Flight[T]] = {}
        # also holds what was forgotten and is still ending
        self._tasks: dict[asyncio.Task[T], Flight[T]] = {}

    def get(self, key: str) -> Flight[T] | None:
        """Return the work under way for a key."""
        return self._flights.get(key)

    def start(
        self, key: str, work: Coroutine[Any, Any, T], *, background: bool = False, meanwhile: T | None = None
    ) -> Flight[T]:
        """Start work; newcomers join it from now on, also if other work for the key is ending."""
        task = asyncio.get_running_loop().create_task(work)
        flight = Flight(key, task, background=background, meanwhile=meanwhile)
        self._flights[key] = flight
        self._tasks[task] = flight
        task.add_done_callback(self._settle)
        return flight

    async def wait(self, flight: Flight[T]) -> T:
        """Wait for the result, or for the error: each waiter is given an exception of its own."""
        waiter: asyncio.Future[T] = flight.task.get_loop().create_future()
        flight.waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._leave(flight, waiter)
            raise

    def forget(self, key: str) -> None:
        """Let nobody else join the work of a key: its result is out of date before it is there."""
        self._flights.pop(key, None)

    def forget_all(self) -> None:
        """Let nobody else join any work."""
        self._flights.clear()

    def is_current(self, key: str) -> bool:
        """Tell the work, from within, whether it still is the work for this key."""
        flight = self._flights.get(key)
        return flight is not None and flight.task is asyncio.current_task()

    async def close(self) -> None:
        """Cancel all work and wait until it has ended."""
        self._flights.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, flight: Flight[T], waiter: asyncio.Future[T]) -> None:
        if waiter in flight.waiters:
            flight.waiters.remove(waiter)
        elif waiter.done() and not waiter.cancelled():
            waiter.exception()  # the result came in the same instant: nobody will look at it, and that is no mistake
        if not flight.waiters and not flight.background and not flight.task.done():
            if self._flights.get(flight.key) is flight:
                del self._flights[flight.key]
            flight.task.cancel()

    def _settle(self, task: asyncio.Task[T]) -> None:
        flight = self._tasks.pop(task)
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]
        waiters, flight.waiters = flight.waiters, []
        error = _cancelled(flight.key) if task.cancelled() else task.exception()
        for number, waiter in enumerate(waiters):
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(task.result())
            else:
                waiter.set_exception(copy_error(error) if number else error)


def _cancelled(key: str) -> RetryLaterError:
    return RetryLaterError(f"The fetch of '{key}' was cancelled before it was done.", hint="Ask again.")


def copy_error(error: BaseException) -> BaseException:
    """Return a copy with the same traceback, cause and attributes, so that raising one does not change the other.

    An exception that cannot be rebuilt from its arguments is returned itself.
    """
    cls = type(error)
    try:
        twin = cls.__new__(cls, *error.args)
    except TypeError:
        return error
    twin.args = error.args
    twin.__dict__.update(error.__dict__)
    twin.__traceback__ = error.__traceback__
    twin.__cause__ = error.__cause__
    twin.__context__ = error.__context__
    twin.__suppress_context__ = error.__suppress_context__
    return twin
