"""How runs begin, end, fail, and keep out of each other's way."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.stores import NO_LIMITS, SCHOOLS, changes, read, school, schools, stored, sync
from headgate.config.guard import GuardConfig
from headgate.errors import ConfigError, DatabaseConfigError, LeaseHeldError, LeaseLostError
from headgate.store import DatabaseManager, EntityTable, RunState, Store, judge
from headgate.testing.clock import FakeClock


async def test_failed_run_applies_nothing_and_says_why(store: Store, db: DatabaseManager) -> None:
    """An exception marks the run as failed, with the error; staged rows leave no trace."""
    await sync(store, {"I": schools(1)})
    with pytest.raises(ValueError, match="upstream"):  # noqa: PT012 - the run is the statement
        async with store.run("test", [SCHOOLS]) as run:
            await run.stage("schools", [school(2), {"id": None}], partition="I", complete=True)
            raise ValueError("the upstream said no")
    record = await store.find_run(run.id)
    assert (record.status, record.error) == (RunState.FAILED, "ValueError: the upstream said no")
    assert await stored(db) == schools(1)
    assert await read(db, "SELECT 1 FROM {plan_item}") == []
    assert await read(db, "SELECT 1 FROM {quarantine}") == []


async def test_cancelled_run_gives_the_lease_back(store: Store) -> None:
    """Ctrl-C in the middle of a run fails it and lets the next one start at once."""
    staged = asyncio.Event()

    async def work() -> None:
        async with store.run("test", [SCHOOLS]) as run:
            await run.stage("schools", schools(1))
            staged.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await staged.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    [record] = await store.runs()
    assert record.status is RunState.FAILED
    await sync(store, {"I": schools(1)})


async def test_run_without_a_plan_is_a_failed_run(store: Store) -> None:
    """A run that is left before plan() is not mistaken for a good one."""
    async with store.run("test", [SCHOOLS]) as run:
        await run.stage("schools", schools(1))
    record = await store.find_run(run.id)
    assert record.status is RunState.FAILED


async def test_second_run_of_a_source_is_told_who_runs(store: Store, clock: FakeClock) -> None:
    """Two runs of one source exclude each other; runs of other sources do not care."""
    async with store.run("test", [SCHOOLS]) as run:
        with pytest.raises(LeaseHeldError, match=r"process \d+ on .* since \d{4}-") as held:
            await store.run("test", [SCHOOLS]).__aenter__()
        assert held.value.retry_after == pytest.approx(60, abs=1)
        other = EntityTable("others", ("id",), {"id": "integer"})
        async with store.run("other", [other]) as second:
            await second.plan()
        await run.plan()


async def test_two_runs_race_for_the_lease(store: Store) -> None:
    """Of many runs that start at once, one gets the lease and the rest are refused."""
    started, refused, release = [], [], asyncio.Event()

    async def attempt() -> None:
        try:
            async with store.run("test", [SCHOOLS]) as run:
                started.append(run.id)
                await release.wait()
                await run.plan()
        except LeaseHeldError:
            refused.append(1)
        if len(refused) == 4:
            release.set()

    await asyncio.gather(*(attempt() for _ in range(5)))
    assert (len(started), len(refused)) == (1, 4)


async def test_sleeper_that_lost_its_lease_cannot_commit(db: DatabaseManager) -> None:
    """A run whose lease ended and was taken over applies nothing when it wakes, and does not disturb the other."""
    old_clock, new_clock = FakeClock(), FakeClock()
    old, new = Store(db, clock=old_clock), Store(db, clock=new_clock)
    await old.open()
    with pytest.raises(LeaseLostError):  # noqa: PT012 - the run is the statement
        async with old.run("test", [SCHOOLS]) as sleeper:
            await sleeper.stage("schools", schools(1), partition="I", complete=True)
            plan = await sleeper.plan()
            new_clock.move(61)
            await sync(new, {"I": schools(2)})
            await sleeper.commit(plan)
    assert await stored(db) == schools(2)
    [winner, loser] = await new.runs()
    assert (winner.status, loser.status) == (RunState.APPLIED, RunState.SUPERSEDED)


async def test_sleeper_is_told_while_it_stages(db: DatabaseManager) -> None:
    """The sign of life notices that the lease is gone, and the next call says so."""
    clock, later = FakeClock(), FakeClock()
    old, new = Store(db, clock=clock), Store(db, clock=later)
    await old.open()
    later.move(61)
    with pytest.raises(LeaseLostError):  # noqa: PT012 - the run is the statement
        async with old.run("test", [SCHOOLS]) as sleeper, new.run("test", [SCHOOLS]) as other:
            await clock.advance(20)
            for _ in range(500):  # the driver's thread answers when it answers
                await asyncio.sleep(0.01)
                await sleeper.stage("schools", [])
            await other.plan()


async def test_sign_of_life_keeps_the_lease(store: Store, clock: FakeClock, db: DatabaseManager) -> None:
    """A run that takes longer than its lease keeps it."""
    async with store.run("test", [SCHOOLS]) as run:
        [before] = await read(db, "SELECT expires_at FROM {lease}")
        await clock.advance(21)
        for _ in range(500):
            [after] = await read(db, "SELECT expires_at FROM {lease}")
            if after != before:
                break
            await asyncio.sleep(0.01)
        assert after["expires_at"] > before["expires_at"]
        await run.plan()


async def test_run_that_died_is_cleared_by_the_next(db: DatabaseManager) -> None:
    """What a killed process left, its record, its staged rows and its quarantine, does not stay."""
    clock = FakeClock()
    store = Store(db, clock=clock, batch_size=1)
    await store.open()
    dead = store.run("test", [SCHOOLS])
    await dead.__aenter__()
    await dead.stage("schools", [school(1), {"id": None}], partition="I")
    assert dead._lease._heart is not None
    dead._lease._heart.cancel()
    assert len(await read(db, "SELECT 1 FROM {plan_item}")) == 1
    clock.move(61)
    await sync(store, {"I": schools(2)})
    assert [record.status for record in await store.runs()] == [RunState.APPLIED, RunState.FAILED]
    assert await read(db, "SELECT 1 FROM {plan_item}") == []
    assert await read(db, "SELECT 1 FROM {quarantine}") == []
    assert await stored(db) == schools(2)


async def test_held_run_applies_nothing(store: Store, db: DatabaseManager) -> None:
    """The guard's reasons are kept, the plan can be read, and nothing is written."""
    await sync(store, {"I": schools(*range(10))})
    plan = await sync(store, {"I": schools(1)}, limits=GuardConfig())
    record = await store.find_run(plan.id)
    assert record.status is RunState.HELD
    assert "9 of 10 known rows would be deleted" in record.reasons[0]
    assert len(await changes(store, plan.id)) == 9
    assert len(await stored(db)) == 10


