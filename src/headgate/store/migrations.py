"""Versioned migrations of Headgate's own tables, run when a store is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.outbox.noting import ENTITY_CHANGED
from headgate.store.schema import SCHEMA, Schema

_LOCK = 0x68656164  # "head": any number will do, as long as every version of Headgate uses the same


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a version of the tables to the next."""

    version: int
    description: str
    run: Callable[[AsyncConnection, Schema], Awaitable[None]]


async def migrate(connection: AsyncConnection, schema: Schema, where: str, now: datetime) -> int:
    """Bring Headgate's tables to the newest version, inside the caller's transaction; return the version.

    Raises:
        DatabaseConfigError: The tables were made by a newer Headgate.
    """
    if schema.dialect == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = await current_version(connection, schema)
    newest = MIGRATIONS[-1].version
    if found > newest:
        message = f"{where} was written by a newer Headgate: its tables have version {found}, this one knows {newest}."
        raise DatabaseConfigError(message, hint="Upgrade Headgate, or give another database.")
    for step in MIGRATIONS:
        if step.version > found:
            await step.run(connection, schema)
            values = {"version": step.version, "description": step.description, "applied_at": now}
            await connection.execute(schema.migration.insert().values(values))
    return newest


async def current_version(connection: AsyncConnection, schema: Schema) -> int:
    """Return the version of the tables in a database; 0 where there are none."""
    table = schema.migration
    if not await connection.run_sync(lambda sync: sa.inspect(sync).has_table(table.name, schema=table.schema)):
        return 0
    return int((await connection.execute(sa.select(sa.func.max(table.c.version)))).scalar() or 0)


async def _first_tables(connection: AsyncConnection, schema: Schema) -> None:
    if schema.dialect == "postgresql":
        await connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    await connection.run_sync(schema.metadata.create_all)
    for statement in _NO_OVERLAP[schema.dialect]:
        await connection.exec_driver_sql(statement)


async def _quality_tables(connection: AsyncConnection, schema: Schema) -> None:
    tables = [schema.contract, schema.quality, schema.breach]
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=tables))


async def _horizon(connection: AsyncConnection, schema: Schema) -> None:
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=[schema.horizon]))


async def _memory(connection: AsyncConnection, schema: Schema) -> None:
    tables = [schema.review, schema.remembered]
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=tables))


async def _outbox_by_run(connection: AsyncConnection, schema: Schema) -> None:
    """Keep one row for all the events of a run's entity, and the progress of the sinks beside them."""
    outbox, history, run = schema.outbox, schema.history, schema.run
    columns = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns(outbox.name, schema=outbox.schema))
    by_version = any(column["name"] == "version_id" for column in columns)
    if by_version:
        await connection.run_sync(outbox.drop)
    tables = [outbox, schema.sink, schema.sink_position, schema.delivery]
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=tables))
    if by_version:
        made = (
            sa.select(
                run.c.source,
                sa.literal(ENTITY_CHANGED),
                sa.func.min(history.c.valid_from),
                sa.func.count(),
                history.c.run_seq,
                history.c.entity_id,
                sa.func.min(history.c.id),
                sa.func.max(history.c.id),
            )
            .join(run, run.c.seq == history.c.run_seq)
            .group_by(history.c.run_seq, history.c.entity_id, run.c.source)
            .order_by(history.c.run_seq, history.c.entity_id)
        )
        names = ["source", "type", "at", "events", "run_seq", "entity_id", "first_version", "last_version"]
        await connection.execute(outbox.insert().from_select(names, made, include_defaults=False))


async def _activity(connection: AsyncConnection, schema: Schema) -> None:
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=[schema.activity]))
    prefix = f"{SCHEMA}." if schema.dialect == "postgresql" else ""
    await connection.exec_driver_sql(f"DROP INDEX IF EXISTS {prefix}ix_headgate_history_run_seq")
    await connection.run_sync(lambda sync: schema.versions_of_run.create(sync, checkfirst=True))


async def _journal(connection: AsyncConnection, schema: Schema) -> None:
    tables = [schema.journal, schema.journal_batch]
    await connection.run_sync(lambda sync: schema.metadata.create_all(sync, tables=tables))


async def _targets(connection: AsyncConnection, schema: Schema) -> None:
    """Add what says where the rows of an entity land."""
    await _add_to_entity(connection, schema, {"target", "loaded"})


async def _parents(connection: AsyncConnection, schema: Schema) -> None:
    """Add what says which fields hold keys of other entities."""
    await _add_to_entity(connection, schema, {"parents"})


async def _add_to_entity(connection: AsyncConnection, schema: Schema, columns: Collection[str]) -> None:
    """Add columns to the table of entities, unless the first tables were made with them."""
    table = schema.entity
    found = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns(table.name, schema=table.schema))
    name = connection.dialect.identifier_preparer.format_table(table)
    for column in set(columns) - {column["name"] for column in found}:
        await connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {column} TEXT")


_OVERLAP_SQLITE = """
CREATE TRIGGER headgate_history_no_overlap_{name} BEFORE {event} ON headgate_history
WHEN EXISTS (
    SELECT 1 FROM headgate_history h
    WHERE h.entity_id = NEW.entity_id AND h.key = NEW.key AND h.id IS NOT NEW.id
      AND (h.valid_to IS NULL OR h.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR h.valid_from < NEW.valid_to)
)
BEGIN SELECT RAISE(ABORT, 'two versions of one row overlap'); END
"""

# per statement and not per row: a first load of a million rows pays for one join
_OVERLAP_FUNCTION = """
CREATE FUNCTION headgate.refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM changed n JOIN headgate.history h
          ON h.entity_id = n.entity_id AND h.key = n.key AND h.id <> n.id
        WHERE (h.valid_to IS NULL OR h.valid_to > n.valid_from)
          AND (n.valid_to IS NULL OR h.valid_from < n.valid_to)
    ) THEN
        RAISE EXCEPTION 'two versions of one row overlap' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NULL;
END $$
"""
_OVERLAP_POSTGRESQL = """
CREATE TRIGGER history_no_overlap_{name} AFTER {event} ON headgate.history
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION headgate.refuse_overlap()
"""

_EVENTS = {"insert": "INSERT", "update": "UPDATE"}
_NO_OVERLAP: dict[str, list[str]] = {
    "sqlite": [_OVERLAP_SQLITE.format(name=name, event=event) for name, event in _EVENTS.items()],
    "postgresql": [
        _OVERLAP_FUNCTION,
        *(_OVERLAP_POSTGRESQL.format(name=name, event=event) for name, event in _EVENTS.items()),
    ],
}

OUTBOX_VERSION = 5
"""The version of the tables in which sinks came to be known."""

MIGRATIONS = (
    Migration(1, "runs, state, history, quarantine, outbox, leases", _first_tables),
    Migration(2, "contracts, quality of runs", _quality_tables),
    Migration(3, "how far back the history goes", _horizon),
    Migration(4, "decisions of people, what others said last", _memory),
    Migration(OUTBOX_VERSION, "events by run, sinks and their progress", _outbox_by_run),
    Migration(6, "what runs do, and the changes of a run in order", _activity),
    Migration(7, "what interrupted runs have read", _journal),
    Migration(8, "tables of applications", _targets),
    Migration(9, "fields that hold keys of other entities", _parents),
)
"""Every step there ever was, oldest first."""
