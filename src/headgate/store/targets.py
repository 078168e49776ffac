"""The tables that rows land in: managed ones, made from the declared columns."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.backends import Backend
from headgate.store.columns import EntityTable


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
