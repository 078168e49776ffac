"""Whether the tables of an application hold what is known."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context
from headgate.store.targets.binding import BoundTarget
from headgate.store.targets.rows import KEY, current
from headgate.store.targets.writer import TargetWriter


async def changed_by_others(
    connection: AsyncConnection, context: Context, target: BoundTarget, entity_id: int
) -> tuple[int, str]:
    """Return how many current rows are not in a target, or differ there in a mapped column, and the key of one.

    Rows that Headgate never wrote are the application's own business.
    """
    writer = TargetWriter(context, connection, target, context.now())
    rows = writer.rows.living(current(context, entity_id)).subquery("headgate_rows")
    there = sa.exists().where(writer.same(rows), sa.not_(sa.or_(sa.false(), *writer.differing(rows).values())))
    query = sa.select(sa.func.count(), sa.func.min(rows.c[KEY])).select_from(rows).where(sa.not_(there))
    count, example = (await connection.execute(query)).one()
    return int(count), str(example)
