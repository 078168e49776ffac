"""References are checked in the database, over the rows as they would be after the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fixtures.stores import read
from headgate.store import DatabaseManager, EntityTable, Plan, Run, Store
from headgate.store.linking import Link, LinkFault, Predicate

TEAMS = EntityTable("teams", ("id",), {"id": "integer", "league": "text"})
PLAYERS = EntityTable(
    "players",
    ("id",),
    {"id": "integer", "team_id": "integer", "coach_id": "integer", "level": "text", "free": "boolean"},
)
MEMBER = Link("member", "players", ("team_id",), "teams", ("id",))


def team(number: int, league: str = "A") -> dict[str, Any]:
    """Return a team."""
    return {"id": number, "league": league}


def player(number: int, team_id: int | None, coach_id: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a player."""
    return {"id": number, "team_id": team_id, "coach_id": coach_id, "level": "I", "free": False, **more}


async def run(
    store: Store, teams: Sequence[Any], players: Sequence[Any], *links: Link, commit: bool = True
) -> tuple[Plan, tuple[LinkFault, ...]]:
    """Run once with complete listings."""
    one: Run
    async with store.run("test", [TEAMS, PLAYERS]) as one:
        one.links = links
        await one.stage("teams", teams, complete=True)
        await one.stage("players", players, complete=True)
        plan = await one.plan()
        if commit:
            await one.commit(plan)
    return plan, one.faults


async def ids(db: DatabaseManager, table: str) -> list[int]:
    """Return the stored keys."""
    return [row["id"] for row in await read(db, f"SELECT id FROM {table} ORDER BY id")]


async def test_orphan_goes_to_quarantine_with_its_reason(store: Store, db: DatabaseManager) -> None:
    """A new row whose parent is nowhere is taken out of the plan; the funnel still adds up."""
    plan, faults = await run(store, [team(1)], [player(1, 1), player(2, 9), player(3, None)], MEMBER)
    counts = plan.entities["players"].counts
    assert (counts.fetched, counts.new, counts.quarantined, counts.valid) == (3, 2, 1, 2)
    reason = "team_id: refers to teams 9, which is neither in this run nor in the database"
    assert faults == (LinkFault("member", "orphan", "players", staged=1, examples=(reason,)),)
    assert await ids(db, "players") == [1, 3]
    [kept] = [row async for row in store.quarantined()]
    assert (kept.key, kept.raw["team_id"], kept.reasons) == ((2,), 9, (reason,))
    assert await read(db, "SELECT * FROM {breach}") == []


async def test_parent_may_be_stored_or_come_in_the_same_run(store: Store, db: DatabaseManager) -> None:
    """It is there either way; an update that leads nowhere leaves the stored row as it was."""
    await run(store, [team(1), team(2)], [player(1, 1)], MEMBER)
    plan, faults = await run(store, [team(1), team(2), team(3)], [player(1, 8), player(2, 2), player(3, 3)], MEMBER)
    counts = plan.entities["players"].counts
    assert (counts.new, counts.updated, counts.quarantined, counts.deleted) == (2, 0, 1, 0)
    assert faults[0].staged == 1
    assert [row["team_id"] for row in await read(db, "SELECT team_id FROM players ORDER BY id")] == [1, 2, 3]


async def test_parent_that_goes_is_told_from_one_that_never_came(store: Store) -> None:
    """A stored child that loses its parent in this very run counts as lost; a run later it is only an orphan."""
    late = Link("member", "players", ("team_id",), "teams", ("id",), refuses=False)
    players = [player(1, 1), player(2, 2), player(3, 7)]
    plan, faults = await run(store, [team(1), team(2)], players, late)
    assert plan.entities["players"].counts.new == 3
    assert faults[0].staged == 1
    _, [fault] = await run(store, [team(1)], players, late)
    assert (fault.staged, fault.stored, fault.lost, set(fault.examples)) == (0, 2, 1, {"2", "7"})
    _, [fault] = await run(store, [team(1)], players, late)
    assert (fault.stored, fault.lost) == (2, 0)
    _, faults = await run(store, [team(1), team(2), team(7)], players, late)
    assert faults == ()


