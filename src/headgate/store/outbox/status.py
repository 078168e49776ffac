"""How far the delivery of the outbox has got: for health reports, metrics and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.schema import Schema


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """How far one sink has got.

    Args:
        name: Its name in the settings.
        pending: Events that are not delivered yet, those that wait for another attempt among them, and those that the
            sink will not want once it is their turn.
        waiting: Events that were refused, or follow one of their key that was, and are tried again.
        dead: Dead letters: events that are not tried any more until a person says so.
        oldest_at: When the oldest event that is not delivered happened; none if all are.
        delivered: Events delivered since the sink is known.
        failures: Sessions in a row that delivered nothing, although there was something to deliver.
        retry_at: Until when the sink is left alone after a failure.
        error: What it failed with last; none since it is well again.
        last_success_at: When it took an event last.
    """

    name: str
    pending: int
    waiting: int
    dead: int
    oldest_at: datetime | None
    delivered: int
    failures: int
    retry_at: datetime | None
    error: str | None
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """The outbox and its sinks.

    Args:
        at: The instant of the report.
        sinks: Every sink that was ever configured and was not forgotten, by name.
        kept: Events in the outbox, delivered or not.
    """

    at: datetime
    sinks: tuple[SinkStatus, ...]
    kept: int

    @property
    def pending(self) -> int:
        """How many events are not delivered yet, summed over the sinks."""
        return sum(sink.pending for sink in self.sinks)

    @property
    def dead(self) -> int:
        """How many dead letters there are, summed over the sinks."""
        return sum(sink.dead for sink in self.sinks)

    @property
    def lag_seconds(self) -> float:
        """The age of the oldest event that a sink has not got; zero if every sink has all."""
        oldest = [sink.oldest_at for sink in self.sinks if sink.oldest_at is not None]
        return max(0.0, (self.at - min(oldest)).total_seconds()) if oldest else 0.0


async def read_status(connection: AsyncConnection, schema: Schema, now: datetime) -> OutboxStatus:
    """Return the status of every sink. The cost grows with the runs that are not delivered, not with their rows."""
    outbox, sink = schema.outbox, schema.sink
    kept = (await connection.execute(sa.select(sa.func.coalesce(sa.func.sum(outbox.c.events), 0)))).scalar_one()
    sinks = [
        await _sink_status(connection, schema, row)
        for row in (await connection.execute(sink.select().order_by(sink.c.name))).all()
    ]
    return OutboxStatus(now, tuple(sinks), int(kept))


async def _sink_status(connection: AsyncConnection, schema: Schema, row: sa.Row[tuple[object, ...]]) -> SinkStatus:
    outbox, position, delivery = schema.outbox, schema.sink_position, schema.delivery
    mine = sa.and_(position.c.sink == row.name, position.c.source == outbox.c.source)
    reached = sa.func.coalesce(position.c.outbox_id, row.after_id)
    done = sa.case((outbox.c.id == position.c.outbox_id, position.c.done), else_=0)
    left = outbox.c.events - done
    ahead = (
        sa.select(sa.func.coalesce(sa.func.sum(left), 0), sa.func.min(outbox.c.at))
        .select_from(outbox.outerjoin(position, mine))
        .where(outbox.c.id >= reached, left > 0, sa.or_(outbox.c.id > reached, position.c.done.is_not(None)))
    )
    undelivered, oldest = (await connection.execute(ahead)).one()
    counted = (
        sa.select(delivery.c.dead, sa.func.count(), sa.func.min(outbox.c.at))
        .outerjoin(outbox, outbox.c.id == delivery.c.outbox_id)
        .where(delivery.c.sink == row.name)
        .group_by(delivery.c.dead)
    )
    parked = {bool(dead): (int(count), since) for dead, count, since in await connection.execute(counted)}
    waiting, since = parked.get(False, (0, None))
    return SinkStatus(
        name=row.name,
        pending=int(undelivered) + waiting,
        waiting=waiting,
        dead=parked.get(True, (0, None))[0],
        oldest_at=min((moment for moment in (oldest, since) if moment is not None), default=None),
        delivered=row.delivered,
        failures=row.failures,
        retry_at=row.retry_at,
        error=row.error,
        last_success_at=row.last_success_at,
    )
