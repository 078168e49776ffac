"""Entities that land in tables which an application made: what is written there, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from fixtures.stores import NO_LIMITS, changes, read
from headgate.config.targets import DeletePolicy, MissingParent, ReferenceConfig, TargetConfig
from headgate.errors import DatabaseConfigError, TargetRefusedError
from headgate.store import DatabaseManager, EntityTable, HistoricalTracker, Plan, Store, judge
from headgate.testing.clock import FakeClock

CONFERENCES = EntityTable(
    "conferences",
    ("org_id",),
    {"org_id": "integer", "name": "text"},
    target=TargetConfig(table="app_conferences", columns={"org_id": "ncaa_id"}),
)
SCHOOLS = EntityTable(
    "schools",
    ("org_id",),
    {"org_id": "integer", "name": "text", "conference_id": "integer", "nickname": "text"},
    target=TargetConfig(
        table="app_schools",
        columns={"org_id": "ncaa_id", "name": "title", "nickname": False},
        deleted_at="deleted_at",
        updated_at="written_at",
    ),
)

TABLES = """
CREATE TABLE app_conferences (
    id {serial}, ncaa_id integer NOT NULL UNIQUE, name text NOT NULL, made_at {time} NOT NULL DEFAULT {now}
);
CREATE TABLE app_schools (
    id {serial},
    ncaa_id integer NOT NULL UNIQUE,
    title text NOT NULL CHECK (length(title) < 40),
    conference_id integer REFERENCES app_conferences (id),
    motto text DEFAULT 'none',
    deleted_at {time},
    written_at {time}
)
"""


async def execute(db: DatabaseManager, statements: str) -> None:
    """Run statements of the application, which writes its types as its database does."""
    words = (
        {"serial": "serial PRIMARY KEY", "time": "timestamptz", "now": "now()"}
        if db.dialect == "postgresql"
        else {"serial": "integer PRIMARY KEY", "time": "text", "now": "CURRENT_TIMESTAMP"}
    )
    async with db.get_transaction() as connection:
        for statement in statements.format(**words).split(";"):
            await connection.execute(sa.text(statement))


@pytest.fixture
async def app(db: DatabaseManager, store: Store) -> DatabaseManager:
    """Return the database with the tables of the application."""
    await execute(db, TABLES)
    return db


def conference(number: int, name: str = "Big") -> dict[str, Any]:
    """Return a row of CONFERENCES."""
    return {"org_id": number, "name": f"{name} {number}"}


def school(number: int, conference_id: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return a row of SCHOOLS."""
    return {"org_id": number, "name": f"School {number}", "conference_id": conference_id, "nickname": None, **more}


async def sync(
    store: Store,
    schools: list[dict[str, Any]],
    conferences: list[dict[str, Any]] | None = None,
    *,
    tables: tuple[EntityTable, EntityTable] = (SCHOOLS, CONFERENCES),
) -> Plan:
    """Run the source once; schools come before their conferences."""
    async with store.run("test", tables) as run:
        await run.stage("schools", schools, complete=True)
        await run.stage(
            "conferences", [conference(1), conference(2)] if conferences is None else conferences, complete=True
        )
        plan = await run.plan()
        verdict = judge(plan, NO_LIMITS, await run.earlier())
        assert not verdict.held
        await run.commit(plan)
    return plan


async def titles(db: DatabaseManager) -> dict[int, Any]:
    """Return the titles of the living schools, by their id in the directory."""
    found = await read(db, "SELECT ncaa_id, title FROM app_schools WHERE deleted_at IS NULL ORDER BY 1")
    return {row["ncaa_id"]: row["title"] for row in found}


async def test_rows_land_in_mapped_columns_with_their_parents(store: Store, app: DatabaseManager) -> None:
    """Parents come first, foreign keys are found by natural keys, and the database numbers rows and fills defaults."""
    plan = await sync(store, [school(10), school(11, 2), school(12, None)])
    assert plan.entities["schools"].counts.new == 3
    found = await read(
        app,
        "SELECT s.id, s.ncaa_id, title, c.ncaa_id AS conference, motto, written_at IS NULL AS unstamped "
        "FROM app_schools s LEFT JOIN app_conferences c ON c.id = s.conference_id ORDER BY 2",
    )
    assert [tuple(row.values())[:5] for row in found] == [
        (1, 10, "School 10", 1, "none"),
        (2, 11, "School 11", 2, "none"),
        (3, 12, "School 12", None, "none"),
    ]
    assert not any(row["unstamped"] for row in found)
    assert [problem async for problem in store.examine()] == []


