"""The levels together: memory in front of at most one other, which may fail."""

from __future__ import annotations

import random
from typing import Any

from headgate.clock import Clock
from headgate.config.policies import CacheConfig
from headgate.errors import ConfigError
from headgate.health import ComponentHealth, worst
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache.codec import Record
from headgate.resilience.cache.disk import DiskLevel
from headgate.resilience.cache.disk_file import default_path
from headgate.resilience.cache.freshness import Freshness, Verdict
from headgate.resilience.cache.guarded import GuardedLevel, LevelDownError
from headgate.resilience.cache.memory import MemoryLevel
from headgate.resilience.cache.redis_level import RedisLevel

_log = get_logger(__name__)

REDIS_TIMEOUT = 1.0
"""Seconds after which Redis counts as gone."""


class Levels:
    """Where records are found, kept and forgotten; ``changes`` counts what was kept or forgotten.

    Args:
        config: Which levels there are, and how much they hold.
        redis_client: A ``redis.asyncio`` client, or none.
        clock: See :class:`~headgate.resilience.cache.multilevel.MultiLevelCache`.
        rng: Source of the jitter.
        metrics: Failures of the second level count there.

    Raises:
        ConfigError: Redis is asked for and no client is given.
    """

    def __init__(
        self, config: CacheConfig, redis_client: Any, *, clock: Clock, rng: random.Random, metrics: ExtractionMetrics
    ) -> None:
        self._config = config
        self._clock = clock
        self._rng = rng
        self.memory = MemoryLevel(max_entries=config.max_memory_size, max_bytes=config.max_memory_bytes, clock=clock)
        self._second = _second_level(config, redis_client, clock, metrics)
        self.changes = 0
        self.freshness = Freshness(config, two_levels=self._second is not None)

    def has_nothing(self, key: str) -> bool:
        """Tell whether there is nothing beyond what is fresh in memory, if that is known without waiting.

        What the level behind the memory lacks is over, also if the memory still holds it.
        """
        return self.memory.kept(key) is None if self._second is None else self._second.lacks(key)

    async def find(self, key: str, max_age: float | None = None) -> tuple[Record | None, Verdict]:
        """Return what the levels have beyond what is fresh in memory, and what to do with it."""
        record, up_to_date = await self._newest(key)
        if record is None:
            return None, Verdict.ASK
        now = self._clock.time()
        if record.keep_until <= now and not self.freshness.replays:
            return None, Verdict.ASK
        verdict = self.freshness.judge(record, now, max_age)
        if verdict is Verdict.ANSWER and not up_to_date and not self.freshness.replays:
            # the memory's own time is over, and the level behind it cannot confirm what it had
            verdict = Verdict.ASK
        return record, verdict

    def remember(self, key: str, record: Record) -> None:
        """Keep a record in memory."""
        fresh, kept = self.freshness.in_memory(record, self._clock.time(), self._rng)
        self.memory.keep(key, record, fresh_seconds=fresh, keep_seconds=kept)

    def keep_at_once(self, key: str, record: Record) -> bool:
        """Keep a record in all levels if that can be done without waiting; tell whether it was."""
        now = self._clock.time()
        if record.keep_until <= now or not (self._second is None or self._second.put_at_once(key, record)):
            return False
        self.changes += 1
        fresh, kept = self.freshness.in_memory(record, now, self._rng)
        self.memory.keep(key, record, fresh_seconds=fresh, keep_seconds=kept)
        return True

    async def keep(self, key: str, record: Record) -> None:
        """Keep a record in all levels; one that has no time left drives out the older one."""
        if record.keep_until <= self._clock.time():
            await self.drop(key)
            return
        self.changes += 1
        self.remember(key, record)
        if self._second is not None:
            await self._second.put(key, record)

    async def drop(self, key: str) -> bool:
        """Forget a key in all levels; tell whether it was there."""
        self.changes += 1
        in_memory = self.memory.discard(key)
        behind = await self._second.delete(key) if self._second is not None else False
        return in_memory or behind

    async def clear(self) -> None:
        """Forget everything in all levels."""
        self.changes += 1
        self.memory.reset()
        if self._second is not None:
            await self._second.clear()

    async def health(self) -> ComponentHealth:
        """Report how the levels are: degraded when the second one cannot be used."""
        memory = await self.memory.health()
        details: dict[str, Any] = {"mode": self._config.mode.value, "memory": memory.as_dict()}
        if not self._config.enabled:
            return ComponentHealth(memory.status, "The cache is turned off.", details)
        if self._second is None:
            return ComponentHealth(memory.status, details=details)
        behind = await self._second.health()
        details[self._second.name] = behind.as_dict()
        return ComponentHealth(worst((memory.status, behind.status)), behind.message, details)

    async def close(self) -> None:
        """Write what waits and close the second level; it is opened again when it is used again."""
        if self._second is not None:
            await self._second.close()

    async def _newest(self, key: str) -> tuple[Record | None, bool]:
        """Return a record, and whether it comes from the level that others write to."""
        if self._second is None:
            return self.memory.kept(key), False
        try:
            record = await self._second.get(key)
        except LevelDownError:
            return self.memory.kept(key), False
        if record is None:
            self.memory.discard(key)  # the memory never outlives the level behind it
        return record, True


def _second_level(
    config: CacheConfig, redis_client: Any, clock: Clock, metrics: ExtractionMetrics
) -> GuardedLevel | None:
    wanted = config.second_level
    if wanted == "auto":
        wanted = "disk" if redis_client is None else "redis"
    if wanted == "none" or not config.enabled:
        return None
    if wanted == "disk":
        try:
            path = (config.path or default_path()).expanduser()
        except RuntimeError as error:  # this user has no home
            _log.warning("cache_without_file", reason=str(error), hint="Set cache.path.")
            return None
        live = Freshness(config, two_levels=True).live
        disk = DiskLevel(path, max_bytes=config.max_disk_bytes, clock=clock, purge=live)
        return GuardedLevel(disk, clock=clock, metrics=metrics, timeout=None)
    if redis_client is None:
        raise ConfigError(
            "The cache's second level is 'redis', and no Redis client was given.",
            hint="Pass redis_client, or set cache.second_level to 'auto', 'disk' or 'none'.",
        )
    redis = RedisLevel(redis_client, namespace=config.namespace, clock=clock)
    return GuardedLevel(redis, clock=clock, metrics=metrics, timeout=REDIS_TIMEOUT)
