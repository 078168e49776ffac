"""The tables that rows land in: managed ones, made from the declared columns."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.backends import Backend
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.plan import Operation


def managed_table(table: EntityTable, backend: Backend) -> sa.Table:
    """Return the table of an entity: its columns, the key as primary key."""
    return sa.Table(
        table.name,
        sa.MetaData(),
        *(
            sa.Column(
                column.name,
                backend.column_type(column.type),
                primary_key=column.name in table.key,
                autoincrement=False,
                nullable=column.name not in table.key,
            )
            for column in table.columns
        ),
    )


async def table_exists(connection: AsyncConnection, name: str) -> bool:
    """Tell whether the database has a table or view of this name where managed tables are made."""
    return await connection.run_sync(
        lambda sync: sa.inspect(sync).has_table(name) or name in sa.inspect(sync).get_view_names()
    )


async def make_managed(connection: AsyncConnection, table: EntityTable, backend: Backend) -> None:
    """Create the table of an entity, or add the columns that it lacks."""
    target = managed_table(table, backend)
    if not await table_exists(connection, table.name):
        await connection.run_sync(target.create)
        return
    found = await connection.run_sync(
        lambda sync: {column["name"] for column in sa.inspect(sync).get_columns(table.name)}
    )
    missing = [column for column in target.columns if column.name not in found]
    for column in missing:
        if column.primary_key:
            message = f"The table '{table.name}' lacks the key column '{column.name}'."
            raise DatabaseConfigError(
                message, hint="The table was changed by hand: restore the column, or move it away."
            )
        kind = column.type.compile(connection.dialect)
        quote = connection.dialect.identifier_preparer.quote
        await connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}")


async def write_managed(
    connection: AsyncConnection, context: Context, table: EntityTable, *, entity_id: int, run_seq: int
) -> None:
    """Write the planned changes of an entity to the table of its own, set-based, inside the caller's transaction."""
    backend, item = context.backend, context.schema.item
    planned = sa.and_(item.c.run_seq == run_seq, item.c.entity_id == entity_id)
    living = item.c.operation.in_([Operation.NEW.value, Operation.UPDATED.value])
    target = managed_table(table, backend)
    names = [column.name for column in table.columns]
    fields, columns = backend.unpack(table, names, item.c.document)
    rows = sa.select(*columns).where(planned, living)
    if fields is not None:
        rows = rows.select_from(item.join(fields, sa.true()))
    insert = context.schema.insert(target).from_select(names, rows)
    others = [name for name in names if name not in table.key]
    if others:
        insert = insert.on_conflict_do_update(
            index_elements=list(table.key), set_={name: insert.excluded[name] for name in others}
        )
    else:
        insert = insert.on_conflict_do_nothing(index_elements=list(table.key))
    await connection.execute(insert)
    gone = sa.select(*backend.unpack_key(table, item.c.key)).where(planned, item.c.operation == Operation.DELETED.value)
    key = sa.tuple_(*(target.c[name] for name in table.key))
    await connection.execute(target.delete().where(key.in_(gone)))
