"""The entities a store knows: which source owns them, their columns, their key."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.columns import Column, ColumnType, EntityTable
from headgate.store.comparing import Comparison
from headgate.store.context import Context
from headgate.store.targets import table_exists


async def register(
    connection: AsyncConnection, context: Context, source: str, tables: Sequence[EntityTable]
) -> dict[str, int]:
    """Note the entities of a source inside the caller's transaction; return their numbers by name.

    Raises:
        DatabaseConfigError: An entity belongs to another source, a column changed its type, the key changed, or a
            table of that name exists that is not Headgate's.
    """
    numbers: dict[str, int] = {}
    for table in tables:
        if table.name in numbers:
            message = f"The source '{source}' declares the entity '{table.name}' twice."
            raise DatabaseConfigError(message, hint="Give every entity a name of its own.")
        numbers[table.name] = await _register(connection, context, source, table)
    return numbers


async def load(connection: AsyncConnection, context: Context, name: str) -> tuple[int, EntityTable] | None:
    """Return an entity's number and its declaration; none if the store does not know it."""
    entity = context.schema.entity
    found = (await connection.execute(entity.select().where(entity.c.name == name))).first()
    if found is None:
        return None
    columns = [Column(name, ColumnType(kind), nullable) for name, kind, nullable in orjson.loads(found.columns)]
    compare = Comparison(frozenset(orjson.loads(found.ignored)))
    return int(found.id), EntityTable(found.name, orjson.loads(found.key), columns, compare=compare)


async def _register(connection: AsyncConnection, context: Context, source: str, table: EntityTable) -> int:
    entity = context.schema.entity
    values = {
        "source": source,
        "key": orjson.dumps(table.key).decode(),
        "ignored": orjson.dumps(sorted(table.compare.ignore)).decode(),
        "columns": orjson.dumps(
            [(column.name, column.type.value, column.nullable) for column in table.columns]
        ).decode(),
    }
    found = (await connection.execute(entity.select().where(entity.c.name == table.name))).first()
    if found is None:
        if await table_exists(connection, table.name):
            message = f"The database has a table '{table.name}' already, and it is not Headgate's."
            raise DatabaseConfigError(message, hint="Rename the entity or the table, or give another database.")
        made = await connection.execute(entity.insert().values(name=table.name, **values).returning(entity.c.id))
        return int(made.scalar_one())
    if found.source != source:
        message = f"The entity '{table.name}' belongs to the source '{found.source}' in this database."
        raise DatabaseConfigError(message, hint=f"Rename the entity of '{source}', or give it another database.")
    _check_evolution(table, found.key, found.columns)
    if (found.columns, found.ignored) != (values["columns"], values["ignored"]):
        await connection.execute(entity.update().where(entity.c.id == found.id).values(values))
    return int(found.id)


def _check_evolution(table: EntityTable, key: str, columns: str) -> None:
    """Refuse what would make every stored row another row, or a column hold what it cannot."""
    before = tuple(orjson.loads(key))
    if before != table.key:
        message = f"The key of '{table.name}' was {list(before)} and is now {list(table.key)}."
        raise DatabaseConfigError(message, hint="Give the entity a new name, or start with an empty database.")
    types = {name: kind for name, kind, _ in orjson.loads(columns)}
    for column in table.columns:
        was = types.get(column.name, column.type.value)
        if was != column.type.value:
            message = f"The column '{table.name}.{column.name}' was of type {was} and is now {column.type.value}."
            raise DatabaseConfigError(message, hint="Give the column a new name, or start with an empty database.")
