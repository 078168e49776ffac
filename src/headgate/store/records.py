"""What is kept about a run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.context import Context
from headgate.store.plan import Plan

_SHOWN = 5
_SEARCHED = 1000


class RunState(StrEnum):
    """Where a run stands."""

    STARTED = "started"
    PLANNED = "planned"
    HELD = "held"
    APPLIED = "applied"
    FAILED = "failed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """Planned or held, and another run of the source was applied before anybody decided."""


WAITING = (RunState.PLANNED, RunState.HELD)
"""States in which a plan can still be applied."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run.

    Args:
        seq: Its number in the store.
        id: Its id: sorts by time.
        source: The source.
        status: Where it stands.
        started_at: When it began, in UTC.
        planned_at: When its plan was written down.
        finished_at: When it was applied, rejected, or failed.
        plan: The plan, once there is one.
        reasons: Why it is held.
        error: Why it failed or was rejected.
        decided_by: Who approved or rejected it.
        compensates: The number of the run that this one takes back.
        base_seq: The run of the source whose result the plan was compared with; none for the first.
    """

    seq: int
    id: str
    source: str
    status: RunState
    started_at: datetime
    planned_at: datetime | None
    finished_at: datetime | None
    plan: Plan | None
    reasons: tuple[str, ...]
    error: str | None
    decided_by: str | None
    compensates: int | None
    base_seq: int | None


def read_record(row: sa.Row[Any]) -> RunRecord:
    """Turn a row of the table of runs into a record."""
    return RunRecord(
        seq=row.seq,
        id=row.id,
        source=row.source,
        status=RunState(row.status),
        started_at=row.started_at,
        planned_at=row.planned_at,
        finished_at=row.finished_at,
        plan=Plan.from_dict(orjson.loads(row.plan)) if row.plan else None,
        reasons=tuple(orjson.loads(row.reasons)) if row.reasons else (),
        error=row.error,
        decided_by=row.decided_by,
        compensates=row.compensates,
        base_seq=row.base_seq,
    )


async def find_run(connection: AsyncConnection, context: Context, run_id: str) -> RunRecord:
    """Return a run by its id, or by a beginning or the last part of it that no other run has.

    Raises:
        ConfigError: There is no such run, or there are several.
    """
    run, word = context.schema.run, run_id.lower()
    named = sa.or_(run.c.id.startswith(word, autoescape=True), run.c.id.endswith(f"-{word}", autoescape=True))
    query = run.select().where(named).order_by((run.c.id == word).desc(), run.c.seq.desc()).limit(_SHOWN + 1)
    rows = (await connection.execute(query)).all() if word else []
    if not rows:
        raise await _unknown(connection, context, run_id)
    if len(rows) > 1 and rows[0].id != word:
        several = ", ".join(row.id for row in rows[:_SHOWN]) + (" ..." if len(rows) > _SHOWN else "")
        raise ConfigError(f"More than one run is meant by '{run_id}'.", hint=f"Write more of its id: {several}.")
    return read_record(rows[0])


async def _unknown(connection: AsyncConnection, context: Context, run_id: str) -> ConfigError:
    run = context.schema.run
    ids = (await connection.execute(sa.select(run.c.id).order_by(run.c.seq.desc()).limit(_SEARCHED))).scalars().all()
    near = difflib.get_close_matches(run_id, ids, n=1)
    suggestion = f"Did you mean '{near[0]}'? " if near else ""
    return ConfigError(
        f"{context.db.label} knows no run '{run_id}'.", hint=f"{suggestion}'headgate runs' lists the runs."
    )


async def last_applied(connection: AsyncConnection, context: Context, source: str) -> int | None:
    """Return the number of the last run of a source that was applied; none before the first."""
    run = context.schema.run
    query = sa.select(sa.func.max(run.c.seq)).where(run.c.source == source, run.c.status == RunState.APPLIED.value)
    found = (await connection.execute(query)).scalar()
    return None if found is None else int(found)
