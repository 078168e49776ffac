"""Rows and declarations that are wrong: a clear error, or a quarantined row and a funnel that says so."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.stores import SCHOOLS, counts, read, school, schools, stored, sync
from headgate.errors import DatabaseConfigError, DatabaseUnavailableError
from headgate.store import DatabaseManager, EntityTable, Store


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"name": "Keyless"}, "id"),
        ({"id": None, "name": "Null"}, "id"),
        ({"id": "5", "name": "Key of another type"}, "id"),
        ({"id": 5.5, "name": "Key with a fraction"}, "id"),
        ({"id": True, "name": "Key that is a truth value"}, "id"),
        ({"id": 2**63, "name": "Key too large"}, "id"),
        ({"id": 9, "name": 7}, "name"),
        ({"id": 9, "name": "nul\x00"}, "name"),
        ({"id": 9, "name": "x", "members": 2**64}, "members"),
        ({"id": 9, "name": "x", "members": float("nan")}, "members"),
        ({"id": 9, "name": ["x"]}, "name"),
    ],
)
async def test_row_that_cannot_be_stored(store: Store, db: DatabaseManager, row: dict[str, Any], reason: str) -> None:
    """It goes to quarantine with the field that is to blame, and the rows beside it are stored."""
    plan = await sync(store, {"": [*schools(1), row]})
    assert plan.entities["schools"].counts == counts(new=1, quarantined=1)
    [kept] = [record async for record in store.quarantined()]
    assert reason in kept.reasons[0]
    assert await stored(db) == schools(1)


async def test_two_rows_with_one_key(store: Store, db: DatabaseManager) -> None:
    """Equal ones count once and as duplicates; different ones are put aside, both, with the conflict in words."""
    plan = await sync(store, {"": [*schools(1, 1, 2), school(2, "Other"), *schools(3)]})
    assert plan.entities["schools"].counts == counts(new=2, duplicates=1, quarantined=2)
    assert await stored(db) == schools(1, 3)
    reasons = [record.reasons[0] async for record in store.quarantined()]
    assert len(reasons) == 2
    assert all("'School 2' and 'Other'" in reason or "more than once" in reason for reason in reasons)


async def test_key_column_that_changes_its_type(store: Store, db: DatabaseManager) -> None:
    """An entity whose key is declared anew with another type, or of other columns, is refused before any row."""
    await sync(store, {"": schools(1)})
    columns = {"id": "text", "name": "text", "members": "integer"}
    for changed in (EntityTable("schools", ("id",), columns), EntityTable("schools", ("id", "name"), columns)):
        with pytest.raises(DatabaseConfigError, match="schools") as refused:
            async with store.run("test", [changed]):
                pass
        assert refused.value.hint
    assert await stored(db) == schools(1)
    assert (await sync(store, {"": schools(1)})).is_empty
    assert len(await read(db, "SELECT 1 FROM {history}")) == 1


async def test_database_that_goes_away(postgres_url: str) -> None:
    """A database that is dropped under a run is an error to be tried again later, with its name and without secrets."""
    async with DatabaseManager(postgres_url) as db:
        store = Store(db)
        await store.open()
        head, _, options = postgres_url.partition("?")
        name = head.rpartition("/")[2]
        admin = f"{head.rpartition('/')[0]}/postgres?{options}"
        async with DatabaseManager(admin) as other:
            async with store.run("test", [SCHOOLS]) as run:
                await run.stage("schools", schools(1), complete=True)
                await run.commit(await run.plan())
            async with other.engine.connect() as connection:
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await autocommit.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        with pytest.raises((DatabaseUnavailableError, DatabaseConfigError), match=name) as gone:
            await sync(store, {"": schools(2)})
        assert gone.value.hint