async def test_empty_upstream_is_held(store: Store) -> None:
    """A complete listing without a row is not believed unless that is allowed."""
    await sync(store, {"I": schools(1)})
    plan = await sync(store, {"I": []}, limits=GuardConfig())
    record = await store.find_run(plan.id)
    assert record.status is RunState.HELD
    assert "no row at all" in record.reasons[0]


async def test_applied_run_supersedes_plans_that_wait(store: Store, db: DatabaseManager) -> None:
    """A plan that was made before another run was applied can never be applied."""
    await sync(store, {"I": schools(*range(10))})
    held = await sync(store, {"I": []}, limits=GuardConfig())
    await sync(store, {"I": schools(*range(11))})
    assert (await store.find_run(held.id)).status is RunState.SUPERSEDED
    assert await read(db, "SELECT 1 FROM {plan_item}") == []


async def test_clock_set_back_does_not_bend_history(store: Store, clock: FakeClock, db: DatabaseManager) -> None:
    """Versions follow each other even if the wall clock stands still or jumps back."""
    await sync(store, {"I": schools(1)})
    await sync(store, {"I": [school(1, "A")]})
    clock.set_time(1_000_000_000)
    await sync(store, {"I": [school(1, "B")]})
    versions = await read(db, "SELECT valid_from, valid_to FROM {history} ORDER BY id")
    assert versions[0]["valid_from"] < versions[0]["valid_to"] == versions[1]["valid_from"]
    assert versions[1]["valid_from"] < versions[1]["valid_to"] == versions[2]["valid_from"]


