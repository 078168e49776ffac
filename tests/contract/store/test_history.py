"""What was true, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fixtures.stores import changes, read, school, schools, sync
from headgate.errors import ConfigError
from headgate.store import DatabaseManager, EntityTable, Operation, Store
from headgate.testing.clock import FakeClock


async def _as_of(store: Store, moment: datetime, **where: object) -> list[object]:
    return [row["id"] async for row in store.as_of("schools", moment, where=where)]


async def _lives(store: Store, clock: FakeClock) -> list[datetime]:
    """Let school 1 be renamed, school 2 go and come back, one step a day; return the days."""
    days = []
    for listing in (schools(1, 2), [school(1, "A"), school(2)], [school(1, "A")], [school(1, "B"), school(2)]):
        await sync(store, {"I": listing})
        days.append(datetime.fromtimestamp(clock.time(), UTC))
        clock.move(86_400)
    return days


async def test_versions_of_a_row(store: Store, clock: FakeClock) -> None:
    """A row's versions follow each other without a gap; a deletion is one of them."""
    days = await _lives(store, clock)
    first, second, third = await store.history("schools", 1)
    assert (first.valid_from, first.valid_to, first.document) == (days[0], days[1], school(1))
    assert (second.operation, second.fields) == (Operation.UPDATED, {"name": ("School 1", "A")})
    assert (third.valid_from, third.valid_to) == (days[3], None)
    gone = (await store.history("schools", (2,)))[1]
    assert (gone.operation, gone.document, gone.valid_from, gone.valid_to) == (
        Operation.DELETED,
        None,
        days[2],
        days[3],
    )


async def test_as_of_every_instant(store: Store, clock: FakeClock) -> None:
    """At the instant of a commit its result is true, and just before it the one before."""
    days = await _lives(store, clock)
    instant = timedelta(microseconds=1)
    assert await _as_of(store, days[0] - instant) == []
    assert await _as_of(store, days[0]) == [1, 2]
    assert await _as_of(store, days[2] - instant) == [1, 2]
    assert await _as_of(store, days[2]) == [1]
    assert await _as_of(store, days[3].replace(tzinfo=None)) == [1, 2]
    assert await _as_of(store, datetime(2300, 1, 1, tzinfo=UTC)) == [1, 2]


async def test_as_of_with_conditions(store: Store, db: DatabaseManager) -> None:
    """Rows can be chosen by the values of fields of every type."""
    columns = {"id": "integer", "t": "text", "f": "float", "n": "numeric", "b": "boolean", "d": "date", "j": "json"}
    table = EntityTable("things", ("id",), columns)
    full = {"id": 1, "t": "x", "f": 0.5, "n": "1.50", "b": True, "d": "2024-02-29", "j": [1, "a"]}
    await sync(store, {"": [full, {"id": 2}]}, table=table)
    now = datetime(2100, 1, 1, tzinfo=UTC)
    for name, value in full.items():
        found = [row["id"] async for row in store.as_of("things", now, where={name: value})]
        assert found == [1], name
    assert [row["id"] async for row in store.as_of("things", now, where={"b": None, "id": 2})] == [2]


async def test_diff_of_two_runs_is_the_net_change(store: Store) -> None:
    """What changed and changed back in between does not show; the order of the arguments does not matter."""
    first = await sync(store, {"I": schools(1, 2, 3)})
    await sync(store, {"I": [school(1, "X"), school(2, "Y")]})
    last = await sync(store, {"I": [school(1), school(2, "Z"), school(4)]})
    for pair in ((first.id, last.id), (last.id, first.id)):
        found = [(change.key[0], change.operation, change.fields) async for change in store.diff(*pair)]
        assert found == [
            (2, Operation.UPDATED, {"name": ("School 2", "Z")}),
            (3, Operation.DELETED, {}),
            (4, Operation.NEW, {}),
        ]
    assert [change async for change in store.diff(first.id, last.id, entity="other")] == []


async def test_changes_of_an_old_run_stay(store: Store) -> None:
    """What a run changed can be told long after."""
    first = await sync(store, {"I": schools(1)})
    second = await sync(store, {"I": [school(1, "X")]})
    await sync(store, {"I": [school(1, "Y")]})
    assert [change.operation for change in await changes(store, first.id)] == [Operation.NEW]
    assert [change.fields for change in await changes(store, second.id)] == [{"name": ("School 1", "X")}]


async def test_wrong_questions(store: Store, db: DatabaseManager) -> None:
    """Unknown entities, fields and runs, and keys of the wrong width, are told apart."""
    plan = await sync(store, {"I": schools(1)})
    now = datetime.now(UTC)
    with pytest.raises(ConfigError, match="no entity 'teams'") as unknown:
        await store.history("teams", 1)
    assert "schools" in (unknown.value.hint or "")
    with pytest.raises(ConfigError, match="made of 1 values, and 2"):
        await store.history("schools", (1, 2))
    with pytest.raises(ConfigError, match="no field 'colour'"):
        await _as_of(store, now, colour="red")
    with pytest.raises(ConfigError, match="no run 'x'"):
        await changes(store, "x")
    with pytest.raises(ConfigError, match="no run 'x'"):
        [change async for change in store.diff(plan.id, "x")]
    assert await store.history("schools", 99) == []
    assert len(await read(db, "SELECT 1 FROM {history}")) == 1
