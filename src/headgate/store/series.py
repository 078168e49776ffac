"""How an entity grew and shrank: exact counts and means at every instant that something changed, in two looks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.columns import ColumnType, EntityTable
from headgate.store.context import Context
from headgate.store.history import check_fields, known_entity
from headgate.store.horizon import horizon_of
from headgate.store.plan import Operation

NUMBERS = (ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.NUMERIC)
"""Types of fields that have a mean."""

MAX_CHANGES = 50_000
"""Instants times groups that are held at the most."""

LONGEST_GROUP = 200
"""Characters of a value that tell its group from others."""

_OUT_OF_RANGE = "22003"
"""What PostgreSQL calls a sum that is too large, of which SQLite makes infinity."""


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A group of rows from one instant on.

    Args:
        at: The instant, in UTC.
        rows: How many rows there were.
        filled: In how many of them the field had a value.
        total: The sum of the values, of a field of numbers.
    """

    at: datetime
    rows: int
    filled: int
    total: float

    @property
    def mean(self) -> float | None:
        """The mean value; none without one."""
        return self.total / self.filled if self.filled else None


async def series(
    context: Context, entity: str, *, field: str | None = None, by: str | None = None
) -> Mapping[str | None, Sequence[SeriesPoint]]:
    """Return the rows of an entity over time, by the values of a field; every change of a number is a point.

    The versions that begin at an instant are added and those that end are taken away, as in the sum of a bank account:
    two looks at the history tell every point, however many there are.

    Args:
        context: The database and its tables.
        entity: Name of the entity.
        field: A field of numbers to add up; none: rows are only counted.
        by: A field whose values make the groups; none: all rows are one group, under None.

    Raises:
        ConfigError: There is no such entity or field, the field holds no numbers or too large ones, or the groups are
            too many.
    """
    async with context.db.get_connection() as connection:
        entity_id, table = await known_entity(connection, context, entity)
        check_fields(table, [name for name in (field, by) if name is not None])
        if field is not None and table.column(field).type not in NUMBERS:
            raise ConfigError(
                f"'{entity}.{field}' holds no numbers.", hint="Choose a field of numbers, or only count the rows."
            )
        begun = await _changes(connection, context, table, entity_id, field=field, by=by, ends=False)
        ended = await _changes(connection, context, table, entity_id, field=field, by=by, ends=True)
        since = await horizon_of(connection, context, entity_id)
    steps: dict[str | None, dict[datetime, list[float]]] = defaultdict(dict)
    for sign, changes in ((1, begun), (-1, ended)):
        for row in changes:
            step = steps[None if row.part is None else str(row.part)].setdefault(row.at, [0, 0, 0.0])
            for place, value in enumerate((row.rows, row.filled, row.total or 0.0)):
                step[place] += sign * value
    found = {name: _added_up(groups, since) for name, groups in steps.items()}
    if not all(math.isfinite(point.total) for points in found.values() for point in points):
        raise _too_large(entity, field)
    return found


def _added_up(steps: Mapping[datetime, Sequence[float]], since: datetime | None) -> list[SeriesPoint]:
    """Return the points that steps up and down lead to; what was before the horizon is not known any more."""
    rows, filled, total = 0, 0, 0.0
    points: list[SeriesPoint] = []
    for at in sorted(steps):
        step = steps[at]
        rows, filled, total = rows + int(step[0]), filled + int(step[1]), total + step[2]
        point = SeriesPoint(at if since is None else max(at, since), rows, filled, total if filled else 0.0)
        if points and points[-1].at == point.at:
            points.pop()
        points.append(point)
    return points


async def _changes(
    connection: AsyncConnection,
    context: Context,
    table: EntityTable,
    entity_id: int,
    *,
    field: str | None,
    by: str | None,
    ends: bool,
) -> Sequence[sa.Row[Any]]:
    """Return what begins, or ends, at each instant, by group."""
    history = context.schema.history
    names = list(dict.fromkeys(name for name in (field, by) if name is not None))
    fields, columns = context.backend.unpack(table, names, history.c.document) if names else (None, [])
    unpacked = dict(zip(names, columns, strict=True))
    number = sa.cast(unpacked[field], sa.Double) if field is not None else sa.null()
    part = sa.func.substr(sa.cast(unpacked[by], sa.Text), 1, LONGEST_GROUP) if by is not None else sa.null()
    at = history.c.valid_to if ends else history.c.valid_from
    query = (
        sa.select(
            at.label("at"),
            part.label("part"),
            sa.func.count().label("rows"),
            (sa.func.count(number) if field is not None else sa.literal(0)).label("filled"),
            (sa.func.sum(number) if field is not None else sa.literal(0.0)).label("total"),
        )
        .where(history.c.entity_id == entity_id, history.c.operation != Operation.DELETED.value)
        .group_by(at, *([part] if by is not None else []))
        .limit(MAX_CHANGES + 1)
    )
    if ends:
        query = query.where(history.c.valid_to.is_not(None))
    if fields is not None:
        query = query.select_from(history.join(fields, sa.true()))
    try:
        rows = (await connection.execute(query)).all()
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _OUT_OF_RANGE:
            raise _too_large(table.name, field) from None
        raise
    if len(rows) > MAX_CHANGES:
        raise ConfigError(
            f"'{table.name}' has more than {MAX_CHANGES:,} different groups over time.",
            hint="Group by a field with few values, or not at all.",
        )
    return rows


def _too_large(entity: str, field: str | None) -> ConfigError:
    return ConfigError(
        f"The numbers of '{entity}.{field}' are too large to be added up.",
        hint="Choose another field, or count the rows.",
    )
