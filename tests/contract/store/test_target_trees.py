"""Tables of an application that refer to themselves, or by several columns: one sync loads them, whatever the order."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from fixtures.stores import read
from headgate.config.targets import DeletePolicy, MissingParent, ReferenceConfig, TargetConfig
from headgate.store import DatabaseManager, EntityTable, Plan, Store


async def execute(db: DatabaseManager, *statements: str) -> None:
    """Run statements of the application."""
    serial = "serial PRIMARY KEY" if db.dialect == "postgresql" else "integer PRIMARY KEY"
    async with db.get_transaction() as connection:
        for statement in statements:
            await connection.execute(sa.text(statement.format(serial=serial)))


async def sync(store: Store, *loads: tuple[EntityTable, list[dict[str, Any]]]) -> Plan:
    """Run the source once."""
    async with store.run("test", [table for table, _ in loads]) as run:
        for table, rows in loads:
            await run.stage(table.name, rows, complete=True)
        plan = await run.plan()
        await run.commit(plan)
    assert [problem async for problem in store.examine()] == []
    return plan


def units(*, delete: DeletePolicy = DeletePolicy.HARD, **reference: Any) -> EntityTable:
    """Return an entity whose rows name their parent among themselves."""
    references = {"parent_id": ReferenceConfig(entity="units", **reference)} if reference else {}
    return EntityTable(
        "units",
        ("code",),
        {"code": "integer", "parent": "integer", "name": "text"},
        target=TargetConfig(table="app_units", columns={"parent": "parent_id"}, delete=delete, references=references),
    )


def unit(code: int, parent: int | None = None, name: str = "A unit") -> dict[str, Any]:
    """Return a row of the entity."""
    return {"code": code, "parent": parent, "name": name}


async def parents(db: DatabaseManager) -> dict[int, int | None]:
    """Return the code of the parent of each unit."""
    query = "SELECT u.code, p.code AS parent FROM app_units u LEFT JOIN app_units p ON p.id = u.parent_id ORDER BY 1"
    return {row["code"]: row["parent"] for row in await read(db, query)}


NUMBERED = """CREATE TABLE app_units (id {serial}, code integer NOT NULL UNIQUE,
    parent_id integer REFERENCES app_units (id), name text NOT NULL CHECK (name <> 'bad'))"""
BY_CODE = """CREATE TABLE app_units (code integer PRIMARY KEY, name text NOT NULL CHECK (name <> 'bad'),
    parent_id integer REFERENCES app_units (code))"""
TREE = {1: 5, 2: 1, 3: None, 4: 8, 5: 7, 6: 6, 7: None, 8: 2}


@pytest.mark.parametrize("missing", list(MissingParent))
async def test_tree_loads_in_one_sync(store: Store, db: DatabaseManager, missing: MissingParent) -> None:
    """Children come before and after their parents; each finds it in the same run, and a row may be its own."""
    await execute(db, NUMBERED)
    table = units(missing=missing)
    plan = await sync(store, (table, [unit(code, parent) for code, parent in TREE.items()]))
    assert plan.entities["units"].counts.new == len(TREE)
    assert await parents(db) == TREE
    turned = {1: None, 2: 1, 3: 9, 4: 3, 5: 4, 6: 9, 9: 2}
    plan = await sync(store, (table, [unit(code, parent) for code, parent in turned.items()]))
    assert (plan.entities["units"].counts.new, plan.entities["units"].counts.deleted) == (1, 2)
    assert await parents(db) == turned


@pytest.mark.parametrize("missing", list(MissingParent))
async def test_bad_row_of_a_tree_costs_its_subtree_at_most(
    store: Store, db: DatabaseManager, missing: MissingParent
) -> None:
    """Rows that are written by halves because of a bad one still find parents in the other half."""
    await execute(db, NUMBERED)
    rows = [unit(code, parent, "bad" if code == 8 else "A unit") for code, parent in TREE.items()]
    plan = await sync(store, (units(missing=missing), rows))
    if missing is MissingParent.NULL:
        assert await parents(db) == {code: parent if code != 4 else None for code, parent in TREE.items() if code != 8}
        assert plan.entities["units"].counts.quarantined == 1
    else:
        assert await parents(db) == {code: parent for code, parent in TREE.items() if code not in (4, 8)}
        assert plan.entities["units"].counts.quarantined == 2


async def test_bad_row_of_a_tree_by_code(store: Store, db: DatabaseManager) -> None:
    """Values of a foreign key that stand as they come wait for their parent in the other half, too."""
    await execute(db, BY_CODE)
    rows = [unit(code, parent, "bad" if code == 3 else "A unit") for code, parent in TREE.items()]
    plan = await sync(store, (units(), rows))
    left = {code: parent for code, parent in TREE.items() if code != 3}
    assert plan.entities["units"].counts.quarantined == 1
    assert {row["code"]: row["parent_id"] for row in await read(db, "SELECT * FROM app_units")} == left
    await sync(store, (units(), [unit(7)]))
    assert {row["code"] for row in await read(db, "SELECT * FROM app_units")} == {7}


async def test_tree_whose_parents_must_be_there(store: Store, db: DatabaseManager) -> None:
    """A reference that may not be empty is written from the root downwards."""
    await execute(
        db,
        NUMBERED.replace("parent_id integer", "parent_id integer NOT NULL"),
        "INSERT INTO app_units (id, code, parent_id, name) VALUES (1000, 0, 1000, 'Root')",
    )
    tree = {code: parent or 0 for code, parent in TREE.items() if code != 6}
    plan = await sync(store, (units(missing="refuse"), [unit(code, parent) for code, parent in tree.items()]))
    assert plan.entities["units"].counts.new == len(tree)
    assert await parents(db) == {0: 0, **tree}


LEAGUES = """CREATE TABLE app_leagues (id {serial}, country text NOT NULL, code integer NOT NULL, name text,
    UNIQUE (country, code), UNIQUE (id, country))"""
TEAMS = """CREATE TABLE app_teams (id {serial}, code integer NOT NULL UNIQUE, country text, league integer,
    FOREIGN KEY (country, league) REFERENCES app_leagues (country, code))"""
TEAMS_BY_NUMBER = """CREATE TABLE app_teams (id {serial}, code integer NOT NULL UNIQUE, country text, league_id integer,
    FOREIGN KEY (country, league_id) REFERENCES app_leagues (country, id))"""
LEAGUE = EntityTable(
    "leagues",
    ("country", "code"),
    {"country": "text", "code": "integer", "name": "text"},
    target=TargetConfig(table="app_leagues", delete=DeletePolicy.HARD),
)
TEAM_COLUMNS = {"code": "integer", "country": "text", "league": "integer"}


def league(country: str, code: int) -> dict[str, Any]:
    """Return a row of LEAGUE."""
    return {"country": country, "code": code, "name": None}


def team(code: int, country: str | None, league: int | None) -> dict[str, Any]:
    """Return a row of the teams."""
    return {"code": code, "country": country, "league": league}


async def test_foreign_key_of_two_columns(store: Store, db: DatabaseManager) -> None:
    """Both columns are written as they come, parents first and gone last; who has no parent is refused."""
    await execute(db, LEAGUES, TEAMS)
    teams = EntityTable(
        "teams", ("code",), TEAM_COLUMNS, target=TargetConfig(table="app_teams", delete=DeletePolicy.HARD)
    )
    plan = await sync(
        store,
        (teams, [team(1, "US", 7), team(2, "CA", 7), team(3, "US", 8), team(4, None, 9)]),
        (LEAGUE, [league("US", 7), league("CA", 7)]),
    )
    assert plan.entities["teams"].counts.quarantined == 1
    found = {row["code"]: (row["country"], row["league"]) for row in await read(db, "SELECT * FROM app_teams")}
    assert found == {1: ("US", 7), 2: ("CA", 7), 4: (None, 9)}
    await sync(store, (teams, [team(2, "CA", 7)]), (LEAGUE, [league("CA", 7)]))
    assert [row["country"] for row in await read(db, "SELECT * FROM app_leagues")] == ["CA"]


async def test_number_found_by_two_columns(store: Store, db: DatabaseManager) -> None:
    """One column of a foreign key of two is looked up by both fields that name the parent."""
    await execute(db, LEAGUES.replace("UNIQUE (id, country)", "UNIQUE (country, id)"), TEAMS_BY_NUMBER)
    reference = ReferenceConfig(entity="leagues", fields=("country", "league"))
    target = TargetConfig(table="app_teams", columns={"league": False}, references={"league_id": reference})
    teams = EntityTable("teams", ("code",), TEAM_COLUMNS, target=target)
    rows = [team(1, "US", 7), team(2, "CA", 7), team(3, "US", 8), team(4, None, None)]
    plan = await sync(store, (teams, rows), (LEAGUE, [league("CA", 7), league("US", 7)]))
    assert plan.entities["teams"].counts.quarantined == 1
    query = "SELECT t.code, l.country, l.code AS league FROM app_teams t LEFT JOIN app_leagues l ON l.id = t.league_id"
    found = {row["code"]: (row["country"], row["league"]) for row in await read(db, query)}
    assert found == {1: ("US", 7), 2: ("CA", 7), 4: (None, None)}