async def test_only_what_changed_is_written(store: Store, app: DatabaseManager, clock: FakeClock) -> None:
    """Unchanged rows are left alone, also where the application changed them, and so are unmapped fields."""
    await sync(store, [school(10), school(11)])
    await execute(app, "UPDATE app_schools SET title = 'Ours', motto = 'ours'")
    await sync(store, [school(10), school(11, nickname="Bears"), school(12)])
    clock.move(60)
    assert await titles(app) == {10: "Ours", 11: "School 11", 12: "School 12"}
    assert {row["motto"] for row in await read(app, "SELECT motto FROM app_schools WHERE ncaa_id < 12")} == {"ours"}
    assert [row["nickname"] async for row in store.as_of("schools", store.context.now())] == [None, "Bears", None]


async def test_rows_of_the_application_are_taken_over_and_never_deleted(store: Store, app: DatabaseManager) -> None:
    """A row with the natural key is updated in place; one that Headgate never wrote stays, whatever happens."""
    await execute(app, "INSERT INTO app_schools (id, ncaa_id, title) VALUES (70, 10, 'Old'), (71, 99, 'Own')")
    await sync(store, [school(10)])
    await sync(store, [])
    found = await read(app, "SELECT id, ncaa_id, title, deleted_at IS NULL AS there FROM app_schools ORDER BY 1")
    assert [tuple(row.values()) for row in found] == [(70, 10, "School 10", False), (71, 99, "Own", True)]


async def test_soft_deletion_is_undone_when_a_row_returns(store: Store, app: DatabaseManager, clock: FakeClock) -> None:
    """The time is noted once, the row keeps its number, and it is cleared on return."""
    await sync(store, [school(10), school(11)])
    clock.move(60)
    await sync(store, [school(11)])
    assert await titles(app) == {11: "School 11"}
    clock.move(60)
    await sync(store, [school(10), school(11)])
    assert await titles(app) == {10: "School 10", 11: "School 11"}
    assert [row["id"] for row in await read(app, "SELECT id FROM app_schools ORDER BY ncaa_id")] == [1, 2]


@pytest.mark.parametrize(("policy", "left"), [(DeletePolicy.HARD, [11]), (DeletePolicy.KEEP, [10, 11])])
async def test_deletion_by_policy(store: Store, app: DatabaseManager, policy: DeletePolicy, left: list[int]) -> None:
    """Hard deletes rows, children before their parents; keep leaves them."""
    parents = EntityTable(
        "conferences",
        ("org_id",),
        CONFERENCES.columns,
        target=TargetConfig(table="app_conferences", columns={"org_id": "ncaa_id"}, delete=policy),
    )
    assert SCHOOLS.target is not None
    children = EntityTable(
        "schools",
        ("org_id",),
        SCHOOLS.columns,
        target=SCHOOLS.target.model_copy(update={"delete": policy, "deleted_at": None}),
    )
    await sync(store, [school(10), school(11, 2)], tables=(children, parents))
    plan = await sync(store, [school(11, 2)], [conference(2)], tables=(children, parents))
    assert plan.entities["schools"].counts.deleted == 1
    assert [row["ncaa_id"] for row in await read(app, "SELECT ncaa_id FROM app_schools ORDER BY 1")] == left
    assert len(await read(app, "SELECT 1 FROM app_conferences")) == len(left)


