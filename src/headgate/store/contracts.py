"""The agreements with upstreams about the shape of their rows, in versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.context import Context


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """One version of the contract of an entity.

    Args:
        entity: Name of the entity.
        version: Counts from 1.
        since: When it was made, in UTC.
        shape: The shape that rows are expected to have, as the pipeline words it.
        accepted_by: Who accepted it; none: it was learned.
    """

    entity: str
    version: int
    since: datetime
    shape: Mapping[str, Any]
    accepted_by: str | None


async def current(connection: AsyncConnection, context: Context, source: str) -> dict[str, ContractRecord]:
    """Return the newest version of every contract of a source, by entity."""
    table = context.schema.contract
    query = table.select().where(table.c.source == source).order_by(table.c.version)
    return {
        row.entity: ContractRecord(row.entity, row.version, row.since, json.loads(row.shape), row.accepted_by)
        for row in await connection.execute(query)
    }


async def learn(connection: AsyncConnection, context: Context, source: str, run_seq: int, moment: datetime) -> None:
    """Make what an applied run saw the first version of every contract that there is none of yet."""
    table, quality = context.schema.contract, context.schema.quality
    known = sa.exists().where(table.c.source == source, table.c.entity == quality.c.entity)
    seen = sa.select(
        sa.literal(source, sa.Text),
        quality.c.entity,
        sa.literal(1),
        sa.literal(moment, table.c.since.type),
        quality.c.seen,
        quality.c.run_seq,
    ).where(quality.c.run_seq == run_seq, quality.c.seen.is_not(None), ~known)
    names = ["source", "entity", "version", "since", "shape", "run_seq"]
    await connection.execute(table.insert().from_select(names, seen, include_defaults=False))


async def accept(
    context: Context, source: str, entity: str, version: int, *, shape: Mapping[str, Any], run_seq: int, by: str
) -> None:
    """Keep a new version of a contract.

    Args:
        context: The database and its tables.
        source: The source.
        entity: Name of the entity.
        version: The version; nobody else may have made it meanwhile.
        shape: What is expected from now on.
        run_seq: The run that saw it.
        by: Who accepts it.
    """
    values = {
        "source": source,
        "entity": entity,
        "version": version,
        "since": context.now(),
        "shape": json.dumps(shape),
        "run_seq": run_seq,
        "accepted_by": by,
    }
    async with context.db.get_transaction() as connection:
        await connection.execute(context.schema.contract.insert().values(values))
