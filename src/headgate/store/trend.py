"""Counts and numeric aggregates of a field over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from headgate.errors import ConfigError
from headgate.store.columns import ColumnType
from headgate.store.context import Context
from headgate.store.history import check_fields, in_utc, known_entity, true_at
from headgate.store.horizon import check_reach, horizon_of

Bucket: TypeAlias = Literal["hour", "day", "week"] | timedelta

_BUCKETS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_NUMBERS = (ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.NUMERIC)
_MOST = 1000


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """An entity and one of its fields at one instant.

    Args:
        at: The instant, in UTC.
        rows: How many rows there were.
        filled: In how many of them the field had a value.
        minimum: The smallest value; for a field of numbers, else none, as the rest.
        maximum: The largest value.
        mean: The mean value.
        total: The sum of all values.
    """

    at: datetime
    rows: int
    filled: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    total: float | None = None


async def trend(
    context: Context, entity: str, field: str, bucket: Bucket, *, since: datetime | None, until: datetime | None
) -> list[TrendPoint]:
    """Return a point for the end of every bucket, from the first version to now or within the given bounds.

    Raises:
        ConfigError: There is no such entity, field or bucket, or there would be more than 1,000 points.
    """
    step = bucket if isinstance(bucket, timedelta) else _BUCKETS.get(bucket)
    if step is None or step <= timedelta(0):
        message = f"'{bucket}' is not a length of time."
        raise ConfigError(message, hint=f"Use one of {', '.join(_BUCKETS)}, or a positive timedelta.")
    history = context.schema.history
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        check_fields(table, [field])
        first = sa.select(sa.func.min(history.c.valid_from)).where(history.c.entity_id == entity_id)
        begin = in_utc(since) if since is not None else (await connection.execute(first)).scalar()
        if begin is None:
            return []
        if since is None:
            begin = max(begin, await horizon_of(connection, context, entity_id) or begin)
        await check_reach(connection, context, entity_id, begin)
        end = in_utc(until) if until is not None else context.now()
        points = []
        for moment in _moments(begin, end, step):
            fields, (column,) = context.backend.unpack(table, [field], history.c.document)
            columns: list[sa.ColumnElement[Any]] = [sa.func.count(), sa.func.count(column)]
            if table.column(field).type in _NUMBERS:
                number = sa.cast(column, sa.Double)
                columns += [sa.func.min(number), sa.func.max(number), sa.func.avg(number), sa.func.sum(number)]
            query = sa.select(*columns).where(history.c.entity_id == entity_id, *true_at(history, moment))
            if fields is not None:
                query = query.select_from(history.join(fields, sa.true()))
            row = (await connection.execute(query)).one()
            points.append(TrendPoint(moment, int(row[0]), int(row[1]), *row[2:]))
        return points


def _moments(begin: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Return the ends of the buckets, counted from the first instant; the last one is cut off at the end."""
    count = -(-(end - begin) // step) if end > begin else 0
    if count > _MOST:
        message = f"A trend from {begin:%Y-%m-%d} to {end:%Y-%m-%d} would have {count:,} points."
        raise ConfigError(message, hint=f"Take a longer bucket or a shorter time: {_MOST:,} points are the limit.")
    return [min(begin + number * step, end) for number in range(1, count + 1)] or [end]
