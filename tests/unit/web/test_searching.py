"""Pages of lists that are searched: as far as the time goes, and on from there."""

from __future__ import annotations

import pytest

from headgate.store.browsing import Page
from headgate.testing import FakeClock
from headgate.web.searching import PATIENCE, all_items, one_page

NEEDLES = (3, 17, 18, 42)


class Haystack:
    """Fifty numbers, ten of which are looked through at a time; reading a part takes a while."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds

    async def read(self, after: str | None, limit: int) -> Page[int]:
        """Return the needles of a part."""
        self.clock.move(self.seconds)
        start = int(after or 0)
        part = range(start, min(start + 10, 50))
        found = [number for number in part if number in NEEDLES]
        if len(found) > limit:
            return Page(found[:limit], str(found[limit - 1] + 1))
        return Page(found, str(part.stop), 10) if part.stop < 50 else Page(found)


async def test_search_goes_on_while_there_is_time() -> None:
    """Parts without a hit are passed over until the page is full or all is looked through."""
    clock = FakeClock()
    page = await one_page(Haystack(clock, 0.0).read, None, 10, clock=clock)
    assert (page.items, page.next, page.searched) == ([*NEEDLES], None, None)


async def test_search_stops_when_the_page_has_to_be_shown() -> None:
    """When the time is up, the page has what was found, how much was looked through, and where to go on."""
    clock = FakeClock()
    page = await one_page(Haystack(clock, PATIENCE * 0.6).read, None, 10, clock=clock)
    assert (page.items, page.next, page.searched) == ([3, 17, 18], "20", 20)
    rest = await one_page(Haystack(clock, 0.0).read, page.next, 10, clock=clock)
    assert (rest.items, rest.next) == ([42], None)


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_full_pages_lead_through_everything(limit: int) -> None:
    """However small the pages are, each hit stands on one of them."""
    clock, found, after = FakeClock(), list[int](), None
    while True:
        page = await one_page(Haystack(clock, 0.0).read, after, limit, clock=clock)
        assert len(page.items) <= limit
        found += page.items
        after = page.next
        if after is None:
            break
    assert found == [*NEEDLES]


async def test_files_hold_all_parts() -> None:
    """A file is written from every part, whatever the time."""
    clock = FakeClock()
    assert [item async for item in all_items(Haystack(clock, 9.0).read, 2)] == [*NEEDLES]