async def test_refused_row_goes_to_quarantine_alone(store: Store, app: DatabaseManager) -> None:
    """A value that the table refuses costs its row, with the database's reason; no number of a sequence is lost."""
    rows = [school(number) for number in range(10, 40)]
    rows[7]["name"] = "x" * 40
    plan = await sync(store, rows)
    counts = plan.entities["schools"].counts
    assert (counts.fetched, counts.quarantined, counts.new) == (30, 1, 29)
    [record] = [record async for record in store.quarantined()]
    assert record.key == (17,)
    assert "check" in record.reasons[0].lower()
    assert record.raw["name"] == "x" * 40
    assert [row["id"] for row in await read(app, "SELECT id FROM app_schools ORDER BY 1")] == list(range(1, 30))
    rows[7]["name"] = "Short"
    await sync(store, rows)
    assert (await titles(app))[17] == "Short"


async def test_refused_update_leaves_the_old_row(store: Store, app: DatabaseManager) -> None:
    """Target and history keep what they had, and the next good value is an update."""
    await sync(store, [school(10)])
    plan = await sync(store, [school(10, name="y" * 50)])
    assert plan.entities["schools"].counts.quarantined == 1
    assert await titles(app) == {10: "School 10"}
    await sync(store, [school(10, name="New")])
    versions = await store.history("schools", 10)
    assert [version.document["name"] for version in versions if version.document] == ["School 10", "New"]


async def test_missing_parent_is_named(store: Store, app: DatabaseManager) -> None:
    """A row whose parent is not there goes to quarantine, unless it may wait for it."""
    plan = await sync(store, [school(10), school(11, 5)])
    assert plan.entities["schools"].counts.quarantined == 1
    [record] = [record async for record in store.quarantined()]
    assert "app_conferences has ncaa_id 5" in record.reasons[0]
    assert await titles(app) == {10: "School 10"}


async def test_child_waits_for_its_parent(store: Store, app: DatabaseManager) -> None:
    """With missing = null the column is empty until the parent comes, though the child does not change."""
    assert SCHOOLS.target is not None
    waiting = {"conference_id": ReferenceConfig(entity="conferences", missing=MissingParent.NULL)}
    patient = EntityTable(
        "schools", ("org_id",), SCHOOLS.columns, target=SCHOOLS.target.model_copy(update={"references": waiting})
    )
    tables = (patient, CONFERENCES)
    await sync(store, [school(10, 5)], tables=tables)
    assert [row["conference_id"] for row in await read(app, "SELECT conference_id FROM app_schools")] == [None]
    plan = await sync(store, [school(10, 5)], [conference(1), conference(2), conference(5)], tables=tables)
    assert plan.entities["schools"].counts.unchanged == 1
    query = "SELECT c.ncaa_id FROM app_schools s JOIN app_conferences c ON c.id = s.conference_id"
    assert [row["ncaa_id"] for row in await read(app, query)] == [5]


async def test_parent_in_use_is_not_let_go(store: Store, app: DatabaseManager) -> None:
    """A deletion that the database refuses is dropped from the plan, and said."""
    parents = EntityTable(
        "conferences",
        ("org_id",),
        CONFERENCES.columns,
        target=TargetConfig(table="app_conferences", columns={"org_id": "ncaa_id"}, delete=DeletePolicy.HARD),
    )
    tables = (SCHOOLS, parents)
    await sync(store, [school(10)], tables=tables)
    async with store.run("test", tables) as run:
        await run.stage("conferences", [conference(2)], complete=True)
        plan = await run.plan()
        await run.commit(plan)
    entity = plan.entities["conferences"]
    assert (entity.counts.deleted, entity.absent_kept) == (0, 1)
    assert "stay" in run.warnings[0]
    assert len(await read(app, "SELECT 1 FROM app_conferences")) == 2


async def test_plan_changes_nothing_and_is_applied_later(store: Store, app: DatabaseManager) -> None:
    """A plan that waits leaves the tables as they are; applying it needs no more than the store."""
    async with store.run("test", (SCHOOLS, CONFERENCES)) as run:
        await run.stage("schools", [school(10)], complete=True)
        await run.stage("conferences", [conference(1)], complete=True)
        await run.plan()
    assert await read(app, "SELECT 1 FROM app_schools") == []
    await store.apply(run.id)
    assert await titles(app) == {10: "School 10"}


