"""The entities a store knows: which source owns them, their columns, their key."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.config.targets import TargetConfig
from headgate.errors import DatabaseConfigError
from headgate.store.columns import Column, ColumnType, EntityTable
from headgate.store.comparing import Comparison
from headgate.store.context import Context
from headgate.store.targets.binding import BoundTarget, bind
from headgate.store.targets.managed import table_exists


async def register(
    connection: AsyncConnection, context: Context, source: str, tables: Sequence[EntityTable]
) -> dict[str, int]:
    """Note the entities of a source inside the caller's transaction; return their numbers by name.

    Raises:
        DatabaseConfigError: An entity belongs to another source, a column changed its type, the key changed, a
            table of that name exists that is not Headgate's, or a target is not what the database has.
    """
    numbers: dict[str, int] = {}
    for table in tables:
        if table.name in numbers:
            message = f"The source '{source}' declares the entity '{table.name}' twice."
            raise DatabaseConfigError(message, hint="Give every entity a name of its own.")
        numbers[table.name] = await _register(connection, context, source, table)
    await bound_targets(connection, context, tables)
    return numbers


async def load(connection: AsyncConnection, context: Context, name: str) -> tuple[int, EntityTable] | None:
    """Return an entity's number and its declaration; none if the store does not know it."""
    entity = context.schema.entity
    found = (await connection.execute(entity.select().where(entity.c.name == name))).first()
    if found is None:
        return None
    columns = [Column(name, ColumnType(kind), nullable) for name, kind, nullable in orjson.loads(found.columns)]
    compare = Comparison(frozenset(orjson.loads(found.ignored)))
    target = None if found.target is None else TargetConfig.model_validate_json(found.target)
    parents = orjson.loads(found.parents) if found.parents else {}
    key = orjson.loads(found.key)
    return int(found.id), EntityTable(found.name, key, columns, compare=compare, target=target, parents=parents)


async def declarations(connection: AsyncConnection, context: Context, names: Collection[str]) -> list[str]:
    """Return what some entities are declared as, one text each: equal texts mean that nothing was declared anew."""
    entity = context.schema.entity
    columns = (entity.c.name, entity.c.key, entity.c.columns, entity.c.ignored, entity.c.target, entity.c.parents)
    query = sa.select(*columns).where(entity.c.name.in_(names)).order_by(entity.c.name)
    return [orjson.dumps(list(row)).decode() for row in (await connection.execute(query)).all()]


async def bound_targets(
    connection: AsyncConnection, context: Context, tables: Sequence[EntityTable]
) -> dict[str, BoundTarget]:
    """Return the targets of entities, held against the database as it is now.

    Raises:
        DatabaseConfigError: The database does not have what a target names.
    """
    if all(table.target is None for table in tables):
        return {}
    entity = context.schema.entity
    names = (await connection.execute(sa.select(entity.c.name).where(entity.c.target.is_not(None)))).scalars().all()
    found = [await load(connection, context, name) for name in names]
    return await bind(connection, tables, {table.name: table for _, table in filter(None, found)})


async def outdated(connection: AsyncConnection, context: Context) -> dict[str, int]:
    """Return the entities whose rows were not all written to their targets as those are now, with their numbers."""
    entity = context.schema.entity
    changed = sa.and_(entity.c.target.is_not(None), entity.c.target.is_distinct_from(entity.c.loaded))
    rows = await connection.execute(sa.select(entity.c.name, entity.c.id).where(changed))
    return {row.name: int(row.id) for row in rows}


async def note_loaded(connection: AsyncConnection, context: Context, entity_id: int) -> None:
    """Note that all rows of an entity are in its target as it is now."""
    entity = context.schema.entity
    await connection.execute(entity.update().where(entity.c.id == entity_id).values(loaded=entity.c.target))


async def _register(connection: AsyncConnection, context: Context, source: str, table: EntityTable) -> int:
    entity = context.schema.entity
    values = {
        "source": source,
        "key": orjson.dumps(table.key).decode(),
        "ignored": orjson.dumps(sorted(table.compare.ignore)).decode(),
        "columns": orjson.dumps(
            [(column.name, column.type.value, column.nullable) for column in table.columns]
        ).decode(),
        "target": None if table.target is None else table.target.model_dump_json(exclude_defaults=True),
        "parents": orjson.dumps(dict(sorted(table.parents.items()))).decode() if table.parents else None,
    }
    found = (await connection.execute(entity.select().where(entity.c.name == table.name))).first()
    if found is None:
        if table.target is None and await table_exists(connection, table.name):
            message = f"The database has a table '{table.name}' already, and it is not Headgate's."
            raise DatabaseConfigError(message, hint="Rename the entity or the table, or give another database.")
        made = await connection.execute(entity.insert().values(name=table.name, **values).returning(entity.c.id))
        return int(made.scalar_one())
    if found.source != source:
        message = f"The entity '{table.name}' belongs to the source '{found.source}' in this database."
        raise DatabaseConfigError(message, hint=f"Rename the entity of '{source}', or give it another database.")
    _check_evolution(table, found.key, found.columns)
    if found.target is not None and table.target is None:
        place = TargetConfig.model_validate_json(found.target).table
        lands = f"land in the table '{place}'" if place else "land in no table"
        message = f"The rows of '{table.name}' {lands}, and now nothing says so."
        raise DatabaseConfigError(
            message, hint=f"Give the settings with targets.{table.name} again, or a new database."
        )
    if any(getattr(found, name) != values[name] for name in ("columns", "ignored", "target", "parents")):
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