async def test_every_change_leaves_an_event(store: Store, db: DatabaseManager) -> None:
    """New, updated and deleted rows each leave one event for later delivery, in the commit's transaction."""
    await sync(store, {"I": schools(1, 2)})
    await sync(store, {"I": [school(1, "New name")]})
    events = await read(
        db,
        "SELECT h.operation, h.key FROM {outbox} o JOIN {history} h ON h.run_seq = o.run_seq "
        "AND h.entity_id = o.entity_id AND h.id BETWEEN o.first_version AND o.last_version ORDER BY h.run_seq, h.key",
    )
    assert [(event["operation"], event["key"]) for event in events] == [
        ("new", "[1]"),
        ("new", "[2]"),
        ("updated", "[1]"),
        ("deleted", "[2]"),
    ]


async def test_staging_is_over_after_the_plan(store: Store) -> None:
    """Rows that come after plan() are refused, and so are unknown entities and a plan of another run."""
    plan = await sync(store, {"I": schools(1)})
    async with store.run("test", [SCHOOLS]) as run:
        with pytest.raises(ConfigError, match="declares no entity 'teams'"):
            await run.stage("teams", [])
        own = await run.plan()
        with pytest.raises(ConfigError, match="takes no more rows"):
            await run.stage("schools", [])
        with pytest.raises(ConfigError, match="cannot be applied"):
            await run.commit(plan)
        await run.commit(own)
        with pytest.raises(ConfigError, match="cannot be applied"):
            await run.commit(own)


async def test_earlier_runs_are_told_to_the_guard(store: Store) -> None:
    """The rows fetched by applied runs that listed an entity whole are returned, newest first."""
    await sync(store, {"I": schools(1, 2, 3)})
    await sync(store, {"I": schools(1)}, incomplete=["I"])
    await sync(store, {"I": schools(1, 2)})
    async with store.run("test", [SCHOOLS]) as run:
        assert await run.earlier() == {"schools": [2, 3]}
        verdict = judge(await run.plan(), NO_LIMITS)
    assert not verdict.held


@pytest.mark.parametrize(
    ("source", "table", "message"),
    [
        ("other", SCHOOLS, "belongs to the source 'test'"),
        ("test", EntityTable("schools", ("name",), {"id": "integer", "name": "text"}), "The key of 'schools' was"),
        ("test", EntityTable("schools", ("id",), {"id": "text", "name": "text"}), "was of type integer"),
    ],
)
async def test_entity_that_does_not_fit_is_refused(store: Store, source: str, table: EntityTable, message: str) -> None:
    """An entity cannot change its owner, its key, or the type of a column."""
    await sync(store, {"I": schools(1)})
    with pytest.raises(DatabaseConfigError, match=message):
        await store.run(source, [table]).__aenter__()


async def test_foreign_table_is_not_touched(store: Store, db: DatabaseManager) -> None:
    """A table of the entity's name that Headgate did not make is refused before anything is fetched."""
    async with db.get_transaction() as connection:
        await connection.exec_driver_sql("CREATE TABLE schools (id INTEGER)")
    with pytest.raises(DatabaseConfigError, match="it is not Headgate's"):
        await store.run("test", [SCHOOLS]).__aenter__()
    async with db.get_transaction() as connection:
        await connection.exec_driver_sql("DROP TABLE schools")
    await sync(store, {"I": schools(1)})
