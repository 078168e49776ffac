"""Writing events down, inside the transaction in which they become true.

Progress is kept per source as a number, so the events of one source must become visible in the order of their numbers:
whoever notes one holds the row of the source's lease until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.lease import lock
from headgate.store.plan import Plan
from headgate.store.schema import Schema

ENTITY_CHANGED = "entity.changed"


class RunEvent(StrEnum):
    """What can happen to a run."""

    STARTED = "run.started"
    PLANNED = "run.planned"
    HELD = "run.held"
    APPLIED = "run.applied"
    FAILED = "run.failed"
    REJECTED = "run.rejected"
    ROLLED_BACK = "run.rolled_back"


def told(plan: Plan) -> dict[str, Any]:
    """Return what an event tells about a plan: the funnel of each entity."""
    return {"entities": {name: asdict(entity.counts) for name, entity in plan.entities.items()}}


async def keep_order(connection: AsyncConnection, schema: Schema, source: str) -> None:
    """Let nobody else note an event of a source until the caller's transaction ends."""
    await lock(connection, schema, source)


async def note(
    connection: AsyncConnection,
    schema: Schema,
    *,
    source: str,
    kind: str,
    at: datetime,
    run_seq: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Note one event inside the caller's transaction.

    Args:
        connection: The connection, inside a transaction.
        schema: The tables.
        source: The source it is about.
        kind: Its type, such as ``run.held``.
        at: When it happened.
        run_seq: The run it belongs to.
        data: What there is to say: JSON-able values.
    """
    await keep_order(connection, schema, source)
    values = {"source": source, "type": kind, "at": at, "events": 1, "run_seq": run_seq}
    await connection.execute(schema.outbox.insert().values(**values, data=orjson.dumps(data or {}).decode()))


async def note_changes(
    connection: AsyncConnection, schema: Schema, *, source: str, run_seq: int, entity_id: int, at: datetime
) -> None:
    """Note the versions that a run just made of an entity: one row, however many they are. The order is the caller's.

    Args:
        connection: The connection, inside the transaction of the commit, which holds the lease's row.
        schema: The tables.
        source: The source.
        run_seq: The run's number.
        entity_id: The entity's number.
        at: The instant of the commit.
    """
    history = schema.history
    made = sa.select(sa.func.min(history.c.id), sa.func.max(history.c.id), sa.func.count()).where(
        history.c.run_seq == run_seq, history.c.entity_id == entity_id
    )
    first, last, events = (await connection.execute(made)).one()
    if events:
        values = {"first_version": first, "last_version": last, "events": events, "entity_id": entity_id}
        common = {"source": source, "type": ENTITY_CHANGED, "at": at, "run_seq": run_seq}
        await connection.execute(schema.outbox.insert().values(**common, **values))
