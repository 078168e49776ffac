"""What of the outbox is still needed, and letting go of the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.schema import Schema


def awaited(schema: Schema) -> sa.ColumnElement[bool]:
    """Return the condition that a row of the outbox has events that some sink has not got, dead letters included."""
    outbox, sink, position, delivery = schema.outbox, schema.sink, schema.sink_position, schema.delivery
    ahead = (
        sa.select(sa.literal(1))
        .select_from(
            sink.outerjoin(position, sa.and_(position.c.sink == sink.c.name, position.c.source == outbox.c.source))
        )
        .where(
            sa.or_(
                outbox.c.id > sa.func.coalesce(position.c.outbox_id, sink.c.after_id),
                sa.and_(outbox.c.id == position.c.outbox_id, position.c.done < outbox.c.events),
            )
        )
        .correlate(outbox)
    )
    parked = sa.select(sa.literal(1)).where(delivery.c.outbox_id == outbox.c.id).correlate(outbox)
    return sa.or_(ahead.exists(), parked.exists())


def awaited_runs(schema: Schema) -> sa.Select[Any]:
    """Return the numbers of the runs of which some sink waits for an event: their versions must stay."""
    return sa.select(schema.outbox.c.run_seq).where(schema.outbox.c.run_seq.is_not(None), awaited(schema))


def needless(schema: Schema, before: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that every sink has got a row of the outbox that is older than an instant; it is never null.

    From the oldest dead letter of a source on everything stays: to deliver it again means to deliver what followed.
    """
    outbox, delivery = schema.outbox, schema.delivery
    parked_before = (
        sa.select(sa.literal(1))
        .where(delivery.c.source == outbox.c.source, delivery.c.outbox_id <= outbox.c.id)
        .correlate(outbox)
    )
    return sa.and_(outbox.c.at < before, ~awaited(schema), ~parked_before.exists())


async def has_older(connection: AsyncConnection, schema: Schema, before: datetime) -> bool:
    """Tell whether the outbox begins before an instant: else there is nothing to let go."""
    first = sa.select(schema.outbox.c.at).order_by(schema.outbox.c.id).limit(1)
    at = (await connection.execute(first)).scalar()
    return at is not None and at < before


async def let_go(connection: AsyncConnection, schema: Schema, before: datetime) -> int:
    """Remove what every sink has got and what is older than an instant; return how many rows that were."""
    return (await connection.execute(schema.outbox.delete().where(needless(schema, before)))).rowcount
