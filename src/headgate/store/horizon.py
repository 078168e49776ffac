"""How far back the history of an entity goes, once it was pruned."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.context import Context

INSTANT = timedelta(microseconds=1)
"""The smallest time between two commits."""


async def horizon_of(connection: AsyncConnection, context: Context, entity_id: int) -> datetime | None:
    """Return the instant before which the history of an entity has gaps; none if it was never pruned."""
    table = context.schema.horizon
    found: datetime | None = (
        await connection.execute(sa.select(table.c.at).where(table.c.entity_id == entity_id))
    ).scalar()
    return found


async def check_reach(connection: AsyncConnection, context: Context, entity_id: int, moment: datetime) -> None:
    """Make sure that the history of an entity tells the truth about an instant.

    Raises:
        ConfigError: It was pruned: what was so at that instant is not known any more.
    """
    horizon = await horizon_of(connection, context, entity_id)
    if horizon is None or moment >= horizon:
        return
    entity = context.schema.entity
    name = (await connection.execute(sa.select(entity.c.name).where(entity.c.id == entity_id))).scalar_one()
    message = f"The history of '{name}' was pruned: what was at {moment:%Y-%m-%d %H:%M:%S} UTC is not known any more."
    raise ConfigError(message, hint=f"It goes back to {horizon:%Y-%m-%d %H:%M:%S} UTC.")
