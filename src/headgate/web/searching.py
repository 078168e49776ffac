"""Lists that are read in parts: one page, searched for as long as a page may wait, or all of it for a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.store.browsing import Page

T = TypeVar("T")

Part = Callable[[str | None, int], Awaitable[Page[T]]]
"""Returns so many items behind a place."""

PATIENCE = 0.1
"""Seconds after which a search does not begin another part."""


async def one_page(part: Part[T], after: str | None, limit: int, *, clock: Clock = SYSTEM_CLOCK) -> Page[T]:
    """Return a page: a search that finds too little in a part goes on with the next one, as long as there is time.

    Args:
        part: Reads a part.
        after: Where the page before ended.
        limit: So many items at the most.
        clock: The time.
    """
    ends = clock.monotonic() + PATIENCE
    items: list[T] = []
    searched = 0
    while True:
        found = await part(after, limit - len(items))
        items += found.items
        if found.searched is None:
            return Page(items, found.next)
        after, searched = found.next, searched + found.searched
        if len(items) >= limit or clock.monotonic() >= ends:
            return Page(items, after, searched)


async def all_items(part: Part[T], size: int) -> AsyncIterator[T]:
    """Yield every item, read in parts of a size."""
    after: str | None = None
    while True:
        found = await part(after, size)
        for item in found.items:
            yield item
        after = found.next
        if after is None:
            return