async def test_table_that_changed_under_a_plan_refuses_it_whole(store: Store, app: DatabaseManager) -> None:
    """A row that fitted when it was planned and does not now: nothing is applied, and the error says why."""
    async with store.run("test", (SCHOOLS, CONFERENCES)) as run:
        await run.stage("schools", [school(10), school(11, None)], complete=True)
        await run.stage("conferences", [conference(1)], complete=True)
        await run.plan()
    await execute(app, "CREATE UNIQUE INDEX one_conference ON app_schools (motto)")
    with pytest.raises(TargetRefusedError, match=r"app_schools refuses a row of 'schools'.*(unique|UNIQUE)"):
        await store.apply(run.id)
    assert await read(app, "SELECT 1 FROM app_conferences") == []
    assert await store.run_ids([1])


async def test_rollback_and_restore_write_the_target_back(store: Store, app: DatabaseManager, clock: FakeClock) -> None:
    """Taking a run back and restoring a row reach the tables of the application."""
    await sync(store, [school(10), school(11)])
    before = store.context.now()
    clock.move(60)
    await sync(store, [school(10, name="Changed"), school(12)])
    [last, *_] = await store.runs()
    clock.move(60)
    async with await store.rollback(last.id) as run:
        await run.commit(await run.plan())
    assert await titles(app) == {10: "School 10", 11: "School 11"}
    await sync(store, [school(10, 2, name="Again")])
    await HistoricalTracker(store).restore("schools", 10, before)
    assert (await titles(app))[10] == "School 10"
    query = "SELECT c.ncaa_id FROM app_schools s JOIN app_conferences c ON c.id = s.conference_id WHERE s.ncaa_id = 10"
    assert [row["ncaa_id"] for row in await read(app, query)] == [1]
    assert len(await changes(store, run.id)) == 3


async def test_changed_mapping_writes_every_row_again(store: Store, app: DatabaseManager) -> None:
    """A field that is mapped later arrives for rows that do not change, with a word of warning."""
    await sync(store, [school(10, nickname="Bears"), school(11)])
    assert SCHOOLS.target is not None
    columns = {**SCHOOLS.target.columns, "nickname": "motto"}
    more = EntityTable(
        "schools", ("org_id",), SCHOOLS.columns, target=SCHOOLS.target.model_copy(update={"columns": columns})
    )
    async with store.run("test", (more, CONFERENCES)) as run:
        assert run.warnings == ("The target of 'schools' is not what it was: all its rows are written again.",)
        await run.stage("schools", [school(10, nickname="Bears"), school(11)], complete=True)
        plan = await run.plan()
        await run.commit(plan)
    assert plan.is_empty
    found = await read(app, "SELECT motto FROM app_schools ORDER BY ncaa_id")
    assert [row["motto"] for row in found] == ["Bears", None]


async def test_doctor_finds_what_somebody_else_changed(store: Store, app: DatabaseManager) -> None:
    """A changed or missing row of the target is told, one of the application's own is not."""
    await sync(store, [school(10), school(11), school(12)])
    await execute(
        app,
        "UPDATE app_schools SET title = 'Other' WHERE ncaa_id = 10; DELETE FROM app_schools WHERE ncaa_id = 12;"
        "INSERT INTO app_schools (id, ncaa_id, title) VALUES (70, 99, 'Own')",
    )
    [problem] = [problem async for problem in store.examine()]
    assert (problem.check, problem.entity) == ("targets", "schools")
    assert problem.message.startswith("2 rows of ")


async def test_target_that_is_taken_away_is_noticed(store: Store, app: DatabaseManager) -> None:
    """Settings without the target must not make a table of Headgate's beside it."""
    await sync(store, [school(10)])
    plain = EntityTable("schools", ("org_id",), SCHOOLS.columns)
    with pytest.raises(DatabaseConfigError, match="land in the table 'app_schools', and now nothing says so"):
        await store.run("test", [plain, CONFERENCES]).__aenter__()


