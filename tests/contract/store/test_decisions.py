"""Plans that wait, and runs that are taken back."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.stores import NO_LIMITS, SCHOOLS, changes, counts, read, school, schools, stored, sync
from headgate.config.guard import GuardConfig
from headgate.config.targets import TargetConfig
from headgate.errors import ConfigError, LeaseHeldError
from headgate.store import DatabaseManager, EntityTable, Operation, Plan, RunState, Store, judge
from headgate.store.comparing import Comparison
from headgate.store.schema import Schema

COLUMNS = {column.name: column.type for column in SCHOOLS.columns}


async def _plan(store: Store, rows: list[dict[str, object]]) -> Plan:
    async with store.run("test", [SCHOOLS]) as run:
        await run.stage("schools", rows, complete=True)
        return await run.plan()


async def _take_back(store: Store, run_id: str) -> Plan:
    async with await store.rollback(run_id) as run:
        plan = await run.plan()
        assert not judge(plan, NO_LIMITS).held
        await run.commit(plan)
    return plan


async def test_plan_applies_nothing_until_it_is_applied(store: Store, db: DatabaseManager) -> None:
    """A plan can be read, and applied later by another process, once."""
    await sync(store, {"": schools(1, 2)})
    plan = await _plan(store, [school(1, "A"), school(3)])
    assert await stored(db) == schools(1, 2)
    assert [change.operation for change in await changes(store, plan.id)] == [
        Operation.UPDATED,
        Operation.DELETED,
        Operation.NEW,
    ]
    record = await store.apply(plan.id, by="ann")
    assert (record.status, record.decided_by, record.plan) == (RunState.APPLIED, "ann", plan)
    assert await stored(db) == [school(1, "A"), school(3)]
    with pytest.raises(ConfigError, match="is applied"):
        await store.apply(plan.id)


async def test_plan_is_refused_when_the_world_moved(store: Store, db: DatabaseManager) -> None:
    """Of two plans for the same world the second cannot be applied any more."""
    first = await _plan(store, schools(1))
    second = await _plan(store, schools(2))
    await store.apply(first.id)
    with pytest.raises(ConfigError, match="superseded"):
        await store.apply(second.id)
    assert await stored(db) == schools(1)


async def test_plan_that_was_tampered_with_is_refused(store: Store, db: DatabaseManager) -> None:
    """What is applied is what was planned, to the row."""
    plan = await _plan(store, schools(1, 2))
    item = Schema(db.dialect).item
    async with db.get_transaction() as connection:
        await connection.execute(item.delete().where(item.c.key == "[1]"))
    with pytest.raises(ConfigError, match="not the one that was written down"):
        await store.apply(plan.id)
    assert (await store.find_run(plan.id)).status is RunState.PLANNED


async def test_plan_is_not_applied_while_a_run_is_under_way(store: Store) -> None:
    """Applying takes the lease of the source as well."""
    plan = await _plan(store, schools(1))
    async with store.run("test", [SCHOOLS]) as run:
        with pytest.raises(LeaseHeldError):
            await store.apply(plan.id)
        await run.plan()


async def test_held_run_is_approved(store: Store, db: DatabaseManager) -> None:
    """A person may apply what the guard holds, and the record says who; plain apply refuses it."""
    await sync(store, {"": schools(*range(5))})
    held = await sync(store, {"": schools(1)}, limits=GuardConfig())
    with pytest.raises(ConfigError, match="is held") as refused:
        await store.apply(held.id)
    assert "approve" in (refused.value.hint or "")
    record = await store.approve(held.id, by="ann")
    assert (record.status, record.decided_by) == (RunState.APPLIED, "ann")
    assert record.reasons
    assert await stored(db) == schools(1)


async def test_approval_says_what_is_usual(store: Store) -> None:
    """Once a smaller upstream was approved, the next run over it is not held for the same reason again."""
    for _ in range(2):
        await sync(store, {"": schools(*range(5))})
    held = await sync(store, {"": schools(1)}, limits=GuardConfig())
    await store.approve(held.id)
    again = await sync(store, {"": schools(1)}, limits=GuardConfig())
    assert (await store.find_run(again.id)).status is RunState.APPLIED


async def test_held_run_is_rejected(store: Store, db: DatabaseManager) -> None:
    """A rejected plan is gone for good."""
    await sync(store, {"": schools(*range(5))})
    held = await sync(store, {"": schools(1)}, limits=GuardConfig())
    record = await store.reject(held.id, by="bob")
    assert (record.status, record.decided_by) == (RunState.REJECTED, "bob")
    assert await read(db, "SELECT 1 FROM {plan_item}") == []
    for decide in (store.approve, store.apply, store.reject):
        with pytest.raises(ConfigError, match="is rejected"):
            await decide(held.id)
    assert len(await stored(db)) == 5


async def test_error_after_hold_leaves_the_plan_with_the_person(store: Store) -> None:
    """A caller that raises after hold() does not take the decision away."""
    await sync(store, {"": schools(*range(5))})
    with pytest.raises(RuntimeError):  # noqa: PT012 - the run is the statement
        async with store.run("test", [SCHOOLS]) as run:
            await run.stage("schools", schools(1), complete=True)
            plan = await run.plan()
            await run.hold(plan, judge(plan))
            raise RuntimeError
    assert (await store.approve(run.id)).status is RunState.APPLIED


async def test_rollback_restores_what_was(store: Store, db: DatabaseManager) -> None:
    """Taking a run back undoes its insertions, updates and deletions by a run of its own."""
    await sync(store, {"": schools(1, 2, 3)})
    before = await stored(db)
    bad = await sync(store, {"": [school(1, "X"), school(2), school(4)]})
    plan = await _take_back(store, bad.id)
    assert plan.entities["schools"].counts == counts(new=1, updated=1, deleted=1)
    assert await stored(db) == before
    record = await store.find_run(plan.id)
    assert record.compensates == (await store.find_run(bad.id)).seq
    plan = await sync(store, {"": schools(1, 2, 3)})
    assert plan.is_empty


async def test_rollback_can_be_taken_back(store: Store, db: DatabaseManager) -> None:
    """A compensating run is a run like any other."""
    await sync(store, {"": schools(1, 2)})
    second = await sync(store, {"": [school(1, "X"), school(3)]})
    after = await stored(db)
    undo = await _take_back(store, second.id)
    await _take_back(store, undo.id)
    assert await stored(db) == after
    assert [version.operation for version in await store.history("schools", 3)] == ["new", "deleted", "new"]


async def test_rollback_leaves_later_changes_alone(store: Store, db: DatabaseManager) -> None:
    """A row that changed again is a conflict: listed, never overwritten. One that is right already is neither."""
    await sync(store, {"": schools(1, 2, 3)})
    bad = await sync(store, {"": [school(1, "X"), school(2, "X"), school(3, "X")]})
    await sync(store, {"": [school(1, "Y"), school(2), school(3, "X")]})
    async with await store.rollback(bad.id) as run:
        plan = await run.plan()
        await run.commit(plan)
    assert plan.entities["schools"].counts == counts(updated=1)
    assert plan.entities["schools"].conflicts == 1
    [conflict] = run.conflicts
    assert (conflict.key, conflict.fields) == ((1,), {"name": ("Y", "School 1")})
    assert await stored(db) == [school(1, "Y"), school(2), school(3)]


async def test_rollback_of_everything_is_held(store: Store, db: DatabaseManager) -> None:
    """The guard judges a compensating run as any other."""
    first = await sync(store, {"": schools(1, 2)})
    async with await store.rollback(first.id) as run:
        plan = await run.plan()
        verdict = judge(plan)
        assert verdict.held
        await run.hold(plan, verdict)
    await store.approve(run.id)
    assert await stored(db) == []


async def test_what_cannot_be_taken_back(store: Store) -> None:
    """Only applied runs, and only entities they had."""
    held = await _plan(store, schools(1))
    with pytest.raises(ConfigError, match="nothing to take back"):
        await store.rollback(held.id)
    await store.apply(held.id)
    with pytest.raises(ConfigError, match="had no entity 'teams'"):
        await store.rollback(held.id, entities=["teams"])


async def test_fingerprint_does_not_depend_on_order(store: Store) -> None:
    """The same changes in another order make the same plan."""
    one = await _plan(store, schools(1, 2, 3))
    two = await _plan(store, schools(3, 1, 2))
    three = await _plan(store, schools(3, 1))
    assert one.hash == two.hash != three.hash


@pytest.mark.parametrize(
    "declared",
    [
        EntityTable("schools", ("id",), {**COLUMNS, "motto": "text"}),
        EntityTable("schools", ("id",), COLUMNS, compare=Comparison(frozenset({"members"}))),
        EntityTable("schools", ("id",), COLUMNS, target=TargetConfig(table=False)),
    ],
    ids=["columns", "ignored", "target"],
)
async def test_plan_of_another_declaration_is_refused(store: Store, db: DatabaseManager, declared: EntityTable) -> None:
    """What was planned before the entity was declared anew is not applied, be it a sync or a rollback."""
    first = await sync(store, {"I": schools(1, 2)})
    waiting = await _plan(store, [school(1, "New"), *schools(2)])
    async with await store.rollback(first.id) as back:
        await back.plan()
    async with store.run("test", [declared]):
        pass
    for run_id in (waiting.id, back.id):
        with pytest.raises(ConfigError, match="not the one that was written down") as refused:
            await store.apply(run_id)
        assert "declared as" in str(refused.value.hint)
    assert await stored(db) == schools(1, 2)


async def test_one_of_many_decides(store: Store) -> None:
    """Of several who decide at once one does, and the others are told what became of the plan."""
    await sync(store, {"I": schools(*range(1, 9))})
    run = (await sync(store, {"I": schools(1)}, limits=GuardConfig(max_delete_share=0.1))).id
    deciding = (store.approve(run), store.reject(run), store.approve(run), store.reject(run), store.approve(run))
    told = await asyncio.gather(*deciding, return_exceptions=True)
    refused = [str(answer) for answer in told if isinstance(answer, BaseException)]
    assert len(refused) == 4
    assert all("is applied" in words or "is rejected" in words or "under way" in words for words in refused), refused
