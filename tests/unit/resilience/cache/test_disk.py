"""The file of the disk level: shared, bounded, and never the reason of a failure."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from headgate.clock import SYSTEM_CLOCK
from headgate.config.policies import CacheConfig
from headgate.errors import ConfigError
from headgate.health import HealthStatus
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import MultiLevelCache
from headgate.resilience.cache.codec import CorruptEntryError, Record, seal, seal_meta
from headgate.resilience.cache.disk import DiskLevel
from headgate.resilience.cache.disk_file import default_path, row_id
from headgate.resilience.cache.disk_writer import DiskWriter
from headgate.testing.clock import FakeClock


def record(body: bytes = b"x", *, keep: float = 4e9) -> Record:
    """Make a record of some bytes."""
    return Record(*seal(body), seal_meta({"status": 200}), 1.0, 2.0, keep)


def level(path: Path, *, size: int = 1 << 30) -> DiskLevel:
    """Make a level that is not open yet."""
    return DiskLevel(path, max_bytes=size, clock=SYSTEM_CLOCK)


async def flush(disk: DiskLevel) -> None:
    """Wait until everything is written."""
    assert disk._files is not None
    await asyncio.to_thread(disk._files.writer.flush)


async def test_nothing_is_lost_on_close(tmp_path: Path) -> None:
    """What was put just before closing is there afterwards."""
    disk = level(tmp_path / "deep" / "cache.db")
    await disk.open()
    for number in range(1000):
        await disk.put(f"k{number}", record(str(number).encode()))
    await disk.close()
    again = level(disk.path)
    await again.open()
    found = [await again.get(f"k{number}") for number in range(1000)]
    await again.close()
    assert [entry.body for entry in found if entry] == [str(number).encode() for number in range(1000)]
    assert not disk.path.with_name("cache.db-wal").exists()


async def test_written_without_close(tmp_path: Path) -> None:
    """A process that ends without closing still writes what waits."""
    code = (
        "import asyncio, pathlib, sys\n"
        "from headgate.config.policies import CacheConfig\n"
        "from headgate.resilience.cache import MultiLevelCache\n"
        "async def main():\n"
        "    cache = MultiLevelCache(CacheConfig(path=pathlib.Path(sys.argv[1])))\n"
        "    await cache.set('k', [1])\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    path = tmp_path / "cache.db"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=environment, timeout=60)
    async with MultiLevelCache(CacheConfig(path=path)) as cache:
        assert await cache.get("k") == [1]


async def test_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    """The bytes in use stay within the bound; what was written last is still there."""
    disk = level(tmp_path / "cache.db", size=1_000_000)
    await disk.open()
    for number in range(300):
        await disk.put(f"k{number}", record(os.urandom(9_000)))
        if number % 30 == 29:
            await flush(disk)
    assert await disk.get("k0") is None
    assert await disk.get("k299") is not None
    await disk.close()
    assert disk.path.stat().st_size <= 1_100_000


async def test_too_large_for_the_file(tmp_path: Path) -> None:
    """A body that would push out everything else is not kept, nor is its older version."""
    disk = level(tmp_path / "cache.db", size=200_000)
    await disk.open()
    await disk.put("a", record())
    await disk.put("b", record())
    await disk.put("a", record(b"x" * 150_000))
    await flush(disk)
    assert await disk.get("a") is None
    assert await disk.get("b") is not None
    await disk.close()


async def test_large_bodies(tmp_path: Path) -> None:
    """A body of megabytes comes back whole, before and after it is written."""
    disk = level(tmp_path / "cache.db")
    await disk.open()
    body = os.urandom(3_000_000)
    await disk.put("a", record(body))
    before = await disk.get("a")
    await flush(disk)
    after = await disk.get("a")
    await disk.close()
    assert before
    assert after
    assert before.body == after.body == body


async def test_expired_rows_are_purged(tmp_path: Path) -> None:
    """Rows whose time is over leave the file."""
    clock = FakeClock()
    disk = DiskLevel(tmp_path / "cache.db", max_bytes=1 << 30, clock=clock)
    await disk.open()
    await disk.put("old", record(keep=clock.time() + 10))
    await disk.put("new", record(keep=clock.time() + 2000))
    await disk.close()
    clock.move(611)
    await disk.open()
    await disk.put("other", record())
    await disk.close()
    with sqlite3.connect(disk.path) as connection:
        assert {key for (key,) in connection.execute("SELECT key FROM entry_2")} == {"new", "other"}


@pytest.mark.parametrize("content", [b"this is no database at all", b"SQLite format 3\0" + b"garbage" * 500])
async def test_a_broken_file_is_moved_aside(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is kept under another name, reported, and replaced."""
    path = tmp_path / "cache.db"
    path.write_bytes(content)
    async with MultiLevelCache(CacheConfig(path=path)) as cache:
        await cache.set("k", "v")
        health = await cache.health()
        assert health.status is HealthStatus.HEALTHY
        assert "moved aside" in (health.message or "")
    assert (tmp_path / "cache.db.corrupt-1").read_bytes() == content
    async with MultiLevelCache(CacheConfig(path=path)) as cache:
        assert await cache.get("k") == "v"


