"""The cache against a model in ten lines, over any sequence of calls and any passing of time."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from headgate.config.policies import CacheConfig
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import Entry, Fetched, MultiLevelCache, NotModified, Origin
from headgate.testing.clock import FakeClock

KEYS = st.sampled_from("abc")
VALUES = st.sampled_from([None, 0, [], "", b"", {"a": [1]}, "text", b"bytes"])
MEMORY_TTL, REDIS_TTL = 10.0, 40.0


class CacheMachine(RuleBasedStateMachine):
    """Memory and file together answer what a dictionary of values with an expiry would."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.metrics = ExtractionMetrics()
        self.model: dict[str, tuple[Any, float]] = {}
        self.looked_up = 0

    @initialize(size=st.sampled_from([0, 1, 100]), on_disk=st.booleans())
    def make(self, size: int, on_disk: bool) -> None:
        """Start with a cache of any shape; without a file, a memory that is large enough."""
        level: dict[str, Any] = {"path": self.folder / "c.db"} if on_disk else {"second_level": "none"}
        self.ttl = REDIS_TTL if on_disk else MEMORY_TTL
        self.config = CacheConfig(
            memory_ttl=MEMORY_TTL,
            redis_ttl=REDIS_TTL,
            ttl_jitter=0,
            max_memory_size=size if on_disk else 100,
            **level,
        )
        self.on_disk = on_disk
        self.cache = self.new_cache()

    def new_cache(self) -> MultiLevelCache:
        """Make a cache as a new process would."""
        return MultiLevelCache(self.config, clock=self.clock, metrics=self.metrics, rng=random.Random(1))

    def expected(self, key: str) -> tuple[bool, Any]:
        """Say what the model holds: whether there is a value, and which."""
        value, expires = self.model.get(key, (None, 0.0))
        return expires > self.clock.time(), value

    @rule(key=KEYS, value=VALUES, ttl=st.none() | st.sampled_from([0.0, 5.0, 25.0]))
    def set(self, key: str, value: Any, ttl: float | None) -> None:
        """Store."""
        self.loop.run_until_complete(self.cache.set(key, value, ttl=ttl))
        self.model[key] = (value, self.clock.time() + (self.ttl if ttl is None else ttl))

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        """Read: the value if it is fresh, else the default."""
        there, value = self.expected(key)
        missing = object()
        found = self.loop.run_until_complete(self.cache.get(key, missing))
        self.looked_up += 1
        assert (found is not missing) is there
        if there:
            assert found == value
            assert type(found) is type(value)

    @rule(key=KEYS)
    def peek(self, key: str) -> None:
        """Look into the memory: never anything but the fresh value."""
        entry = self.cache.peek(key)
        if entry is not None:
            self.looked_up += 1
            assert self.expected(key) == (True, entry.value)

    @rule(key=KEYS, value=VALUES, unchanged=st.booleans())
    def load(self, key: str, value: Any, unchanged: bool) -> None:
        """Load: the loader is asked if and only if nothing fresh is there."""
        asked: list[Entry | None] = []

        async def loader(stale: Entry | None) -> Fetched | NotModified:
            asked.append(stale)
            return NotModified() if unchanged and stale is not None else Fetched(value, renewable=True)

        there, known = self.expected(key)
        found = self.loop.run_until_complete(self.cache.get_or_load(key, loader))
        self.looked_up += 1
        assert bool(asked) is not there
        if there:
            assert found.entry.value == known
            assert found.origin in (Origin.MEMORY, Origin.SECOND_LEVEL)
            return
        if asked[0] is not None:
            assert asked[0].value == known
        now_known = known if found.origin is Origin.REVALIDATED else value
        assert found.entry.value == now_known
        self.model[key] = (now_known, self.clock.time() + self.ttl)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        """Delete: what was fresh was there."""
        there, _ = self.expected(key)
        assert self.loop.run_until_complete(self.cache.delete(key)) or not there
        self.model.pop(key, None)

    @rule()
    def clear(self) -> None:
        """Clear."""
        self.loop.run_until_complete(self.cache.clear())
        self.model.clear()

    @rule(seconds=st.sampled_from([0.5, 4.0, 9.5, 11.0, 39.0, 41.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.move(seconds)

    @rule()
    def restart(self) -> None:
        """Start a new process: memory is gone, the file is not."""
        self.loop.run_until_complete(self.cache.close())
        self.cache = self.new_cache()
        if not self.on_disk:
            self.model.clear()

    @invariant()
    def every_look_up_counted_once(self) -> None:
        """Hits and misses add up to the look-ups, and nothing failed."""
        assert self.metrics.cache_hits + self.metrics.cache_misses == self.looked_up
        assert self.metrics.cache_errors == 0

    def teardown(self) -> None:
        """Close everything."""
        if hasattr(self, "cache"):
            self.loop.run_until_complete(self.cache.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


TestCacheMachine = CacheMachine.TestCase
TestCacheMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
