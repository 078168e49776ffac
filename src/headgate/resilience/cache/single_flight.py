"""One piece of work per key, however many wait for it, and nobody who stops waiting harms the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from headgate.errors import RetryLaterError

T = TypeVar("T")


class Flight(Generic[T]):
    """Work under way.

    Args:
        key: What is worked on.
        background: It goes on although nobody waits.
        meanwhile: What newcomers may be content with until it is done.
    """

    __slots__ = ("background", "key", "meanwhile", "task", "waiters")

    task: asyncio.Task[None]

    def __init__(self, key: str, *, background: bool, meanwhile: T | None) -> None:
        self.key = key
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
        # what nobody can join any more and has not ended yet
        self._overtaken: set[Flight[T]] = set()

    def get(self, key: str) -> Flight[T] | None:
        """Return the work under way for a key."""
        return self._flights.get(key)

    def start(
        self,
        key: str,
        work: Callable[..., Awaitable[T]],
        *arguments: Any,
        background: bool = False,
        meanwhile: T | None = None,
    ) -> Flight[T]:
        """Start ``work(*arguments)``; newcomers join it from now on, also if older work for the key is ending."""
        flight: Flight[T] = Flight(key, background=background, meanwhile=meanwhile)
        self._flights[key] = flight
        flight.task = asyncio.get_running_loop().create_task(self._run(flight, work, arguments))
        return flight

    async def wait(self, flight: Flight[T]) -> T:
        """Wait for the result, or for the error: each waiter is given an exception of its own."""
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        flight.waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._leave(flight, waiter)
            raise

    def forget(self, key: str) -> None:
        """Let nobody else join the work of a key: its result is out of date before it is there."""
        flight = self._flights.pop(key, None)
        if flight is not None:
            self._overtaken.add(flight)

    def forget_all(self) -> None:
        """Let nobody else join any work."""
        self._overtaken.update(self._flights.values())
        self._flights.clear()

    def is_current(self, key: str) -> bool:
        """Tell the work, from within, whether it still is the work for this key."""
        flight = self._flights.get(key)
        return flight is not None and flight.task is asyncio.current_task()

    async def close(self) -> None:
        """Cancel all work, tell who waits for it, and wait until it has ended."""
        flights = [*self._flights.values(), *self._overtaken]
        for flight in flights:
            flight.task.cancel()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)
        for flight in flights:  # work that was cancelled before it began could not say so itself
            self._end(flight, None, _cancelled(flight.key))

    async def _run(self, flight: Flight[T], work: Callable[..., Awaitable[T]], arguments: tuple[Any, ...]) -> None:
        try:
            result = await work(*arguments)
        except Exception as error:  # noqa: BLE001 - whoever waits raises it; nobody may wait for background work
            self._end(flight, None, error)
        except BaseException:
            self._end(flight, None, _cancelled(flight.key))
            raise
        else:
            self._end(flight, result, None)

    def _leave(self, flight: Flight[T], waiter: asyncio.Future[T]) -> None:
        if waiter in flight.waiters:
            flight.waiters.remove(waiter)
        elif waiter.done() and not waiter.cancelled():
            waiter.exception()  # the result came in the same instant: nobody will look at it, and that is no mistake
        if not flight.waiters and not flight.background and not flight.task.done():
            if self._flights.get(flight.key) is flight:
                self.forget(flight.key)
            # it has begun, because it was scheduled before whoever waits could be woken: it comes to its own end
            flight.task.cancel()

    def _end(self, flight: Flight[T], result: T | None, error: Exception | None) -> None:
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]
        else:
            self._overtaken.discard(flight)
        waiters, flight.waiters = flight.waiters, []
        for number, waiter in enumerate(waiters):
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(result)  # type: ignore[arg-type]
            else:
                waiter.set_exception(copy_error(error) if number else error)


def _cancelled(key: str) -> RetryLaterError:
    return RetryLaterError(f"The fetch of '{key}' was cancelled before it was done.", hint="Ask again.")


def copy_error(error: Exception) -> Exception:
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
