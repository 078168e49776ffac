"""Many tasks at the same time, a few at once, each with an outcome of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

from headgate.errors import ConfigError
from headgate.extract.result import TaskResult

T = TypeVar("T")

Task: TypeAlias = "Awaitable[T] | Callable[[], Awaitable[T]]"
"""A coroutine, or a function without arguments that makes one (a plain function that returns a value passes too)."""


async def concurrently(tasks: Iterable[Task[T]], *, max_concurrent: int) -> list[TaskResult[T]]:
    """Run tasks, ``max_concurrent`` at once, and return their outcomes in the order of the tasks.

    A task that fails neither shifts, hides nor cancels another. Cancelling the whole cancels all of them, and closes
    the coroutines that were not started.

    Raises:
        ConfigError: ``max_concurrent`` is below 1.
    """
    pending = list(tasks)
    if max_concurrent < 1:
        _close(pending)
        raise ConfigError(
            f"max_concurrent must be at least 1, not {max_concurrent}.",
            hint="With none at once, nothing would ever run.",
        )
    results: list[TaskResult[T]] = [TaskResult()] * len(pending)
    queue = iter(enumerate(pending))
    started = set[int]()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(max_concurrent, len(pending))):
                group.create_task(_worker(queue, results, started))
    finally:
        _close(task for index, task in enumerate(pending) if index not in started)
    return results


async def _worker(queue: Iterator[tuple[int, Task[Any]]], results: list[TaskResult[Any]], started: set[int]) -> None:
    """Take one task after the other until none is left."""
    for index, task in queue:
        started.add(index)
        try:
            outcome: Any = task() if callable(task) else task
            at_once = callable(task) and not inspect.isawaitable(outcome)
            results[index] = TaskResult(value=outcome if at_once else await outcome)
        except asyncio.CancelledError as error:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            results[index] = TaskResult(error=error)
        except Exception as error:  # noqa: BLE001 - the outcome of a task, whatever it is, belongs to its caller
            results[index] = TaskResult(error=error)


def _close(tasks: Iterable[Task[Any]]) -> None:
    """Close coroutines that nobody will await, and cancel what runs already and nobody waits for any more."""
    for task in tasks:
        if inspect.iscoroutine(task):
            task.close()
        elif isinstance(task, asyncio.Future):
            task.cancel()
