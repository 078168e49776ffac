"""Deciding about plans that wait, and taking applied runs back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from headgate.config.guard import GuardConfig
from headgate.pipeline.changes import SAMPLE_ROWS, tell
from headgate.pipeline.run_report import RunReport, describe
from headgate.store import RunLifecycle, Store, judge


async def apply(store: Store, run_id: str, *, by: str | None = None) -> RunReport:
    """Apply a plan that waits and that nobody holds: exactly that plan, or nothing.

    Args:
        store: The store.
        run_id: The run that made the plan, or a part of its id.
        by: Who decided it.

    Raises:
        ConfigError: It does not wait, it is held, or the world moved since it was made.
        LeaseHeldError: A run of the source is under way.
    """
    record = await store.apply(run_id, by=by)
    return await describe(store, record.id, changes=SAMPLE_ROWS)


async def approve(store: Store, run_id: str, *, by: str | None = None) -> RunReport:
    """Apply a plan that the guard holds, without asking the upstream again.

    Takes and raises what :func:`apply` does.
    """
    record = await store.approve(run_id, by=by)
    return await describe(store, record.id, changes=SAMPLE_ROWS)


async def reject(store: Store, run_id: str, *, by: str | None = None, reason: str | None = None) -> RunReport:
    """Drop a plan that waits, held or not.

    Raises:
        ConfigError: It does not wait any more.
    """
    record = await store.reject(run_id, by=by, reason=reason)
    return await describe(store, record.id)


async def plan_rollback(
    store: Store, run_id: str, *, guard: GuardConfig, entities: Collection[str] | None = None
) -> RunReport:
    """Plan the run that takes an applied one back; it waits to be applied, or is held by the guard.

    Args:
        store: The store.
        run_id: The run to take back, or a part of its id.
        guard: The limits.
        entities: Only these entities; none: all of them.

    Returns:
        The report of the new run. Its ``conflicts`` are rows that later runs changed: they stay as they are.

    Raises:
        ConfigError: There is no such run, it was not applied, or it had no such entity.
        LeaseHeldError: A run of the source is under way.
    """
    run = await store.rollback(run_id, entities=entities)
    report = await plan_and_judge(store, run, guard)
    return replace(report, conflicts=[tell(conflict) for conflict in run.conflicts])


async def plan_and_judge(store: Store, run: RunLifecycle, guard: GuardConfig) -> RunReport:
    """Plan a run; the plan waits to be applied, or is held by the guard."""
    async with run:
        plan = await run.plan()
        verdict = judge(plan, guard)
        if verdict.held:
            await run.hold(plan, verdict)
    return await describe(store, run.id, changes=SAMPLE_ROWS)
