"""Series that take a while: counted beside the page that asks for them, once until something new is applied."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headgate.store import SeriesPoint, Store
from headgate.store.series import series

Series = Mapping[str | None, Sequence[SeriesPoint]]

_KEPT = 32
_PATIENCE = 0.12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be counted.

    Args:
        entity: Name of the entity.
        field: A field of numbers, or none.
        by: A field whose values make the groups, or none.
        run: The number of the last applied run: a later one makes what was counted stale.
    """

    entity: str
    field: str | None
    by: str | None
    run: int | None


class Counting:
    """Counts one thing at a time and keeps the last few results."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[Wanted, asyncio.Task[Series]] = OrderedDict()
        self._turn = asyncio.Semaphore(1)

    async def get(self, store: Store, wanted: Wanted) -> Series | None:
        """Return what was counted; nothing if that takes longer than a page may wait: ask again.

        Raises:
            HeadgateError: It cannot be counted. Who asks after that begins anew.
        """
        task = self._tasks.get(wanted)
        if task is None:
            task = self._tasks[wanted] = asyncio.create_task(self._count(store, wanted))
            if len(self._tasks) > _KEPT:
                _, oldest = self._tasks.popitem(last=False)
                oldest.cancel()
        self._tasks.move_to_end(wanted)
        if not task.done():
            await asyncio.wait([task], timeout=_PATIENCE)
        if not task.done() or task.cancelled():
            return None
        if task.exception() is not None:
            self._tasks.pop(wanted, None)
        return task.result()

    async def close(self) -> None:
        """Give up what is being counted."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _count(self, store: Store, wanted: Wanted) -> Series:
        async with self._turn:
            return await series(store.context, wanted.entity, field=wanted.field, by=wanted.by)
