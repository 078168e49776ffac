"""What is kept about a run."""

from __future__ import annotations

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
        error: Why it failed.
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
    """Return a run by its id.

    Raises:
        ConfigError: There is no such run.
    """
    run = context.schema.run
    row = (await connection.execute(run.select().where(run.c.id == run_id))).first()
    if row is None:
        message = f"{context.db.label} knows no run '{run_id}'."
        raise ConfigError(message, hint="'headgate runs' lists the runs.")
    return read_record(row)


async def last_applied(connection: AsyncConnection, context: Context, source: str) -> int | None:
    """Return the number of the last run of a source that was applied; none before the first."""
    run = context.schema.run
    query = sa.select(sa.func.max(run.c.seq)).where(run.c.source == source, run.c.status == RunState.APPLIED.value)
    found = (await connection.execute(query)).scalar()
    return None if found is None else int(found)
