"""Whatever the upstream and the application do, the tables of the application hold what the store knows."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.stores import read
from headgate.config.targets import TargetConfig
from headgate.store import DatabaseManager, EntityTable, Store
from headgate.testing.clock import FakeClock

LEAGUES = EntityTable(
    "leagues",
    ("id",),
    {"id": "integer"},
    target=TargetConfig(table="app_leagues", columns={"id": "code"}, deleted_at="deleted_at"),
)
TEAMS = EntityTable(
    "teams",
    ("id",),
    {"id": "integer", "title": "text", "league": "integer", "note": "text"},
    target=TargetConfig(
        table="app_teams",
        columns={"id": "code", "league": "league_id", "note": False},
        deleted_at="deleted_at",
    ),
)
TABLES = (
    "CREATE TABLE app_leagues (id integer PRIMARY KEY, code integer NOT NULL UNIQUE, deleted_at text)",
    """CREATE TABLE app_teams (id integer PRIMARY KEY AUTOINCREMENT, code integer NOT NULL UNIQUE,
    title text UNIQUE CHECK (title <> 'bad'), league_id integer REFERENCES app_leagues (id), deleted_at text)""",
)

LISTINGS = st.tuples(
    st.sets(st.integers(1, 3), min_size=1),
    st.dictionaries(
        st.integers(1, 6),
        st.tuples(
            st.sampled_from(["a", "b", "c", "d", "bad"]), st.none() | st.integers(1, 4), st.text("xy", max_size=1)
        ),
        max_size=6,
    ),
)
OWN = st.sets(st.integers(4, 9), max_size=3)


@settings(max_examples=15, deadline=None)
@given(own=OWN, listings=st.lists(LISTINGS, min_size=1, max_size=3))
def test_target_follows_the_store(own: set[int], listings: list[tuple[set[int], dict[int, Any]]]) -> None:
    """Living rows stand there as they are known, gone ones are marked, refused ones wait; own rows stay."""
    asyncio.run(_follow(own, listings))


async def _follow(own: set[int], listings: list[tuple[set[int], dict[int, Any]]]) -> None:
    clock = FakeClock()
    async with DatabaseManager("sqlite://") as db:
        store = Store(db, clock=clock)
        await store.open()
        async with db.get_transaction() as connection:
            for statement in TABLES:
                await connection.exec_driver_sql(statement)
            for code in own:
                await connection.execute(
                    sa.text("INSERT INTO app_teams (id, code, title) VALUES (:id, :code, :title)"),
                    {"id": 100 + code, "code": code, "title": f"own {code}"},
                )
        numbers = {code: 100 + code for code in own}
        written: set[int] = set()
        for leagues, teams in listings:
            clock.move(60)
            await _sync(store, leagues, teams)
            clock.move(60)
            known = {row["id"]: row async for row in store.as_of("teams", store.context.now())}
            written |= set(known)
            await _compare(db, known, own - written, numbers)
            assert [problem async for problem in store.examine()] == []


async def _sync(store: Store, leagues: set[int], teams: dict[int, Any]) -> None:
    async with store.run("test", (TEAMS, LEAGUES)) as run:
        rows = [
            {"id": code, "title": title, "league": league, "note": note}
            for code, (title, league, note) in teams.items()
        ]
        await run.stage("teams", rows, complete=True)
        await run.stage("leagues", [{"id": code} for code in leagues], complete=True)
        plan = await run.plan()
        counts = plan.entities["teams"].counts
        assert counts.fetched == len(teams) == counts.quarantined + counts.valid
        await run.commit(plan)


async def _compare(db: DatabaseManager, known: dict[int, Any], own: set[int], numbers: dict[int, int]) -> None:
    found = await read(
        db,
        "SELECT t.id, t.code, t.title, l.code AS league, t.deleted_at IS NULL AS there "
        "FROM app_teams t LEFT JOIN app_leagues l ON l.id = t.league_id",
    )
    there = {row["code"]: (row["title"], row["league"]) for row in found if row["there"]}
    assert there == {code: (row["title"], row["league"]) for code, row in known.items()} | {
        code: (f"own {code}", None) for code in own
    }
    for row in found:
        assert numbers.setdefault(row["code"], row["id"]) == row["id"]
