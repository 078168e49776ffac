"""The examination finds what is broken, and nothing where nothing is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from fixtures.stores import counts, school, schools, sync
from headgate.store import Comparison, DatabaseManager, EntityTable, Problem, Store

COLUMNS = {
    "id": "integer",
    "t": "text",
    "f": "float",
    "n": "numeric",
    "b": "boolean",
    "d": "date",
    "at": "timestamp",
    "j": "json",
}
TABLE = EntityTable("things", ("id",), COLUMNS, compare=Comparison(frozenset({"t"})))


async def _problems(store: Store) -> list[Problem]:
    return [problem async for problem in store.examine()]


def _thing(number: int, **fields: object) -> dict[str, object]:
    full = {"t": "x", "f": 0.1, "n": "1.50", "b": True, "d": "2024-02-29", "at": "2024-02-29T12:00:00Z", "j": [1]}
    return {"id": number, **full, **fields}


async def test_healthy_store(store: Store) -> None:
    """A store with every kind of value and event has no problem."""
    await sync(store, {"I": [_thing(1), _thing(2), _thing(3, f=None, j=None, b=False)]}, table=TABLE)
    second = await sync(store, {"I": [_thing(1, t="other"), _thing(2, f=2.0, j={"a": None})]}, table=TABLE)
    assert second.entities["things"].counts == counts(unchanged=1, updated=1, deleted=1)
    async with await store.rollback(second.id) as run:
        await run.commit(await run.plan())
    wider = EntityTable("things", ("id",), COLUMNS | {"more": "text"}, compare=TABLE.compare)
    await sync(store, {"II": [_thing(1), _thing(2) | {"more": "y"}]}, table=wider)
    assert await _problems(store) == []


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        ("UPDATE {state} SET hash = '0123456789abcdef' WHERE key = '[1]'", "hashes"),
        ("DELETE FROM {state} WHERE key = '[1]'", "versions"),
        ("DELETE FROM {history} WHERE key = '[1]' AND valid_to IS NULL", "versions"),
        ("DELETE FROM {history} WHERE key = '[1]' AND operation = 'updated'", "intervals"),
        ("UPDATE {history} SET run_seq = 99 WHERE key = '[1]'", "orphans"),
        ("DELETE FROM schools WHERE id = 1", "targets"),
        ("UPDATE schools SET name = 'by hand' WHERE id = 2", "targets"),
        ("INSERT INTO schools (id, name) VALUES (9, 'by hand')", "targets"),
        ("DROP TABLE schools", "targets"),
        ("UPDATE {run} SET plan = replace(plan, '\"fetched\":2', '\"fetched\":3')", "funnels"),
    ],
)
async def test_harm_is_found(store: Store, db: DatabaseManager, harm: str, check: str) -> None:
    """Whatever is broken by hand is named."""
    await sync(store, {"I": schools(1, 2)})
    await sync(store, {"I": [school(1, "A"), school(2)]})
    await sync(store, {"I": [school(1, "B"), school(2)]})
    assert await _problems(store) == []
    prefix = "headgate_" if db.dialect == "sqlite" else "headgate."
    for name in ("state", "history", "run"):
        harm = harm.replace(f"{{{name}}}", prefix + name)
    async with db.get_transaction() as connection:
        await connection.execute(sa.text(harm.replace(":", "\\:")))
    assert check in {problem.check for problem in await _problems(store)}