async def test_refused_parent_takes_its_children_along(store: Store, db: DatabaseManager) -> None:
    """A chain of references inside one entity is followed to its end."""
    coached = Link("coached", "players", ("coach_id",), "players", ("id",))
    chain = [player(1, None, 99), player(2, None, 1), player(3, None, 2), player(4, None)]
    plan, [fault] = await run(store, [], chain, coached)
    assert (plan.entities["players"].counts.quarantined, fault.staged) == (3, 3)
    assert await ids(db, "players") == [4]


async def test_row_with_two_faults_has_both_reasons(store: Store) -> None:
    """It is refused once."""
    coached = Link("coached", "players", ("coach_id",), "players", ("id",))
    plan, faults = await run(store, [], [player(1, 5, 6)], MEMBER, coached)
    assert plan.entities["players"].counts.quarantined == 1
    assert [fault.staged for fault in faults] == [1, 1]
    [kept] = [row async for row in store.quarantined()]
    assert sorted(reason.partition(":")[0] for reason in kept.reasons) == ["coach_id", "team_id"]


async def test_conditions(store: Store) -> None:
    """Required of some rows only: "a Division I school has a conference unless independent"."""
    link = Link(
        "member", "players", ("team_id",), "teams", ("id",), required=True,
        when=(Predicate("level", "is_in", ("I", "II")),),
        unless=(Predicate("free", "equals", (True,)), Predicate("coach_id", "is_not_null")),
    )  # fmt: skip
    players = [
        player(1, None), player(2, None, level="III"), player(3, None, free=True), player(4, None, 1),
        player(5, None, free=None), player(6, None, level=None), player(7, 1),
    ]  # fmt: skip
    plan, [fault] = await run(store, [team(1)], players, link)
    assert (fault.kind, fault.staged) == ("no_reference", 2)
    assert plan.entities["players"].counts.quarantined == 2
    differs = Link("m", "players", ("team_id",), "teams", ("id",), required=True, refuses=False,
                   when=(Predicate("level", "differs", ("I",)), Predicate("coach_id", "is_null")))  # fmt: skip
    _, [fault] = await run(store, [team(1)], [player(2, None, level="III"), player(6, None, level=None)], differs)
    assert (fault.kind, fault.stored) == ("no_reference", 1)


async def test_cardinality(store: Store) -> None:
    """Parents with too few and too many children are counted over this run and what is stored."""
    link = Link("member", "players", ("team_id",), "teams", ("id",), least=1, most=2)
    _, faults = await run(store, [team(1), team(2), team(3)], [player(1, 1), player(2, 2), player(3, 2)], link)
    assert faults == (LinkFault("member", "too_few", "teams", stored=1, examples=("3: 0",)),)
    players = [player(1, 1), player(2, 2), player(3, 2), player(4, 2), player(5, 3)]
    _, faults = await run(store, [team(1), team(2), team(3)], players, link)
    assert faults == (LinkFault("member", "too_many", "teams", stored=1, examples=("2: 3",)),)


async def test_keys_of_two_columns_and_of_other_types(store: Store) -> None:
    """All columns must agree; a number and its text are the same reference."""
    tables = [
        EntityTable("rooms", ("house", "number"), {"house": "text", "number": "integer"}),
        EntityTable("beds", ("id",), {"id": "text", "house": "text", "room": "text"}),
    ]
    link = Link("stands_in", "beds", ("house", "room"), "rooms", ("house", "number"))
    for _ in range(2):
        async with store.run("inn", tables) as one:
            one.links = (link,)
            await one.stage("rooms", [{"house": "a", "number": 1}, {"house": "b", "number": 2}], complete=True)
            beds = [("x", "a", "1"), ("y", "a", "2"), ("z", None, "9"), ("ä", 'q"\\', "1")]
            await one.stage("beds", [{"id": id_, "house": h, "room": r} for id_, h, r in beds], complete=True)
            plan = await one.plan()
            await one.commit(plan)
        assert plan.entities["beds"].counts.quarantined == 2
        assert one.faults[0].staged == 2
    reasons = [row.reasons[0] async for row in store.quarantined()]
    assert sum('refers to rooms q"\\, 1' in reason for reason in reasons) == 2
