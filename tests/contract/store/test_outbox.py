"""The outbox: what is noted in it, when, and that databases of earlier versions are brought along."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from fixtures.stores import read, school, schools, sync
from headgate.config.guard import GuardConfig
from headgate.pipeline.outbox import outbox_status
from headgate.store import DatabaseManager, Store
from headgate.store.migrations import OUTBOX_VERSION
from headgate.testing.clock import FakeClock

NOTHING_GOES = GuardConfig(max_delete_share=0)


async def _noted(db: DatabaseManager) -> list[tuple[str, int]]:
    return [(row["type"], row["events"]) for row in await read(db, "SELECT type, events FROM {outbox} ORDER BY id")]


async def test_run_tells_its_life(store: Store, db: DatabaseManager) -> None:
    """A run that is applied notes its start, its plan, the changed rows of each entity as one, and its end."""
    await sync(store, {"I": schools(1, 2)})
    assert await _noted(db) == [("run.started", 1), ("run.planned", 1), ("entity.changed", 2), ("run.applied", 1)]


async def test_held_rejected_and_failed_runs_tell_too(store: Store, db: DatabaseManager) -> None:
    """What becomes of a run that is not applied is noted as well, with the reasons."""
    await sync(store, {"I": schools(1, 2)})
    held = await sync(store, {"I": schools(1)}, limits=NOTHING_GOES)
    await store.reject(held.id, by="Ada", reason="no")
    failing = store.run("test", [])
    await failing.__aenter__()
    await failing.__aexit__(ValueError, ValueError("boom"), None)
    rows = await read(db, "SELECT type, CAST(data AS TEXT) AS data FROM {outbox} ORDER BY id")
    assert [row["type"] for row in rows[4:]] == [
        "run.started",
        "run.planned",
        "run.held",
        "run.rejected",
        "run.started",
        "run.failed",
    ]
    told = orjson.loads(rows[6]["data"])
    assert told["reasons"][0].startswith("schools: 1 of 2 known rows would be deleted")
    assert told["entities"]["schools"]["deleted"] == 1
    assert orjson.loads(rows[7]["data"]) == {"by": "Ada", "reason": "no"}
    assert orjson.loads(rows[9]["data"]) == {"error": "ValueError: boom"}


async def test_rollback_tells_of_both_runs(store: Store, db: DatabaseManager) -> None:
    """A compensating run notes that it was applied, and that the other one was rolled back."""
    await sync(store, {"I": schools(1)})
    second = await sync(store, {"I": [school(1, "Wrong")]})
    async with await store.rollback(second.id) as run:
        await run.commit(await run.plan())
    rows = await read(
        db, "SELECT o.type, r.id, CAST(o.data AS TEXT) AS data FROM {outbox} o JOIN {run} r ON r.seq = o.run_seq"
    )
    applied, rolled_back = rows[-2:]
    assert (applied["type"], applied["id"]) == ("run.applied", run.id)
    assert orjson.loads(applied["data"])["compensates"] == second.id
    assert (rolled_back["type"], rolled_back["id"]) == ("run.rolled_back", second.id)
    assert orjson.loads(rolled_back["data"])["by_run"] == run.id


async def test_run_that_died_is_told_by_the_next(store: Store, db: DatabaseManager, clock: FakeClock) -> None:
    """The event of a run that was killed is noted by the run that finds it dead."""
    dead = store.run("test", [])
    await dead.__aenter__()
    await dead._lease.stop()
    clock.move(61)
    await sync(store, {"I": schools(1)})
    rows = await read(db, "SELECT o.type, r.id FROM {outbox} o JOIN {run} r ON r.seq = o.run_seq ORDER BY o.id")
    assert (rows[1]["type"], rows[1]["id"]) == ("run.failed", dead.id)
    assert rows[2]["type"] == "run.started"


async def test_status_without_sinks(store: Store, db: DatabaseManager) -> None:
    """Where no sink was ever configured nothing is pending, whatever the outbox keeps."""
    await sync(store, {"I": schools(1, 2)})
    status = await outbox_status(db)
    assert (status.sinks, status.pending, status.dead, status.lag_seconds) == ((), 0, 0, 0.0)
    assert status.kept == 5


async def test_no_batch_of_a_long_run_reads_the_whole_run(store: Store, db: DatabaseManager) -> None:
    """The next events of a run are read in their order, and nothing is sorted for them."""
    await store.outbox.register({"all": True})
    await sync(store, {"I": schools(*range(1, 400))})
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "history" in statement:
            asked.append((statement, parameters))

    async with store.outbox.mailbox("all") as box, db.get_connection() as connection:
        engine = connection.engine.sync_engine
        sa.event.listen(engine, "before_cursor_execute", note)
        ahead = await box.ahead(10, lambda _type, _entity: True)
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(ahead.entries) == 10
    (statement, parameters), *more = asked
    assert not more
    if db.dialect == "sqlite":
        async with db.get_connection() as connection:
            steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert not [step for step in steps if "TEMP B-TREE" in step.detail]


async def test_status_of_a_database_without_tables(db: DatabaseManager) -> None:
    """An empty database has no sinks, and asking makes no table."""
    assert (await outbox_status(db)).sinks == ()
    async with db.get_connection() as connection:
        assert await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()) == []


async def test_earlier_databases_are_brought_along(store: Store, db: DatabaseManager) -> None:
    """An outbox with a row for each version becomes one with a row for each entity of a run; nothing of it is lost."""
    first = await sync(store, {"I": schools(1, 2)})
    await sync(store, {"I": [school(1, "New")]})
    await _as_before(store)
    await store.open()
    rows = await read(
        db,
        "SELECT o.source, o.type, o.events, o.first_version, o.last_version, r.id FROM {outbox} o "
        "JOIN {run} r ON r.seq = o.run_seq ORDER BY o.id",
    )
    assert [(row["source"], row["type"], row["events"]) for row in rows] == [("test", "entity.changed", 2)] * 2
    assert (rows[0]["id"], rows[0]["first_version"], rows[0]["last_version"]) == (first.id, 1, 2)
    await sync(store, {"I": schools(1)})
    assert [problem async for problem in store.examine()] == []


async def _as_before(store: Store) -> None:
    """Make the tables what they were before sinks were known."""
    schema = store.context.schema
    old = sa.Table(
        schema.outbox.name,
        sa.MetaData(schema=schema.outbox.schema),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("version_id", sa.BigInteger, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
    )
    async with store.db.get_transaction() as connection:
        for table in (schema.outbox, schema.sink, schema.sink_position, schema.delivery):
            await connection.run_sync(table.drop)
        await connection.run_sync(old.create)
        versions = sa.select(schema.history.c.id, schema.history.c.operation)
        await connection.execute(old.insert().from_select(["version_id", "type"], versions))
        await connection.execute(schema.migration.delete().where(schema.migration.c.version >= OUTBOX_VERSION))
