"""How long the pages of the dashboard take, over a history of many versions: medians and the slowest of some tries.

Run it as ``python benchmarks/web.py [--versions N] [--database URL]``. Without a URL it measures a SQLite file in the
current folder, which it keeps for the next time. A database that is empty is filled first: a quarter of the versions
new, then three runs that update every row, and a plan that waits; each run with duplicates and with a quarantine.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import statistics
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx

from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.store import DatabaseManager, EntityTable, QuarantinedRow, Store, judge
from headgate.web.app import create_app
from headgate.web.rendering import prepare_templates

TABLE = EntityTable(
    "schools",
    ("id",),
    {"id": "integer", "name": "text", "division": "text", "members": "integer", "site": "text"},
)
GENERATIONS = 4
TRIES = 15
PART = 20_000
REPEATED = 500
REFUSED = 5_000
LIMIT_MS = 200


def listing(rows: int, generation: int) -> Iterator[list[dict[str, object]]]:
    """Yield the rows of a generation: each differs from the one before in a number."""
    for start in range(0, rows, PART):
        yield [
            {
                "id": number,
                "name": f"University of Somewhere {number}",
                "division": ("I", "II", "III")[number % 3],
                "members": number % 1000 + generation,
                "site": f"https://www.school{number}.example",
            }
            for number in range(start, min(rows, start + PART))
        ]


def refused(generation: int) -> Iterator[QuarantinedRow]:
    """Yield rows of a generation that broke a rule."""
    for number in range(REFUSED):
        raw = {"id": f"x{generation}-{number}", "name": f"College {number}"}
        yield QuarantinedRow(raw, ["id: Input should be a valid integer"], None)


async def fill(store: Store, versions: int) -> None:
    """Fill a database, and leave one more plan that waits."""
    for generation in range(GENERATIONS + 1):
        rows = versions // GENERATIONS if generation < GENERATIONS else versions // GENERATIONS // 2
        async with store.run("bench", [TABLE]) as run:
            for part in listing(rows, generation):
                await run.stage(TABLE.name, part)
            await run.stage(TABLE.name, next(listing(rows, generation))[:REPEATED], complete=True)
            await run.quarantine(TABLE.name, refused(generation))
            plan = await run.plan()
            if generation < GENERATIONS:
                await run.commit(plan)
            else:
                await run.hold(plan, judge(plan, GuardConfig()))


async def prepare(database: str, versions: int) -> None:
    """Fill a database if it is empty."""
    async with DatabaseManager(database) as db:
        store = Store(db)
        await store.open()
        if await store.sources():
            return
        started = time.perf_counter()
        await fill(store, versions)
        print(f"filled with {versions:,} versions in {time.perf_counter() - started:.0f} s")


async def measure(database: str) -> None:
    """Ask for every page a few times, and print a table."""
    prepare_templates()
    gc.collect()
    gc.freeze()
    app = create_app(PipelineConfig(database_url=database), "a-token-of-the-benchmark")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60) as client,
    ):
        runs = (await client.get("/runs.json")).json()["runs"]
        held, last, first = runs[0]["run"], runs[1]["run"], runs[-1]["run"]
        row = "/entities/schools/row?key=%5B777%5D"
        then, now = quote(runs[2]["finished_at"]), quote(runs[1]["finished_at"])
        [refusal, *_] = (await client.get(f"/quarantine.json?run={held}")).json()["rows"]
        pages = {
            "overview": "/",
            "runs": "/runs",
            "a run": f"/runs/{last}",
            "duplicates": f"/runs/{last}/duplicates",
            "changes, first page": f"/runs/{last}/changes",
            "changes, later page": await later(client, f"/runs/{first}/changes"),
            "changes, one operation": f"/runs/{last}/changes?operation=updated",
            "a plan": f"/runs/{held}/changes",
            "a plan, its deletions": f"/runs/{held}/changes?entity=schools&operation=deleted",
            "changes, search without a hit": f"/runs/{last}/changes?q=nowhere",
            "rows": "/entities/schools",
            "rows, later page": await later(client, "/entities/schools"),
            "rows, search without a hit": "/entities/schools?q=nowhere",
            "rows as they were": f"/entities/schools?at={then}",
            "rows as they were, search": f"/entities/schools?at={then}&q=nowhere",
            "one row through time": row,
            "one row at a date": f"{row}&at={then}",
            "two versions side by side": f"{row}&a={then}&b={now}",
            "entities": "/entities",
            "trend by group, first time": "/trends?entity=schools&by=division&field=members",
            "quality": "/quality",
            "trend": "/trends",
            "quarantine": "/quarantine",
            "quarantine, later page": await later(client, "/quarantine"),
            "one row in quarantine": f"/quarantine/{refusal['id']}",
            "health": "/health",
            "settings": "/settings",
        }
        print(f"{'page':<32}{'median':>10}{'slowest':>10}")
        slow = []
        for name, path in pages.items():
            times = []
            for _ in range(TRIES):
                started = time.perf_counter()
                answer = await client.get(path)
                times.append(1000 * (time.perf_counter() - started))
                assert answer.status_code == 200, (path, answer.text)
            print(f"{name:<32}{statistics.median(times):>7.0f} ms{max(times):>7.0f} ms")
            if statistics.median(times) > LIMIT_MS:
                slow.append(name)
        print(f"slower than {LIMIT_MS} ms: {', '.join(slow) or 'none'}")


async def later(client: httpx.AsyncClient, path: str) -> str:
    """Return the address of a page some way into a list."""
    for _ in range(3):
        page = (await client.get(path)).text
        found = re.search(r'rel="next" href="([^"]+)"', page)
        assert found
        path = found[1].replace("&amp;", "&")
    return path


async def main() -> None:
    """Prepare, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=1_000_000, help="how many versions the history has")
    parser.add_argument("--database", default="sqlite:///benchmark-web.db", help="the URL of the database")
    chosen = parser.parse_args()
    await prepare(chosen.database, chosen.versions)
    await measure(chosen.database)


if __name__ == "__main__":
    asyncio.run(main())