async def test_a_file_that_breaks_while_it_is_used(tmp_path: Path) -> None:
    """A file that is damaged mid-run costs misses, is moved aside, and the cache goes on."""
    clock, metrics = FakeClock(), ExtractionMetrics()
    path = tmp_path / "cache.db"
    config = CacheConfig(path=path, max_memory_size=0)
    async with MultiLevelCache(config, clock=clock, metrics=metrics) as cache:
        for number in range(200):
            await cache.set(f"k{number}", "x" * 2000)
    damaged = bytearray(path.read_bytes())
    leaf_of_a_table = 0x0D
    for page in range(5 * 4096, len(damaged), 4096):
        if damaged[page] == leaf_of_a_table:
            for place in range(page, page + 4096, 7):
                damaged[place] ^= 0xFF
    path.write_bytes(damaged)
    async with MultiLevelCache(config, clock=clock, metrics=metrics) as cache:
        for number in range(200):
            assert await cache.get(f"k{number}") is None
            clock.move(20)
        await cache.set("new", 1)
        assert await cache.get("new") == 1
    assert metrics.cache_errors > 0
    assert list(tmp_path.glob("*.corrupt-*"))


async def test_a_database_of_something_else_is_not_touched(tmp_path: Path) -> None:
    """A database that is not a cache is left as it is, and the cache works from memory."""
    path = tmp_path / "precious.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE precious (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="something else"):
        await level(path).open()
    async with MultiLevelCache(CacheConfig(path=path)) as cache:
        await cache.set("k", 1)
        assert await cache.get("k") == 1
        health = await cache.health()
        assert health.status is HealthStatus.DEGRADED
        assert "something else" in (health.message or "")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["precious.db"]


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Without a usable place the cache works from memory and says that it is degraded."""
    (tmp_path / "file").write_text("in the way")
    async with MultiLevelCache(CacheConfig(path=tmp_path / "file" / "cache.db")) as cache:
        await cache.set("k", 1)
        assert await cache.get("k") == 1
        assert (await cache.health()).status is HealthStatus.DEGRADED


async def test_a_damaged_row_is_one_miss(tmp_path: Path) -> None:
    """A row with foreign bytes is corrupt once, then gone; other rows are not affected."""
    disk = level(tmp_path / "cache.db")
    await disk.open()
    await disk.put("a", record())
    await disk.put("b", record())
    await flush(disk)
    connection = sqlite3.connect(disk.path)
    with connection:
        connection.execute("UPDATE entry_2 SET body = x'00' WHERE id = ?", (row_id("a"),))
    connection.close()
    with pytest.raises(CorruptEntryError):
        await disk.get("a")
    assert await disk.get("a") is None
    assert await disk.get("b") is not None
    await disk.close()


async def test_two_keys_with_one_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys whose hashes collide are told apart: one of them is a miss, never the other's value."""
    for module in ("disk", "disk_writer"):
        monkeypatch.setattr(f"headgate.resilience.cache.{module}.row_id", lambda _key: 7)
    disk = level(tmp_path / "cache.db")
    await disk.open()
    await disk.put("a", record(b"of a"))
    await flush(disk)
    assert await disk.get("b") is None
    assert await disk.delete("b") == 0
    await flush(disk)
    found = await disk.get("a")
    await disk.close()
    assert found
    assert found.body == b"of a"


