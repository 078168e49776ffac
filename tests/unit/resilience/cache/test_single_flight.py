"""One piece of work per key."""

from __future__ import annotations

import asyncio
import gc
import random
import traceback
from typing import Self

import pytest

from headgate.errors import ConnectError, RetryLaterError
from headgate.resilience.cache.single_flight import SingleFlight, copy_error
from headgate.testing.clock import settle


class Work:
    """Work that a test finishes by hand."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> str:
        """Wait for the gate."""
        self.started += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return "done"


def join(flights: SingleFlight[str], work: Work) -> asyncio.Task[str]:
    """Start the work, or join it."""
    flight = flights.get("k") or flights.start("k", work)
    return asyncio.create_task(flights.wait(flight))


async def test_one_work_for_all() -> None:
    """A hundred waiters are served by one piece of work."""
    flights, work = SingleFlight[str](), Work()
    waiters = [join(flights, work) for _ in range(100)]
    await settle()
    work.gate.set()
    assert set(await asyncio.gather(*waiters)) == {"done"}
    assert work.started == 1
    assert flights.get("k") is None


@pytest.mark.parametrize("who", [0, 1, 2])
async def test_cancelling_one_harms_nobody(who: int) -> None:
    """Whether the first, the second or the last waiter is cancelled, the others are served by the same work."""
    flights, work = SingleFlight[str](), Work()
    waiters = [join(flights, work) for _ in range(3)]
    await settle()
    waiters[who].cancel()
    await settle()
    assert waiters[who].cancelled()
    work.gate.set()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert results.count("done") == 2
    assert (work.started, work.cancelled) == (1, 0)


async def test_cancelling_all_cancels_the_work() -> None:
    """When nobody waits any more, the work stops; who comes next starts anew."""
    flights, work = SingleFlight[str](), Work()
    waiters = [join(flights, work) for _ in range(3)]
    await settle()
    for waiter in waiters:
        waiter.cancel()
    await settle()
    assert work.cancelled == 1
    newcomer = join(flights, work)
    await settle()
    work.gate.set()
    assert await newcomer == "done"
    assert work.started == 2


async def test_cancelled_in_the_instant_of_the_start() -> None:
    """A waiter that is cancelled before the work takes its first step leaves nothing behind and no warning."""
    flights, work = SingleFlight[str](), Work()
    waiter = join(flights, work)
    asyncio.get_running_loop().call_soon(waiter.cancel)
    await settle()
    assert waiter.cancelled()
    assert not flights._overtaken
    assert not flights._flights


async def test_background_work_goes_on() -> None:
    """Background work needs no waiter, and is held although nobody has a reference to it."""
    flights, work = SingleFlight[str](), Work()
    flights.start("k", work, background=True)
    await settle()
    waiter = join(flights, work)
    await settle()
    waiter.cancel()
    await settle()
    gc.collect()
    assert work.cancelled == 0
    late = join(flights, work)
    work.gate.set()
    assert await late == "done"
    assert work.started == 1


async def test_everyone_gets_an_exception_of_their_own() -> None:
    """The error reaches all, with its attributes; raising one does not lengthen another's traceback."""
    flights, work = SingleFlight[str](), Work()
    work.error = ConnectError("down", url="http://a", attempts=3, hint="wait")
    waiters = [join(flights, work) for _ in range(3)]
    await settle()
    work.gate.set()
    errors = await asyncio.gather(*waiters, return_exceptions=True)
    assert len({id(error) for error in errors}) == 3
    for error in errors:
        assert isinstance(error, ConnectError)
        assert (error.url, error.attempts, error.hint, error.message) == ("http://a", 3, "wait", "down")
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        assert frames.count("__call__") == 1
        assert len(frames) < 8


async def test_an_error_nobody_waits_for_is_quiet() -> None:
    """An error of background work is nobody's: the event loop does not complain about it."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    flights, work = SingleFlight[str](), Work()
    work.error = ValueError("no")
    work.gate.set()
    flights.start("k", work, background=True)
    await settle()
    gc.collect()
    assert complaints == []


async def test_forgotten_work_serves_who_waits_and_nobody_else() -> None:
    """After ``forget``, those who wait are still served, and newcomers start anew."""
    flights, old, new = SingleFlight[str](), Work(), Work()
    waiter = join(flights, old)
    await settle()
    flights.forget("k")
    newcomer = join(flights, new)
    await settle()
    old.gate.set()
    assert await waiter == "done"
    assert flights.get("k") is not None
    new.gate.set()
    assert await newcomer == "done"


async def test_close_tells_who_waits() -> None:
    """Closing cancels the work; who waits is told so by an error, not by a cancellation that is not theirs."""
    flights, work = SingleFlight[str](), Work()
    waiters = [join(flights, work) for _ in range(2)]
    await settle()
    unbegun = asyncio.create_task(flights.wait(flights.start("other", work)))
    await asyncio.sleep(0)
    await flights.close()
    for waiter in (*waiters, unbegun):
        with pytest.raises(RetryLaterError, match="cancelled"):
            await waiter
    assert work.cancelled >= 1


async def test_close_ends_forgotten_work_too() -> None:
    """Work that nobody can join any more is cancelled by closing like any other."""
    flights, work = SingleFlight[str](), Work()
    waiter = join(flights, work)
    await settle()
    flights.forget("k")
    await flights.close()
    assert work.cancelled == 1
    with pytest.raises(RetryLaterError):
        await waiter


async def test_random_cancellations_leak_nothing() -> None:
    """Ten thousand waiters cancelled at random: every other one is served, nothing stays behind."""
    rng = random.Random(5)
    flights: SingleFlight[int] = SingleFlight()

    async def work() -> int:
        for _ in range(rng.randrange(6)):
            await asyncio.sleep(0)
        return 1

    async def look(key: str) -> int:
        return await flights.wait(flights.get(key) or flights.start(key, work))

    pending: list[tuple[asyncio.Task[int], bool]] = []
    for _ in range(10_000):
        task = asyncio.create_task(look(str(rng.randrange(20))))
        doomed = rng.random() < 0.5
        pending.append((task, doomed))
        if rng.random() < 0.3:
            await asyncio.sleep(0)
        if doomed:
            task.cancel()
    await asyncio.wait([task for task, _ in pending])
    await settle()
    assert all(task.result() == 1 for task, doomed in pending if not doomed)
    assert not flights._overtaken
    assert not flights._flights
    assert len(asyncio.all_tasks()) == 1


def test_copy_of_an_error_that_cannot_be_rebuilt() -> None:
    """An exception with demanding construction is passed on as it is."""

    class DemandingError(Exception):
        def __new__(cls, one: str, *, two: str) -> Self:
            return super().__new__(cls, one)

        def __init__(self, one: str, *, two: str) -> None:
            super().__init__(one)

    error = DemandingError("a", two="b")
    assert copy_error(error) is error
