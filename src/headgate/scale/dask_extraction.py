"""Extraction on the workers of a Dask cluster."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import islice
from typing import Any, Generic, Self, TypeVar

from headgate.errors import ConfigError, MissingExtraError, RetryLaterError
from headgate.extract.extractor import RobustExtractor
from headgate.extract.result import TaskResult
from headgate.logging import get_logger

try:
    from distributed import Client, Future

    from headgate.scale.on_worker import OpenExtractor, extract, summary
except ImportError:
    raise MissingExtraError("Extraction on many machines", "dask") from None

E = TypeVar("E", bound=RobustExtractor)
I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")

_BATCHES_PER_WORKER = 3
"""One that is worked on, one that waits beside it, one on its way."""
_log = get_logger(__name__)


class DaskExtraction(Generic[E]):
    """Lets the workers of a Dask cluster extract: each opens one extractor, and keeps it for everything it is sent.

    Use it as an asynchronous context manager. Set ``RateLimitConfig(shared=True)`` and give every extractor the same
    Redis, and all workers together keep to one rate; without that, each keeps to a rate of its own.

    Dask carries functions, items and outcomes as pickles: only a cluster that is trusted may be used, as its own
    documentation says.

    Args:
        client: An asynchronous client of the cluster. It stays the caller's to close.
        make: Makes, on each worker, what ``async with`` opens: an extractor, or a context manager that gives one.
        batch_size: Items that are sent to a worker at once.
        patience: Seconds to wait for the first worker.

    Raises:
        MissingExtraError: The extra ``dask`` is not installed (raised when the module is imported).
        ConfigError: The client is not asynchronous, or ``batch_size`` is below 1.
    """

    def __init__(
        self,
        client: Client,
        make: Callable[[], AbstractAsyncContextManager[E]],
        *,
        batch_size: int = 20,
        patience: float = 30.0,
    ) -> None:
        if not client.asynchronous:
            raise ConfigError(
                "The client of Dask is not asynchronous.",
                hint="Open it with: async with Client(address, asynchronous=True) as client.",
            )
        if batch_size < 1:
            raise ConfigError(f"batch_size must be at least 1, not {batch_size}.", hint="Leave it out for 20.")
        self._client = client
        self._make = make
        self._batch_size = batch_size
        self._patience = patience
        self._name = f"headgate-{uuid.uuid4().hex}"

    async def __aenter__(self) -> Self:
        """Open an extractor on every worker, and on every one that joins later.

        Raises:
            RetryLaterError: The cluster has no worker.
            HeadgateError: An extractor could not be opened; whatever it raised.
        """
        try:
            await self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError as error:
            raise RetryLaterError(
                f"The Dask cluster has had no worker for {self._patience:g} seconds.",
                hint="Start workers, or wait longer with patience.",
            ) from error
        await self._client.register_plugin(OpenExtractor(self._make), name=self._name)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the extractors."""
        try:
            if self._is_there:
                await self._client.unregister_worker_plugin(self._name)
        except (OSError, ValueError) as error:
            # the scheduler is gone, and the workers with it; or it does not know the plug-in any more
            _log.warning("extractors_not_closed", reason=str(error))

    async def extract(
        self, function: Callable[[E, I], Awaitable[T]], items: Iterable[I]
    ) -> AsyncGenerator[TaskResult[T], None]:
        """Yield the outcome of each item, in the order of the items.

        As many batches are under way as keep the workers busy, and no more: neither the items nor the outcomes are
        ever all in memory. A worker that dies costs nothing, its items are extracted elsewhere; items that take down
        one worker after another end as errors. Whoever leaves early cancels the rest.

        Args:
            function: Called on a worker with its extractor and an item. It can run more than once for an item.
            items: What is extracted.

        Raises:
            RetryLaterError: The cluster went away.
        """
        batches = self._batches(items)
        waiting: deque[tuple[int, Future]] = deque()
        try:
            while True:
                room = _BATCHES_PER_WORKER * max(1, await self._workers()) - len(waiting)
                for batch in islice(batches, max(0, room)):
                    future = self._client.submit(extract, self._name, function, batch, pure=False)
                    waiting.append((len(batch), future))
                if not waiting:
                    return
                rows, future = waiting[0]
                outcomes = await self._outcomes(future, rows)
                waiting.popleft()
                for outcome in outcomes:
                    yield outcome
        finally:
            if waiting and self._is_there:
                await self._client.cancel([future for _, future in waiting])

    async def metrics(self) -> dict[str, dict[str, Any]]:
        """Return what was counted, by the address of the worker."""
        counted: dict[str, dict[str, Any]] = await self._client.run(summary, self._name)
        return counted

    def _batches(self, items: Iterable[I]) -> Iterator[list[I]]:
        left = iter(items)
        while batch := list(islice(left, self._batch_size)):
            yield batch

    async def _workers(self) -> int:
        if not self._is_there:
            raise self._gone()
        try:
            return len(await self._client.nthreads())
        except OSError as error:
            raise self._gone() from error

    async def _outcomes(self, future: Future, rows: int) -> list[TaskResult[Any]]:
        error = await future.exception()
        if future.status in {"cancelled", "lost"}:
            raise self._gone() from error
        if error is not None:
            return [TaskResult(error=error)] * rows
        outcomes: list[TaskResult[Any]] = await future
        return outcomes

    @property
    def _is_there(self) -> bool:
        return bool(self._client.status == "running")

    def _gone(self) -> RetryLaterError:
        return RetryLaterError(
            "The Dask cluster went away.",
            hint="What was extracted so far is yours; extract the rest when the cluster is back.",
        )
