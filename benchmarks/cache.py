"""What a look-up in the cache costs, beside cachetools and a plain dictionary. Medians of seven rounds."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from cachetools import TTLCache

from headgate.config.policies import CacheConfig
from headgate.resilience.cache import Entry, Fetched, MultiLevelCache

ROUNDS = 7
CALLS = 20_000
BODY = b"x" * 1024
META = {"status": 200, "headers": "Content-Type: application/json\nDate: now", "url": "http://a/b"}


def sync_seconds(call: Callable[[int], object], calls: int) -> float:
    start = time.perf_counter()
    for number in range(calls):
        call(number)
    return time.perf_counter() - start


async def async_seconds(call: Callable[[int], Awaitable[object]], calls: int) -> float:
    start = time.perf_counter()
    for number in range(calls):
        await call(number)
    return time.perf_counter() - start


async def load(_stale: Entry | None) -> Fetched:
    return Fetched(BODY, META)


async def main() -> None:
    plain = {"key": "value"}
    ttl_cache: TTLCache[str, str] = TTLCache(1000, 300)
    ttl_cache["key"] = "value"
    with tempfile.TemporaryDirectory() as folder:
        disk = CacheConfig(path=Path(folder) / "cache.db", max_memory_size=1000)
        cold = disk.model_copy(update={"max_memory_size": 0})
        none = CacheConfig(second_level="none")
        async with MultiLevelCache(disk) as cache, MultiLevelCache(none) as memory, MultiLevelCache(cold) as behind:
            await cache.set("key", "value")
            await cache.set("rows", [{"id": 1, "name": "A"}])
            await behind.set("key", BODY)
            measured: dict[str, list[float]] = {}

            def note(name: str, seconds: float) -> None:
                measured.setdefault(name, []).append(seconds / CALLS * 1e6)

            for turn in range(ROUNDS):
                note("dict.get", sync_seconds(lambda _: plain.get("key"), CALLS))
                note("cachetools.TTLCache.get", sync_seconds(lambda _: ttl_cache.get("key"), CALLS))
                note("peek, hit", sync_seconds(lambda _: cache.peek("key"), CALLS))
                note("get, hit, text", await async_seconds(lambda _: cache.get("key"), CALLS))
                note("get, hit, list of one row", await async_seconds(lambda _: cache.get("rows"), CALLS))
                note("get, miss in memory and on disk", await async_seconds(lambda i: cache.get(f"no{i}"), CALLS))
                note("get, 1 KB from disk", await async_seconds(lambda _: behind.get("key"), CALLS))
                note(
                    "get_or_load, miss, 1 KB kept in memory",
                    await async_seconds(lambda i, turn=turn: memory.get_or_load(f"m{turn}-{i}", load), CALLS),
                )
                note(
                    "get_or_load, miss, 1 KB kept in memory and on disk",
                    await async_seconds(lambda i, turn=turn: cache.get_or_load(f"d{turn}-{i}", load), CALLS),
                )
            for name, values in measured.items():
                print(f"{name:<52} {statistics.median(values):8.2f} µs")


if __name__ == "__main__":
    asyncio.run(main())
