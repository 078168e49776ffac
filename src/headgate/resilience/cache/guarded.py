"""A second level that may fail: its failures are misses, counted, and it is left alone until it is well again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from headgate.clock import Clock
from headgate.health import ComponentHealth, HealthStatus
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache.codec import CorruptEntryError, Record
from headgate.resilience.cache.level import CacheLevel

T = TypeVar("T")

FIRST_BACKOFF = 0.5
MAX_BACKOFF = 15.0
_MAX_MISSED = 10_000

_log = get_logger(__name__)


class LevelDownError(Exception):
    """The level cannot be asked now."""


class GuardedLevel:
    """A level behind a small breaker of its own.

    After a failure it is skipped for half a second, then twice as long after each further one, 15 seconds at the most;
    when the time has come, one single operation tries it. What was written or deleted meanwhile is deleted there first:
    the level must not bring back what was out of date.

    Args:
        level: What may fail. It is opened on first use, and again after each failure.
        clock: Measures the back-off.
        metrics: Failures count in ``cache_errors``.
        timeout: Seconds of real time for one operation; none: the level never waits for anything.
    """

    def __init__(self, level: CacheLevel, *, clock: Clock, metrics: ExtractionMetrics, timeout: float | None) -> None:
        self._level = level
        self._clock = clock
        self._metrics = metrics
        self._timeout = timeout
        self._opening = asyncio.Lock()
        self._ready = False
        self._failures = 0
        self._down_until = 0.0
        self._reason = ""
        self._missed: set[str] = set()
        self._missed_all = False

    @property
    def name(self) -> str:
        """Return the word for the level in reports."""
        return self._level.name

    def lacks(self, key: str) -> bool:
        """Tell whether a key is certainly not there, if that is known without waiting."""
        if not self._ready:
            return False
        try:
            return self._level.lacks(key)
        except Exception as error:  # noqa: BLE001 - whatever a level raises, it is a miss
            self._fail(error)
            return False

    def put_at_once(self, key: str, record: Record) -> bool:
        """Keep a record if that can be done without waiting; tell whether it was."""
        if not self._ready:
            return False
        try:
            return self._level.put_at_once(key, record)
        except Exception as error:  # noqa: BLE001 - whatever a level raises, it is a miss
            self._fail(error)
            return False

    async def get(self, key: str) -> Record | None:
        """Return the record of a key; a corrupt one is a miss.

        Raises:
            LevelDownError: The level failed, now or a short time ago.
        """
        try:
            return await self._attempt(self._level.get, key)
        except CorruptEntryError as error:
            self._metrics.cache_errors += 1
            _log.warning("cache_entry_corrupt", level=self.name, entry=key, reason=str(error))
            return None

    async def put(self, key: str, record: Record) -> None:
        """Keep a record if the level is well."""
        try:
            await self._attempt(self._level.put, key, record)
        except LevelDownError:
            self._miss(key)

    async def delete(self, key: str) -> bool:
        """Forget a key, at the latest when the level is well again; tell whether it was there."""
        try:
            return await self._attempt(self._level.delete, key) > 0
        except LevelDownError:
            self._miss(key)
            return False

    async def clear(self) -> None:
        """Forget everything, at the latest when the level is well again."""
        try:
            await self._attempt(self._level.clear)
        except LevelDownError:
            self._missed_all = True

    async def health(self) -> ComponentHealth:
        """Report how the level is; a level that is down makes the cache slower, so it is degraded."""
        try:
            return await self._attempt(self._level.health)
        except LevelDownError:
            return ComponentHealth(HealthStatus.DEGRADED, f"The {self.name} level is not used: {self._reason}")

    async def close(self) -> None:
        """Close the level; it is opened again if it is used again."""
        self._ready = False
        await self._level.close()

    async def _attempt(self, operation: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        if not self._ready:
            await self._prepare()
        return await self._bounded(operation, *arguments)

    async def _prepare(self) -> None:
        """Open the level: the first users wait for it together; after a failure one tries and the others go on."""
        if self._failures and (self._opening.locked() or self._clock.monotonic() < self._down_until):
            raise LevelDownError(self._reason)
        failures = self._failures
        async with self._opening:
            if self._ready:
                return
            if self._failures != failures:
                raise LevelDownError(self._reason)
            await self._bounded(self._open)
        if failures:
            _log.info("cache_level_back", level=self.name)
        self._failures = 0

    async def _open(self) -> None:
        await self._level.open()
        if self._missed_all:
            await self._level.clear()
        elif self._missed:
            await self._level.delete(*self._missed)
        self._missed_all = False
        self._missed.clear()
        self._ready = True

    async def _bounded(self, operation: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        try:
            if self._timeout is None:
                return await operation(*arguments)
            async with asyncio.timeout(self._timeout):
                return await operation(*arguments)
        except CorruptEntryError:
            raise
        except Exception as error:
            self._fail(error)
            raise LevelDownError(self._reason) from error

    def _fail(self, error: Exception) -> None:
        self._metrics.cache_errors += 1
        self._reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if self._failures and self._clock.monotonic() < self._down_until:
            return  # one of several that were under way when the level went down
        self._ready = False
        backoff = min(FIRST_BACKOFF * 2**self._failures, MAX_BACKOFF)
        self._failures += 1
        self._down_until = self._clock.monotonic() + backoff
        _log.warning("cache_level_down", level=self.name, reason=self._reason, retry_in=backoff)

    def _miss(self, key: str) -> None:
        if len(self._missed) < _MAX_MISSED:
            self._missed.add(key)
        else:
            self._missed_all = True