async def test_processes_share_the_file(tmp_path: Path) -> None:
    """What other processes write at the same time, this one finds a moment later; nobody fails."""
    path = tmp_path / "cache.db"
    code = (
        "import asyncio, pathlib, sys\n"
        "from headgate.config.policies import CacheConfig\n"
        "from headgate.metrics import ExtractionMetrics\n"
        "from headgate.resilience.cache import MultiLevelCache\n"
        "async def main():\n"
        "    metrics = ExtractionMetrics()\n"
        "    async with MultiLevelCache(CacheConfig(path=pathlib.Path(sys.argv[1])), metrics=metrics) as cache:\n"
        "        for n in range(300):\n"
        "            await cache.set(f'{sys.argv[2]}-{n}', n)\n"
        "    assert metrics.cache_errors == 0, metrics\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    async with MultiLevelCache(CacheConfig(path=path, max_memory_size=0)) as cache:
        assert await cache.get("0-299") is None
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(path), str(worker), env=environment)
            for worker in range(3)
        ]
        assert [await process.wait() for process in processes] == [0, 0, 0]
        deadline = time.monotonic() + 10
        while await cache.get("2-299") is None and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for worker in range(3):
            for number in (0, 150, 299):
                assert await cache.get(f"{worker}-{number}") == number


async def test_a_cleared_file_forgets_what_waits(tmp_path: Path) -> None:
    """After clearing, neither written rows nor those that waited are there; what comes later is."""
    disk = level(tmp_path / "cache.db")
    await disk.open()
    await disk.put("written", record())
    await flush(disk)
    await disk.put("waits", record())
    await disk.clear()
    assert await disk.get("written") is None
    assert await disk.get("waits") is None
    await disk.put("later", record())
    await disk.close()
    await disk.open()
    assert await disk.get("later") is not None
    assert await disk.get("waits") is None
    await disk.close()


async def test_writing_waits_for_a_disk_that_lags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too much waits in memory, putting waits for the disk instead of taking ever more memory."""
    monkeypatch.setattr("headgate.resilience.cache.disk._MAX_WAITING_BYTES", 100_000)
    disk = level(tmp_path / "cache.db")
    await disk.open()
    assert disk._files is not None
    for number in range(100):
        await disk.put(f"k{number}", record(b"x" * 10_000))
        assert disk._files.writer.waiting_bytes <= 100_000
    await disk.close()


async def test_a_body_larger_than_what_may_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One body that is larger than all that may wait is written all the same."""
    monkeypatch.setattr("headgate.resilience.cache.disk._MAX_WAITING_BYTES", 1_000)
    disk = level(tmp_path / "cache.db")
    await disk.open()
    await asyncio.wait_for(disk.put("k", record(b"x" * 10_000)), 10)
    await flush(disk)
    assert await disk.get("k") is not None
    await disk.close()


async def test_found_while_it_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the thread is just writing, readers find; a newer value and a deletion go before it."""
    begun, go_on = threading.Event(), threading.Event()
    write = DiskWriter._write

    def slowly(self: DiskWriter, *arguments: Any, **options: Any) -> None:
        begun.set()
        go_on.wait(10)
        write(self, *arguments, **options)

    monkeypatch.setattr(DiskWriter, "_write", slowly)
    disk = level(tmp_path / "cache.db")
    await disk.open()
    for key in "abc":
        await disk.put(key, record(b"old"))
    await asyncio.to_thread(begun.wait, 10)
    await disk.put("b", record(b"new"))
    await disk.delete("c")
    found = [await disk.get(key) for key in "abc"]
    go_on.set()
    await flush(disk)
    later = [await disk.get(key) for key in "abc"]
    await disk.close()
    assert (
        [entry and entry.body for entry in found] == [entry and entry.body for entry in later] == [b"old", b"new", None]
    )


def test_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file is in the user's cache folder; a relative folder in the environment is ignored, as XDG says."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "headgate" / "responses.db"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_path() == Path.home() / ".cache" / "headgate" / "responses.db"


async def test_no_home_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no place for the file can be found the cache works from memory."""

    def homeless() -> Path:
        msg = "no home"
        raise RuntimeError(msg)

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    async with MultiLevelCache() as cache:
        await cache.set("k", 1)
        assert await cache.get("k") == 1


async def test_private(tmp_path: Path) -> None:
    """Others on the machine cannot read what was cached."""
    disk = level(tmp_path / "deep" / "cache.db")
    await disk.open()
    await disk.close()
    assert disk.path.stat().st_mode & 0o077 == 0
    assert disk.path.parent.stat().st_mode & 0o077 == 0
