"""What the delivery of events costs a sync: the same sync without a sink and with a file, by turns in one run.

Run it as ``python benchmarks/events.py [--rows N] [--rounds N]``. Every round syncs three editions, each with 2 % of
the rows changed, into a fresh SQLite file; the figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import BaseModel

from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager


class Thing(BaseModel):
    """A row."""

    id: int
    name: str
    size: int


class Things(ExtractorPlugin):
    """A source whose rows are made up."""

    name = "things"
    entities = (EntitySpec("things", Thing, key=("id",)),)

    def __init__(self, rows: int, edition: int) -> None:
        self.rows = rows
        self.edition = edition

    async def records(self) -> AsyncIterator[Records]:
        """Yield all rows at once."""
        rows = [
            {"id": number, "name": f"Thing {number}", "size": self.edition if number % 50 == 0 else number}
            for number in range(self.rows)
        ]
        yield Records("things", rows, complete=True)


async def measure(folder: Path, rows: int, *, sink: bool) -> tuple[float, float]:
    """Return the seconds of the first sync and of the two that follow."""
    events = {"sinks": {"log": {"type": "file", "path": folder / "events.jsonl"}}} if sink else {}
    config = PipelineConfig(database_url=f"sqlite:///{folder / 'things.db'}", events=events)
    seconds = []
    for edition in range(3):
        plugins = PluginManager(discover=False)
        plugins.register_extractor("things", Things(rows, edition))
        started = time.perf_counter()
        await pipeline.sync("things", config=config, plugins=plugins)
        seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[1] + seconds[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    first: dict[bool, list[float]] = {False: [], True: []}
    later: dict[bool, list[float]] = {False: [], True: []}
    for number in range(arguments.rounds):
        for sink in (False, True) if number % 2 else (True, False):
            with tempfile.TemporaryDirectory() as folder:
                load, changes = asyncio.run(measure(Path(folder), arguments.rows, sink=sink))
            first[sink].append(load)
            later[sink].append(changes)
    for label, found in (("first load", first), ("2 % changed, twice", later)):
        off, on = statistics.median(found[False]), statistics.median(found[True])
        print(f"{label:20} without {off:6.3f} s   with a file {on:6.3f} s   {100 * (on / off - 1):+.1f} %")


if __name__ == "__main__":
    main()
