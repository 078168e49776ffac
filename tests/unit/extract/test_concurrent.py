"""Many tasks, a few at once."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable

import pytest

from headgate.errors import ConfigError
from headgate.extract.concurrent import concurrently


def returning(value: int, *, after: int = 0) -> Callable[[], Awaitable[int]]:
    """Return a task that gives a value after some turns of the loop."""

    async def task() -> int:
        for _ in range(after):
            await asyncio.sleep(0)
        return value

    return task


async def failing() -> int:
    """Fail."""
    raise LookupError


async def test_results_come_in_the_order_of_the_tasks() -> None:
    """Tasks that finish in another order are returned in theirs."""
    results = await concurrently([returning(n, after=5 - n) for n in range(5)], max_concurrent=3)
    assert [result.unwrap() for result in results] == [0, 1, 2, 3, 4]


async def test_a_failure_neither_shifts_nor_hides_another() -> None:
    """A task that fails has its error in its own place."""
    results = await concurrently([returning(1), failing(), returning(3)], max_concurrent=1)
    assert [result.value for result in results] == [1, None, 3]
    assert [result.ok for result in results] == [True, False, True]
    with pytest.raises(LookupError):
        results[1].unwrap()


async def test_a_task_may_return_none() -> None:
    """None is a value like any other."""

    async def nothing() -> None:
        return None

    (result,) = await concurrently([nothing()], max_concurrent=1)
    assert result.ok
    assert result.unwrap() is None


async def test_a_plain_function_will_do() -> None:
    """A function that returns a value instead of a coroutine gives its value, and one that raises its error."""
    plain, broken, no_task = await concurrently([lambda: 5, lambda: 1 // 0, None], max_concurrent=2)  # type: ignore[list-item]
    assert plain.unwrap() == 5
    assert isinstance(broken.error, ZeroDivisionError)
    assert isinstance(no_task.error, TypeError)


async def test_no_more_than_asked_run_at_once() -> None:
    """The number of tasks under way never exceeds the limit."""
    running = peak = 0

    async def task() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0)
        running -= 1

    await concurrently([task for _ in range(50)], max_concurrent=4)
    assert peak == 4


async def test_a_task_cancelled_from_inside_does_not_lose_the_others() -> None:
    """A task that raises a cancellation of its own is an outcome like any other failure."""

    async def cancels_itself() -> int:
        raise asyncio.CancelledError

    results = await concurrently([returning(1), cancels_itself(), returning(3)], max_concurrent=2)
    assert [result.ok for result in results] == [True, False, True]
    assert results[2].value == 3


async def test_cancelling_the_whole_cancels_all_and_leaves_no_coroutine() -> None:
    """Tasks under way are cancelled, those not started are closed without a warning."""
    begun, cancelled = [], []

    async def endless(number: int) -> None:
        begun.append(number)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = asyncio.create_task(concurrently([endless(n) for n in range(10)], max_concurrent=3))
        while len(begun) < 3:
            await asyncio.sleep(0)
        whole.cancel()
        with pytest.raises(asyncio.CancelledError):
            await whole
    assert sorted(cancelled) == [0, 1, 2]


async def test_cancelling_the_whole_cancels_tasks_that_ran_before() -> None:
    """Tasks that were started by the caller are cancelled too, also those whose turn had not come."""
    running = [asyncio.create_task(asyncio.Event().wait()) for _ in range(4)]
    whole = asyncio.create_task(concurrently(running, max_concurrent=2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await whole
    await asyncio.wait(running)
    assert all(task.cancelled() for task in running)


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_below_one_is_refused(limit: int) -> None:
    """No task would ever run, so nothing is started and no coroutine is left."""
    with pytest.raises(ConfigError, match="at least 1"):
        await concurrently([failing()], max_concurrent=limit)


async def test_no_tasks_no_results() -> None:
    """Nothing in, nothing out."""
    assert await concurrently([], max_concurrent=5) == []
