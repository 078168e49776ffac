"""Retention of what is kept about runs: records, findings and reports that nothing refers to any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from headgate.store import journal
from headgate.store.context import Context
from headgate.store.lifecycle import EARLIER_RUNS
from headgate.store.outbox.retention import let_go, needless
from headgate.store.pruning import count_rows, ended_versions, old_quarantine, working_runs
from headgate.store.records import RunState
from headgate.store.schema import Schema


@dataclass(frozen=True, slots=True)
class PrunedRuns:
    """What was removed about runs that ended long ago, or would be.

    Args:
        runs: Records of runs.
        findings: What was found about the data of runs: reports, profiles, broken references, what runs did.
    """

    runs: int
    findings: int


async def prune_runs(context: Context, before: datetime, *, dry_run: bool) -> PrunedRuns:
    """Remove what is kept about runs that ended before an instant; return how much that was.

    The record of a run stays as long as anything refers to it: a version or a row in quarantine that stays, a cursor, a
    contract, an event, a run that takes it back, or the guard, who compares with the last applied runs. The newest
    findings of each entity stay too: the next run is compared with them.

    Args:
        context: The database and its tables.
        before: The instant.
        dry_run: Only count.
    """
    schema = context.schema
    run, quality = schema.run, schema.quality
    old = sa.select(run.c.seq).where(_ended(schema, before))
    newest = _newest_findings(schema)
    findings = {
        quality: sa.and_(quality.c.run_seq.in_(old), sa.tuple_(quality.c.run_seq, quality.c.entity).not_in(newest)),
        schema.breach: schema.breach.c.run_seq.in_(old),
        schema.activity: schema.activity.c.run_seq.in_(old),
    }
    needed = sa.union_all(*_references(schema, before), sa.select(newest.subquery().c.run_seq))
    forgotten = sa.and_(_ended(schema, before), run.c.seq.not_in(needed))
    async with context.db.get_transaction() as connection:
        found = [await count_rows(connection, table, condition) for table, condition in findings.items()]
        pruned = PrunedRuns(await count_rows(connection, run, forgotten), sum(found))
        if not dry_run:
            await journal.remove(connection, context, schema.journal.c.read_at <= before)
            for table, condition in findings.items():
                await connection.execute(table.delete().where(condition))
            await connection.execute(run.delete().where(forgotten))
            await let_go(connection, schema, before)
    return pruned


def _ended(schema: Schema, before: datetime) -> sa.ColumnElement[bool]:
    run = schema.run
    return sa.and_(
        sa.func.coalesce(run.c.finished_at, run.c.started_at) <= before, run.c.seq.not_in(working_runs(schema))
    )


def _newest_findings(schema: Schema) -> sa.CompoundSelect[Any]:
    """Return, as run and entity, the last findings of each entity, and the last with a profile that were applied."""
    run, quality = schema.run, schema.quality
    last = (
        sa.select(sa.func.max(quality.c.run_seq).label("run_seq"), quality.c.entity)
        .join(run, run.c.seq == quality.c.run_seq)
        .group_by(run.c.source, quality.c.entity)
    )
    return sa.union_all(last, last.where(run.c.status == RunState.APPLIED.value, quality.c.profile.is_not(None)))


def _references(schema: Schema, before: datetime) -> list[sa.Select[Any]]:
    """Return what names runs that have to stay, none of it null."""
    run, history, quarantine = schema.run, schema.history, schema.quarantine
    newest_first = sa.func.row_number().over(partition_by=run.c.source, order_by=run.c.seq.desc())
    applied = sa.select(run.c.seq, newest_first.label("place")).where(run.c.status == RunState.APPLIED.value).subquery()
    kept = ~old_quarantine(schema, before)
    others = (schema.cursor, schema.contract, schema.journal)
    outbox = schema.outbox
    return [
        sa.select(applied.c.seq).where(applied.c.place <= EARLIER_RUNS),
        sa.select(history.c.run_seq).where(~ended_versions(schema, before)).distinct(),
        sa.select(quarantine.c.run_seq).where(kept),
        sa.select(quarantine.c.replay_seq).where(kept, quarantine.c.replay_seq.is_not(None)),
        sa.select(run.c.compensates).where(run.c.compensates.is_not(None)),
        sa.select(outbox.c.run_seq).where(~needless(schema, before), outbox.c.run_seq.is_not(None)),
        *(sa.select(table.c.run_seq).where(table.c.run_seq.is_not(None)) for table in others),
    ]
