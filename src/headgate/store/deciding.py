"""Plans that wait: applied later, approved, or rejected."""

from __future__ import annotations

from headgate.errors import ConfigError
from headgate.store import committing
from headgate.store.context import Context
from headgate.store.leaseholder import LeaseHolder
from headgate.store.outbox.noting import RunEvent, keep_order, note
from headgate.store.plan import Plan
from headgate.store.records import WAITING, RunRecord, RunState, find_run


async def apply(context: Context, run_id: str, *, allowed: RunState, by: str | None) -> RunRecord:
    """Apply a plan that waits in the state ``allowed``, exactly as it was written down; return the run's new record.

    Raises:
        ConfigError: The plan is not in that state, was changed, or the world moved since it was made.
        LeaseHeldError: A run of the source is under way.
    """
    async with context.db.get_connection() as connection:
        record = await find_run(connection, context, run_id)
    plan = _waiting(record, allowed)
    holder = LeaseHolder(context, record.source)
    async with context.db.get_transaction() as connection:
        await holder.take(connection)
    holder.start()
    try:
        async with context.db.get_connection() as connection:
            found = await committing.fingerprint(
                connection, context, record.seq, base_seq=record.base_seq, entities=plan.entities
            )
            _waiting(await find_run(connection, context, record.id), allowed)
        if found != plan.hash:
            message = f"The plan of run {record.id} is not the one that was written down."
            moved = "Its rows were changed since, or what its entities are declared as."
            raise ConfigError(message, hint=f"{moved} Run the source again for a new plan.")
        await committing.commit(context, record, plan, holder.token, decided_by=by)
    finally:
        await holder.stop()
        async with context.db.get_transaction() as connection:
            await committing.clean(connection, context, record.source)
            await holder.release(connection)
    async with context.db.get_connection() as connection:
        return await find_run(connection, context, record.id)


async def reject(context: Context, run_id: str, *, by: str | None, reason: str | None = None) -> RunRecord:
    """Drop a plan that waits; return the run's new record.

    Raises:
        ConfigError: The plan does not wait any more.
    """
    run = context.schema.run
    async with context.db.get_transaction() as connection:
        record = await find_run(connection, context, run_id)
        await keep_order(connection, context.schema, record.source)
        values = {"status": RunState.REJECTED.value, "decided_by": by, "error": reason, "finished_at": context.now()}
        waiting = run.c.status.in_([state.value for state in WAITING])
        done = await connection.execute(run.update().where(run.c.seq == record.seq, waiting).values(values))
        if done.rowcount == 0:
            record = await find_run(connection, context, record.id)
            message = f"Run {record.id} is {record.status.value}: there is no plan to reject."
            raise ConfigError(message, hint="Only planned and held runs can be rejected.")
        why = {"by": by, "reason": reason}
        await note(
            connection,
            context.schema,
            source=record.source,
            kind=RunEvent.REJECTED,
            at=context.now(),
            run_seq=record.seq,
            data=why,
        )
        record = await find_run(connection, context, record.id)
        await committing.clean(connection, context, record.source)
    return record


def _waiting(record: RunRecord, allowed: RunState) -> Plan:
    if record.status is not allowed or record.plan is None:
        hints = {
            RunState.HELD: "The guard holds it: read why, then approve or reject it.",
            RunState.PLANNED: "It is not held: apply it.",
            RunState.SUPERSEDED: "The world moved: another run was applied since. Run the source again for a new plan.",
        }
        message = f"Run {record.id} is {record.status.value}, not {allowed.value}: its plan cannot be applied this way."
        raise ConfigError(message, hint=hints.get(record.status, "Run the source again for a new plan."))
    return record.plan
