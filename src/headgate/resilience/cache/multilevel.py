"""Memory in front of Redis or a file (signatures first)."""

from __future__ import annotations

import random
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig
from headgate.health import ComponentHealth
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache.entry import Entry, JSONValue, Loader, Lookup


class MultiLevelCache:
    """A cache of JSON values and bytes: memory in front of Redis or a file."""

    def __init__(
        self,
        config: CacheConfig | None = None,
        redis_client: Any = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
        metrics: ExtractionMetrics | None = None,
    ) -> None:
        raise NotImplementedError

    def peek(self, key: str) -> Entry | None:
        """Return a fresh entry of the memory level, without waiting; a hit is counted, a miss is not."""
        raise NotImplementedError

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the fresh value of a key, or the default."""
        raise NotImplementedError

    async def set(self, key: str, value: JSONValue | bytes, *, ttl: float | None = None) -> None:
        """Keep a value for ``ttl`` seconds."""
        raise NotImplementedError

    async def delete(self, key: str) -> bool:
        """Forget a key in every level; tell whether it was there."""
        raise NotImplementedError

    async def clear(self) -> None:
        """Forget everything."""
        raise NotImplementedError

    @staticmethod
    def generate_key(prefix: str, **kwargs: Any) -> str:
        """Return a stable key; the arguments cannot be read from it."""
        raise NotImplementedError

    async def get_or_load(self, key: str, load: Loader, *, max_age: float | None = None) -> Lookup:
        """Return the entry of a key, fetched once however many wait.

        A hit counts in ``cache_hits``, a load in ``cache_misses``, joining a fetch under way in
        ``coalesced_requests``: their sum is the number of look-ups.
        """
        raise NotImplementedError

    async def health(self) -> ComponentHealth:
        """Report how the levels are."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop what runs and write what is pending. The Redis client stays open: it belongs to the caller."""
        raise NotImplementedError

    async def __aenter__(self) -> MultiLevelCache:
        """Return the cache itself."""
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close it."""
        await self.close()
