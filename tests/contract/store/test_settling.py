"""Rows with one key and different content, settled by rule, however they are cut into batches and held in memory."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.stores import NO_LIMITS, counts, stored
from headgate.store import DatabaseManager, EntityTable, Plan, Repeat, Settlement, Store, judge

KINDS = {"id": "integer", "name": "text", "at": "timestamp", "price": "numeric"}


def row(number: int, name: str | None, at: str | None = None, price: str | None = None) -> dict[str, Any]:
    """Return a row."""
    return {"id": number, "name": name, "at": at, "price": price}


async def run(store: Store, rows: list[Any], winner: str, newest_by: str | None = None) -> Plan:
    """Stage rows one call each, and commit."""
    table = EntityTable("things", ("id",), KINDS, settle=Settlement(winner, newest_by))
    async with store.run("test", [table]) as one:
        for place, each in enumerate(rows):
            await one.stage("things", [each], partition=f"p{place % 2}", complete=True)
        plan = await one.plan()
        assert not judge(plan, NO_LIMITS).held
        await one.commit(plan)
    return plan


@pytest.mark.parametrize(("batch_size", "max_keys"), [(1, 1000), (3, 1000), (1000, 1000), (2, 2), (1000, 0)])
@pytest.mark.parametrize(("winner", "names"), [("first", ["a", "x"]), ("last", ["b", "x"])])
async def test_winner_does_not_depend_on_batches(
    db: DatabaseManager, batch_size: int, max_keys: int, winner: str, names: list[str]
) -> None:
    """Nor on whether the keys fit in memory; a second run of the same rows changes nothing."""
    store = Store(db, batch_size=batch_size, max_keys=max_keys)
    await store.open()
    rows = [row(1, "a"), row(2, "x"), row(1, "b"), row(1, "a"), row(2, "x"), row(1, "b")]
    plan = await run(store, rows, winner)
    assert plan.entities["things"].counts == counts(new=2, duplicates=4)
    conflicts = {"first": 2, "last": 3}[winner]
    assert set(plan.entities["things"].repeats) == {Repeat((1,), 3, conflicts), Repeat((2,), 1)}
    assert [each["name"] for each in await stored(db, "things")] == names
    plan = await run(store, rows, winner)
    assert plan.entities["things"].counts == counts(unchanged=2, duplicates=4)
    plan = await run(store, [row(1, "c"), row(1, "d"), row(2, "x"), row(2, "y")], winner)
    assert plan.entities["things"].counts.duplicates == 2
    kept = {"first": ["c", "x"], "last": ["d", "y"]}[winner]
    assert [each["name"] for each in await stored(db, "things")] == kept


async def test_rival_that_is_what_is_stored_leaves_the_row_unchanged(store: Store, db: DatabaseManager) -> None:
    """The last row wins, and it says what is known already."""
    await run(store, [row(1, "a")], "last")
    plan = await run(store, [row(1, "b"), row(1, "a")], "last")
    assert plan.entities["things"].counts == counts(unchanged=1, duplicates=1)
    assert plan.entities["things"].conflicts == 1
    assert [each["name"] for each in await stored(db, "things")] == ["a"]


@pytest.mark.parametrize(
    ("field", "values", "winner"),
    [
        ("price", ["9", "10", "9.5"], 1),
        ("at", ["2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z", "2026-01-01T09:00:00Z"], 1),
        ("at", [None, "2026-01-01T00:00:00Z", None], 1),
        ("price", ["1", "1.0", None], 0),
    ],
)
async def test_newest_compares_what_values_mean(
    store: Store, db: DatabaseManager, field: str, values: list[Any], winner: int
) -> None:
    """Numbers as numbers, moments as moments; null loses to anything, and of equal ones the first stays."""
    rows = [{**row(1, f"n{place}"), field: value} for place, value in enumerate(values)]
    plan = await run(store, rows, "newest", field)
    assert plan.entities["things"].counts == counts(new=1, duplicates=2)
    assert [each["name"] for each in await stored(db, "things")] == [f"n{winner}"]
