"""Counts and means over time, by group, against the rows as they were."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from fixtures.stores import SCHOOLS, school, sync
from headgate.errors import ConfigError
from headgate.store import DatabaseManager, EntityTable, Store
from headgate.store.series import series


@pytest.fixture
async def store(db: DatabaseManager) -> Store:
    """Open a store."""
    made = Store(db)
    await made.open()
    return made


async def test_every_point_says_what_the_rows_say(store: Store) -> None:
    """At the instant of every run, each group counts and adds up the rows as they were then."""
    rng, moments = random.Random(5), []
    for _ in range(8):
        rows = [
            school(key, rng.choice("ABC"), rng.choice([None, 1, 2, 30]))
            for key in rng.sample(range(30), rng.randint(5, 25))
        ]
        run = await store.find_run((await sync(store, {"": rows})).id)
        assert run.finished_at is not None
        moments.append(run.finished_at)
    found = await series(store.context, SCHOOLS.name, field="members", by="name")
    for moment in moments:
        expected: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
        async for row in store.as_of(SCHOOLS.name, moment):
            numbers = expected[row["name"]]
            numbers[0] += 1
            numbers[1] += row["members"] is not None
            numbers[2] += row["members"] or 0
        for name, points in found.items():
            then = [point for point in points if point.at <= moment]
            seen = [then[-1].rows, then[-1].filled, then[-1].total] if then else [0, 0, 0]
            assert seen == pytest.approx(expected[str(name)])


async def test_all_rows_are_one_group(store: Store) -> None:
    """Without groups, the rows are counted as one; a mean of nothing is none."""
    await sync(store, {"": [school(1), school(2)]})
    await sync(store, {"": []})
    points = (await series(store.context, SCHOOLS.name))[None]
    assert [(point.rows, point.mean) for point in points] == [(2, None), (0, None)]


async def test_what_cannot_be_added_up_is_refused(store: Store) -> None:
    """A field without numbers, an unknown one, and groups without end are refused."""
    await sync(store, {"": [school(1)]})
    for options in ({"field": "name"}, {"field": "nothing"}, {"by": "nothing"}):
        with pytest.raises(ConfigError):
            await series(store.context, SCHOOLS.name, **options)
    with pytest.raises(ConfigError):
        await series(store.context, "nothing")


async def test_numbers_that_cannot_be_added_up_are_refused(store: Store) -> None:
    """A sum that no number can hold is told, and never shown as infinite."""
    table = EntityTable("measures", ("id",), {"id": "integer", "size": "float"})
    for sign in (1, -1):
        await sync(store, {"": [{"id": key, "size": sign * 1.7e308} for key in range(3)]}, table=table)
    with pytest.raises(ConfigError, match="too large to be added up"):
        await series(store.context, "measures", field="size")
    assert [point.rows for point in (await series(store.context, "measures"))[None]] == [3, 3]
