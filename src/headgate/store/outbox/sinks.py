"""Which sinks there are, and from where on each of them gets events."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store.context import Context


async def register(connection: AsyncConnection, context: Context, starts: Mapping[str, bool]) -> None:
    """Note the sinks that are not known yet, inside the caller's transaction.

    Args:
        connection: The connection.
        context: The database and its tables.
        starts: By name, whether the sink gets what the outbox still keeps; else, what happens from now on.
    """
    sink, outbox = context.schema.sink, context.schema.outbox
    newest = (await connection.execute(sa.select(sa.func.coalesce(sa.func.max(outbox.c.id), 0)))).scalar_one()
    for name, from_the_beginning in starts.items():
        values = {
            "name": name,
            "after_id": 0 if from_the_beginning else newest,
            "registered_at": context.now(),
            "delivered": 0,
            "failures": 0,
        }
        await connection.execute(context.schema.insert(sink).values(values).on_conflict_do_nothing())


async def forget(connection: AsyncConnection, context: Context, name: str) -> None:
    """Forget a sink with all that it has not got, inside the caller's transaction.

    Raises:
        ConfigError: There is no such sink.
    """
    schema = context.schema
    await check_known(connection, context, name)
    await connection.execute(schema.sink.delete().where(schema.sink.c.name == name))
    for table in (schema.sink_position, schema.delivery):
        await connection.execute(table.delete().where(table.c.sink == name))


async def known(connection: AsyncConnection, context: Context) -> list[str]:
    """Return the names of the sinks that are known."""
    sink = context.schema.sink
    return list((await connection.execute(sa.select(sink.c.name).order_by(sink.c.name))).scalars())


async def check_known(connection: AsyncConnection, context: Context, name: str) -> None:
    """Make sure that a sink is known.

    Raises:
        ConfigError: It is not.
    """
    if name not in await known(connection, context):
        raise await unknown(connection, context, name)


async def unknown(connection: AsyncConnection, context: Context, name: str) -> ConfigError:
    """Return the error that a sink is not known."""
    names = ", ".join(await known(connection, context)) or "none"
    return ConfigError(
        f"{context.db.label} knows no sink '{name}'.",
        hint=f"Known sinks: {names}. A sink of the settings is known from its first run on.",
    )
