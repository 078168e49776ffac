"""Parts of long lists: every row once, in order, at a cost that does not grow."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from fixtures.stores import NO_LIMITS, school, schools, sync
from headgate.config.guard import GuardConfig
from headgate.errors import ConfigError
from headgate.store import Change, DatabaseManager, Operation, Store, browsing

HUGE = base64.urlsafe_b64encode(b"[118059162071741130342400,0]").decode().rstrip("=")
KINDS = tuple[str, tuple[Any, ...]]


@pytest.fixture
async def store(db: DatabaseManager) -> Store:
    """Open a store."""
    made = Store(db)
    await made.open()
    return made


async def all_changes(store: Store, run: str, **choice: Any) -> list[Change]:
    """Read every change of a run, three at a time."""
    record, found, after = await store.find_run(run), [], None
    while True:
        page = await browsing.changes(store.context, record, after=after, limit=3, **choice)
        assert len(page.items) <= 3
        found += page.items
        if page.next is None:
            return found
        after = page.next


def told(changes: list[Change]) -> list[KINDS]:
    """Return operations and keys."""
    return sorted((change.operation.value, change.key) for change in changes)


@pytest.mark.parametrize("limits", [NO_LIMITS, GuardConfig(max_delete_share=0)])
async def test_parts_of_a_run_hold_every_change_once(store: Store, limits: GuardConfig) -> None:
    """Read in parts, a plan and an applied run hold the same changes, each once; a deletion knows what was there."""
    await sync(store, {"": schools(*range(1, 9))})
    listing = [school(1, "New name"), *schools(2, 3, 4), *schools(10, 11, 12, 13, 14)]
    run = (await sync(store, {"": listing}, limits=limits)).id
    found = await all_changes(store, run)
    deleted = [("deleted", (number,)) for number in (5, 6, 7, 8)]
    assert told(found) == sorted([*deleted, *(("new", (number,)) for number in range(10, 15)), ("updated", (1,))])
    assert all(change.document["name"] for change in found)
    assert told(await all_changes(store, run, operation=Operation.DELETED)) == deleted
    assert told(await all_changes(store, run, entity="schools")) == told(found)
    assert await all_changes(store, run, entity="nothing") == []


async def test_search_finds_keys_and_values_whatever_their_case(store: Store) -> None:
    """A search looks into all values, those of the key too, and takes a percent sign for one."""
    run = (await sync(store, {"": [school(1, "Ann's 100% School"), school(2, "Bob's"), school(77, "Eve's")]})).id
    for text, keys in (("ANN", [1]), ("77", [77]), ("100%", [1]), ("%", [1]), ("nobody", [])):
        assert [change.key for change in await all_changes(store, run, search=text)] == [(key,) for key in keys]


async def test_search_looks_into_values_and_not_into_their_names_or_quotes(store: Store) -> None:
    """What only the JSON of a document holds is no hit: names of fields, quotes, commas; escaped characters are."""
    listing = [school(1, 'The "Old" School'), school(2, "Back\\slash"), school(3, "Members, Only"), school(4, "Été\n")]
    run = (await sync(store, {"": listing})).id
    expected = {"name": [], '"': [1], "\\": [2], "members": [3], ",": [3], "{": [], "ÉTÉ\n": [4], "[": []}
    for text, keys in expected.items():
        assert [change.key for change in await all_changes(store, run, search=text)] == [(key,) for key in keys], text
        page = await browsing.rows(store.context, "schools", search=text)
        assert [row.key for row in page.items] == [(key,) for key in keys], text


async def test_search_ends_after_so_many_rows_and_says_where_to_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search looks through a bounded number of rows; the rest is found by going on from there."""
    monkeypatch.setattr(browsing, "SEARCHED", 5)
    run = (await sync(store, {"": [*schools(*range(1, 9)), school(9, "Needle")]})).id
    record = await store.find_run(run)
    first = await browsing.changes(store.context, record, search="needle")
    assert (first.items, first.searched) == ([], 5)
    second = await browsing.changes(store.context, record, search="needle", after=first.next)
    assert [change.key for change in second.items] == [(9,)]
    rows = await browsing.rows(store.context, "schools", search="needle")
    assert (rows.items, rows.searched) == ([], 5)
    assert [row.key for row in (await browsing.rows(store.context, "schools", search="needle", after=rows.next)).items]


async def test_rows_are_read_in_parts_as_they_are_and_as_they_were(store: Store) -> None:
    """Parts hold every row once; at an earlier instant they hold what was then."""
    first = await sync(store, {"": schools(*range(1, 8))})
    await sync(store, {"": schools(*range(3, 10))})
    before = (await store.find_run(first.id)).finished_at
    assert before is not None
    for moment, keys in ((None, range(3, 10)), (before, range(1, 8)), (before - timedelta(seconds=1), ())):
        found: list[Any] = []
        after: str | None = None
        while True:
            page = await browsing.rows(store.context, "schools", at=moment, after=after, limit=3)
            found += [row.key for row in page.items]
            if page.next is None:
                break
            after = page.next
        assert sorted(found) == [(key,) for key in keys]
        assert len(set(found)) == len(found)


async def test_versions_are_read_newest_first(store: Store) -> None:
    """The versions of a row come newest first, a part at a time, up to an instant."""
    for name in ("A", "B", "C"):
        await sync(store, {"": [school(1, name)]})
    await sync(store, {"": []})
    newest = await browsing.versions(store.context, "schools", (1,), limit=2)
    assert [version.operation.value for version in newest] == ["deleted", "updated"]
    older = await browsing.versions(store.context, "schools", (1,), before=newest[-1].valid_from)
    assert [version.document and version.document["name"] for version in older] == ["B", "A"]


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "!!!",
        browsing.mark(1),
        browsing.mark("a", "b"),
        HUGE,
        browsing.mark(1, "\0"),
        "WzFd" * 9,
    ],
)
async def test_places_that_are_none_are_refused(store: Store, after: str) -> None:
    """A place that the list did not give is refused with what to do."""
    run = (await sync(store, {"": schools(1)}, limits=GuardConfig(max_drop_share=0, allow_empty=True))).id
    record = await store.find_run(run)
    with pytest.raises(ConfigError, match="no place"):
        await browsing.changes(store.context, record, after=after)
    if after != browsing.mark("a"):
        with pytest.raises(ConfigError, match="no place"):
            await browsing.rows(store.context, "schools", after=after)