async def test_entity_may_land_nowhere(store: Store, app: DatabaseManager, clock: FakeClock) -> None:
    """Its rows stand in the history; given a table later, all of them are written there."""
    nowhere = EntityTable("schools", ("org_id",), SCHOOLS.columns, target=TargetConfig(table=False))
    await sync(store, [school(10)], tables=(nowhere, CONFERENCES))
    clock.move(60)
    assert [row["org_id"] async for row in store.as_of("schools", store.context.now())] == [10]
    assert await titles(app) == {}
    assert [problem async for problem in store.examine()] == []
    async with app.get_connection() as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
    assert "schools" not in names
    await sync(store, [school(10)])
    assert await titles(app) == {10: "School 10"}


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no table": ({"table": "nowhere"}, "'nowhere', which the database does not have"),
    "no column": ({"columns": {"org_id": "ncaa_id", "name": "label", "nickname": False}}, "no column 'label'"),
    "a homeless field": ({"columns": {"org_id": "ncaa_id", "name": "title"}}, "no column for the field 'nickname'"),
    "no such field": (
        {"columns": {"org_id": "ncaa_id", "nom": "title"}, "named_only": True},
        "does not have the field 'nom'",
    ),
    "no unique constraint": (
        {"columns": {"org_id": "conference_id", "name": "title", "conference_id": "ncaa_id"}, "named_only": True},
        r"natural key \(conference_id\) has no unique constraint",
    ),
    "another key": ({"key": ("title",)}, "needs the column 'title' written from the entity's key"),
    "half a key": ({"columns": {"name": "title"}, "named_only": True}, "lacks the field 'org_id'"),
    "no value": ({"columns": {"org_id": "ncaa_id"}, "named_only": True}, "nothing is written to the column 'title'"),
    "no deleted_at": ({"deleted_at": "gone_at"}, "no column 'gone_at' for a time"),
    "two values": (
        {"columns": {"org_id": "ncaa_id", "name": "title", "nickname": "title"}},
        "more than one value is to be written to the column 'title'",
    ),
    "no parent": ({"references": {"conference_id": {"entity": "leagues"}}}, "leads to the entity 'leagues'"),
    "no parent table": (
        {"references": {"conference_id": {"table": "leagues", "match": ("id",)}}},
        "leads to the table 'leagues', which the database does not have",
    ),
    "an ambiguous parent": (
        {"references": {"conference_id": {"table": "app_conferences", "match": ("name",)}}},
        "name of .*app_conferences, which is not unique",
    ),
    "an unnatural reference": (
        {"references": {"conference_id": {"table": "app_conferences", "match": ("ncaa_id",), "fields": ("league",)}}},
        "names no field of the entity: league",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_target_is_held_against_the_database_first(store: Store, app: DatabaseManager, name: str) -> None:
    """What does not hold is told before the run begins, by the words of the settings."""
    broken, said = BROKEN[name]
    assert SCHOOLS.target is not None
    target = TargetConfig(**{**SCHOOLS.target.model_dump(exclude_unset=True), **broken})
    table = EntityTable("schools", ("org_id",), SCHOOLS.columns, target=target)
    with pytest.raises(DatabaseConfigError, match=said):
        await store.run("test", [table, CONFERENCES]).__aenter__()
    assert await store.runs() == []


async def test_rows_that_the_application_changed_wait_for_the_upstream(store: Store, app: DatabaseManager) -> None:
    """What the application changed or deleted stays so, and the doctor tells it, until the upstream changes the row."""
    await sync(store, [school(1), school(2), school(3), school(4)])
    await execute(app, "UPDATE app_schools SET title = 'Ours' WHERE ncaa_id = 1")
    await execute(app, "DELETE FROM app_schools WHERE ncaa_id IN (2, 3)")
    await sync(store, [school(1), school(2), school(3), school(4)])
    titles = "SELECT ncaa_id, title FROM app_schools ORDER BY ncaa_id"
    assert [tuple(row.values()) for row in await read(app, titles)] == [(1, "Ours"), (4, "School 4")]
    [problem] = [problem async for problem in store.examine()]
    assert "app_schools' are missing or were changed" in problem.message
    assert problem.message.startswith("3 rows")
    await sync(store, [school(1, None), school(2, None), school(4)])
    assert [tuple(row.values()) for row in await read(app, titles)] == [
        (1, "School 1"),
        (2, "School 2"),
        (4, "School 4"),
    ]
    assert [problem async for problem in store.examine()] == []
