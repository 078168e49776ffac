"""What operation costs: metrics, logs at info, events and traces, on against off, in turns, in one process.

The request benchmark asks a server of its own at concurrency 50, each URL new to the cache. The counting cannot be
turned off by a setting, so "off" has it replaced by nothing. The sync benchmark runs a whole sync of rows of 8 columns,
a tenth of them changed each time, without any network.

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
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

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
    """Yields rows; the edition changes every tenth."""

    name = "things"
    rows = 0
    edition = count()

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The one entity."""
        return (EntitySpec("things", Thing, key=("id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield rows of the next edition."""
        edition = next(self.edition)
        rows = [
            {
                "id": n,
                "a": f"a {n}",
                "b": f"b {n}",
                "c": f"c {n}",
                "d": edition if n % 10 == 0 else 0,
                "e": n,
                "f": n / 3,
                "g": n % 2 == 0,
            }
            for n in range(self.rows)
        ]
        for start in range(0, len(rows), 1000):
            yield Records("things", rows[start : start + 1000], complete=start + 1000 >= len(rows))


@contextlib.contextmanager
def observed(*, on: bool) -> Iterator[None]:
    """Log at info into nothing, and count by host; or neither."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.ExitStack() as restoring:
        configure_logging(level="info" if on else "error", style="json", stream=nowhere)
        if not on:
            counting = HostMetrics.count_attempt
            restoring.callback(setattr, HostMetrics, "count_attempt", counting)
            HostMetrics.count_attempt = lambda *_, **__: None  # type: ignore[method-assign]
        yield


def report(name: str, on: list[float], off: list[float]) -> None:
    # the ratio of one round: what slowed the machine down slowed down both
    cost = statistics.median(mine / theirs for mine, theirs in zip(on, off, strict=True)) - 1
    print(f"{name:10} on {statistics.median(on):8.3f} s   off {statistics.median(off):8.3f} s   cost {cost:+6.1%}")


async def measure(run: Callable[[bool], object], rounds: int) -> tuple[list[float], list[float]]:
    """Take turns, on and off; the order changes with each round."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds):
        for on in (True, False) if number % 2 else (False, True):
            with observed(on=on):
                started = time.perf_counter()
                await run(on)  # type: ignore[misc]
                seconds[on].append(time.perf_counter() - started)
    return seconds[True], seconds[False]


async def requests_cost(url: str, folder: Path, rounds: int, number: int) -> None:
    fresh = count()
    one = client("aiohttp", path=folder / "cache.db")

    async def run(_on: bool) -> None:  # noqa: FBT001 - on or off
        await requests_per_second(lambda: one.request(f"{url}?n={next(fresh)}"), number)

    await measure(run, 1)
    report("requests", *await measure(run, rounds))
    await one.close()


async def sync_cost(folder: Path, rounds: int, rows: int) -> None:
    Things.rows = rows
    plugins = PluginManager(discover=False)
    plugins.register_extractor("things", Things)
    database = f"sqlite:///{folder / 'store.db'}"
    guard = {"max_deleted": "none"}
    plain = PipelineConfig(database_url=database, guard=guard)
    full = PipelineConfig(
        database_url=database,
        guard=guard,
        metrics={"textfile": str(folder / "headgate.prom")},
        alerts={"targets": {"nobody": {"url": "json://127.0.0.1:1/", "severity": "critical"}}},
    )

    async def run(on: bool) -> None:  # noqa: FBT001 - on or off
        async with operated("things", full if on else plain) as watched:
            await pipeline.sync("things", config=full if on else plain, plugins=plugins, observer=watched)

    await measure(run, 1)
    report("sync", *await measure(run, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        with server(Path(name)) as url:
            asyncio.run(requests_cost(url, Path(name), options.rounds, options.requests))
        asyncio.run(sync_cost(Path(name), options.rounds, options.rows))


if __name__ == "__main__":
    main()
