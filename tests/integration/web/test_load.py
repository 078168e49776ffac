"""Many readers at once, over real sockets, while something is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from fixtures.dashboard import TOKEN, fill
from fixtures.stores import SCHOOLS, schools, sync
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.store import DatabaseManager, Store
from headgate.web.pages import live
from headgate.web.serving import serve

READERS = 200
PATHS = ("/", "/runs", "/entities", "/entities/schools", "/quality", "/quarantine", "/health", "/runs.json")


@asynccontextmanager
async def serving(database: str) -> AsyncIterator[str]:
    """Serve a dashboard on a free port."""
    settings = PipelineConfig(database_url=database, web={"port": 0, "token": TOKEN})
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings, lambda url, _token: listening.set_result(url)))
    try:
        yield await listening
    finally:
        task.cancel()
        await task


@pytest.mark.timeout(300)
async def test_many_read_while_something_is_synced(database_url: str) -> None:
    """Two hundred readers at once get their pages while runs are applied, and every run is applied."""
    await fill(database_url, SCHOOLS, schools(*range(1, 500)))
    async with serving(database_url) as url, DatabaseManager(database_url) as db:
        store, answers, applied = Store(db), Counter[int](), 0
        limits = httpx.Limits(max_connections=READERS)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120) as client:

            async def read(path: str) -> None:
                answers[(await client.get(path)).status_code] += 1

            reading = asyncio.gather(*(read(PATHS[number % len(PATHS)]) for number in range(READERS)))
            while not reading.done():
                await sync(store, {"": schools(*range(applied, applied + 500))})
                applied += 1
            await reading
        assert answers == {200: READERS}
        assert applied
        assert len(await store.runs(limit=1000)) == applied + 1


async def test_change_is_told_to_whoever_listens(database_url: str) -> None:
    """A page that listens is told of a run that another connection applies."""
    await fill(database_url, SCHOOLS, schools(1))
    async with (
        serving(database_url) as url,
        DatabaseManager(database_url) as db,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
        client.stream("GET", "/live") as stream,
    ):
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        while "hello" not in await anext(lines):
            pass
        await sync(Store(db), {"": schools(1, 2)})
        async for line in lines:
            if "changed" in line:
                break


async def test_listeners_are_bounded(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than the server takes on are refused with words, and it goes on to answer."""
    monkeypatch.setattr(live, "STREAMS", 0)
    await fill(database_url, SCHOOLS, schools(1))
    async with serving(database_url) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/live")).status_code == 503
        assert (await client.get("/")).status_code == 200


async def test_rule_that_cannot_be_judged_is_told_at_the_start(tmp_path: Path) -> None:
    """A rule about a metric that there is not keeps the dashboard from starting, and no visitor has to be told."""
    rules = {"odd": {"metric": "nothing", "above": 1}}
    settings = PipelineConfig(database_url=f"sqlite:///{tmp_path / 'store.db'}", alerts={"rules": rules})
    with pytest.raises(ConfigError, match="there is no such metric"):
        await serve(settings, lambda _url, _token: None)


async def test_whoever_listens_is_told_that_the_database_is_away(tmp_path: Path) -> None:
    """A stream goes on while the database cannot be used, and says so, and that it is back."""
    file = tmp_path / "store.db"
    await fill(f"sqlite:///{file}", SCHOOLS, schools(1))
    whole = file.read_bytes()
    async with (
        serving(f"sqlite:///{file}") as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
        client.stream("GET", "/live") as stream,
    ):
        events = (line async for line in stream.aiter_lines() if line.startswith("event"))
        assert await anext(events) == "event: hello"
        file.write_bytes(b"not a database at all" * 1000)
        assert await anext(events) == "event: away"
        file.write_bytes(whole)
        assert await anext(events) == "event: hello"
