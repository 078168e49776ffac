"""What runs on a worker: one open extractor for all that is sent there, and the outcome of each item."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from headgate.errors import HeadgateError
from headgate.extract.concurrent import concurrently
from headgate.extract.result import TaskResult


class OpenExtractor(WorkerPlugin):  # type: ignore[misc]  # Dask is not typed
    """Opens an extractor when a worker joins, and closes it when the worker is done.

    Args:
        make: Makes what ``async with`` opens.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._make = make
        self._opened: AbstractAsyncContextManager[Any] | None = None
        self.extractor: Any = None

    async def setup(self, worker: Worker) -> None:  # noqa: ARG002 - the interface of a plug-in
        """Open the extractor on the worker's event loop."""
        self._opened = self._make()
        self.extractor = await self._opened.__aenter__()

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - the interface of a plug-in
        """Close it."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.__aexit__(None, None, None)


async def extract(
    name: str, function: Callable[[Any, Any], Awaitable[Any]], items: Sequence[Any]
) -> list[TaskResult[Any]]:
    """Return the outcomes of some items in their order; the extractor's own limits say how many run at once."""
    extractor = get_worker().plugins[name].extractor
    outcomes = await concurrently([partial(function, extractor, item) for item in items], max_concurrent=len(items))
    return [one if one.error is None else TaskResult(error=_that_travels(one.error)) for one in outcomes]


async def summary(name: str, dask_worker: Worker) -> dict[str, Any]:
    """Return what the extractor of a worker has counted."""
    counted: dict[str, Any] = dask_worker.plugins[name].extractor.get_metrics_summary()
    return counted


def _that_travels(error: BaseException) -> BaseException:
    """Return an error that reaches the client as it is; one that no other process can read becomes its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - its own bytes, made a moment ago
    except Exception:  # noqa: BLE001 - whatever goes wrong here, the error would not arrive
        return HeadgateError(f"{type(error).__name__}: {error}")
    return error
