"""Memory in front of Redis or a file, one fetch per key, and what was once known when the upstream fails."""

from __future__ import annotations

import random
from typing import Any, NamedTuple, Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, CacheMode
from headgate.errors import NotRecordedError
from headgate.health import ComponentHealth
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache.answers import renewed, to_record
from headgate.resilience.cache.codec import Record, seal, seal_meta
from headgate.resilience.cache.entry import Entry, Fetched, JSONValue, Loader, NotModified, Origin
from headgate.resilience.cache.freshness import Verdict, young_enough
from headgate.resilience.cache.keys import generate_key
from headgate.resilience.cache.levels import Levels
from headgate.resilience.cache.lookup import Lookup
from headgate.resilience.cache.memory import held_record, held_value
from headgate.resilience.cache.single_flight import Flight, SingleFlight

_log = get_logger(__name__)


_JUST_NOW = frozenset((Origin.UPSTREAM, Origin.REVALIDATED))


class _Found(NamedTuple):
    record: Record
    origin: Origin


class MultiLevelCache:
    """A cache of JSON values and bytes: memory in front of Redis or a file.

    ``None``, ``0``, ``[]`` and ``""`` are values like any other. Nobody is ever given an object that somebody else
    can change. A second level that fails is a miss, counted in ``cache_errors``, and tried again by itself.

    A look-up counts in ``cache_hits`` (it was answered), in ``cache_misses`` (nothing was there, or the loader was
    asked), or in ``coalesced_requests`` (it waited for another one).

    Args:
        config: Levels, TTLs, windows and mode.
        redis_client: A ``redis.asyncio`` client; it stays the caller's.
        clock: Durations are measured on its monotonic side, the age of entries on its wall clock.
        rng: Source of the jitter.
        metrics: Where to count.

    Raises:
        ConfigError: Redis is asked for and no client is given.
    """

    def __init__(
        self,
        config: CacheConfig | None = None,
        redis_client: Any = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
        metrics: ExtractionMetrics | None = None,
    ) -> None:
        self._config = config or CacheConfig()
        self._clock = clock
        self._rng = rng or random.Random()
        self._metrics = metrics or ExtractionMetrics()
        self._levels = Levels(self._config, redis_client, clock=clock, rng=self._rng, metrics=self._metrics)
        self._fresh_in_memory = self._levels.memory.fresh
        self._flights: SingleFlight[_Found] = SingleFlight()
        self._recording = self._config.mode is CacheMode.RECORD

    # --- values ----------------------------------------------------------------------------------

    async def get(self, key: str, default: Any = None) -> Any:
        """Return the fresh value of a key, or the default."""
        held = self._fresh_in_memory(key)
        if held is None:
            return await self._get_behind_memory(key, default)
        metrics = self._metrics
        metrics.cache_hits += 1
        metrics.memory_hits += 1
        return held_value(held)

    async def set(self, key: str, value: JSONValue | bytes, *, ttl: float | None = None) -> None:
        """Keep a value in all levels.

        Args:
            key: Its name.
            value: A JSON value or bytes.
            ttl: Seconds it is fresh; none: ``redis_ttl``, or ``memory_ttl`` without a second level.

        Raises:
            ConfigError: The value is neither.
        """
        fresh, kept = self._levels.freshness.lifetime(ttl, exact=True, rng=self._rng)
        now = self._clock.time()
        record = Record(*seal(value), seal_meta({}), now, now + fresh, now + kept)
        if self._config.enabled:
            self._flights.forget(key)  # what is being fetched is older than this
            await self._levels.keep(key, record)

    async def delete(self, key: str) -> bool:
        """Forget a key in every level; tell whether it was there."""
        self._flights.forget(key)
        return await self._levels.drop(key)

    async def clear(self) -> None:
        """Forget everything in every level: in Redis the namespace, in the file all rows."""
        self._flights.forget_all()
        await self._levels.clear()

    @staticmethod
    def generate_key(prefix: str, **kwargs: Any) -> str:
        """Return ``prefix:hash``: stable, whatever the order of the arguments, which cannot be read from it.

        Raises:
            ConfigError: An argument is an object that has no stable spelling.
        """
        return generate_key(prefix, kwargs)

    # --- entries ---------------------------------------------------------------------------------

    def peek(self, key: str) -> Entry | None:
        """Return a fresh entry of the memory level, without waiting; a hit is counted, a miss is not."""
        record = self._peek_young(key, None)
        return None if record is None else record.entry()

    async def get_or_load(self, key: str, load: Loader, *, max_age: float | None = None) -> Lookup:
        """Return the entry of a key, fetched once however many wait.

        The loader runs in a task of its own: whoever is cancelled harms nobody else, and when all who waited are
        cancelled, so is the loader. If it fails, everyone who waits is given an exception of their own.

        Args:
            key: What is looked up.
            load: Fetches it. It is offered the expired entry, if one is left.
            max_age: Seconds; an older entry is not answered as fresh.

        Raises:
            NotRecordedError: The mode is offline and nothing was recorded.
            Exception: What the loader raised, unless a stale entry covers it (``stale_if_error``).
        """
        if not self._config.enabled:
            record, origin = self._take(await load(None), None)
            return Lookup(record, origin)
        while True:
            held = self._peek_young(key, max_age)
            if held is not None:
                return Lookup(held, Origin.MEMORY)
            flight = self._flights.get(key)
            if flight is None:
                record, origin = await self._flights.wait(
                    self._flights.start(key, self._find_or_load, key, load, max_age)
                )
                return Lookup(record, origin)
            stale = self._good_enough(flight, max_age)
            if stale is not None:
                self._count_stale()
                return Lookup(stale, Origin.STALE)
            self._metrics.coalesced_requests += 1
            record, origin = await self._flights.wait(flight)
            # what was not fetched just now can be too old for this caller, though not for who found it
            if origin in _JUST_NOW or young_enough(record, self._clock.time(), max_age):
                return Lookup(record, Origin.COALESCED)

    # --- the whole -------------------------------------------------------------------------------

    async def health(self) -> ComponentHealth:
        """Report how the levels are: degraded when the second one cannot be used."""
        return await self._levels.health()

    async def close(self) -> None:
        """Stop what runs and write what waits. The Redis client stays open: it is the caller's."""
        await self._flights.close()
        await self._levels.close()

    async def __aenter__(self) -> Self:
        """Return the cache; the second level is opened on first use."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close it."""
        await self.close()

    # --- looking up ------------------------------------------------------------------------------

    def _peek_young(self, key: str, max_age: float | None) -> Record | None:
        """Return a record that the memory can answer at once, and count it."""
        if max_age is not None and not self._levels.freshness.replays:
            record = self._levels.memory.kept(key)
            if record is None or not young_enough(record, self._clock.time(), max_age):
                return None
        held = self._fresh_in_memory(key)
        if held is None:
            return None
        self._metrics.cache_hits += 1
        self._metrics.memory_hits += 1
        return held_record(held)

    def _good_enough(self, flight: Flight[_Found], max_age: float | None) -> Record | None:
        """Return the stale record that may be answered while a renewal is under way."""
        if flight.meanwhile is None:
            return None
        record = flight.meanwhile.record
        verdict = self._levels.freshness.judge(record, self._clock.time(), max_age)
        return None if verdict is Verdict.ASK else record

    async def _get_behind_memory(self, key: str, default: Any) -> Any:
        changes = self._levels.changes
        record, verdict = None, Verdict.ASK
        if not self._levels.has_nothing(key):
            record, verdict = await self._levels.find(key)
        if record is None or verdict is not Verdict.ANSWER:
            self._metrics.cache_misses += 1
            return default
        if changes == self._levels.changes:  # else it may be older than what was set or deleted meanwhile
            self._levels.remember(key, record)
        self._count_second_level()
        return record.value()

    async def _find_or_load(self, key: str, load: Loader, max_age: float | None) -> _Found:
        """Do what one flight does: look behind the memory, and ask the loader if that does not answer."""
        record, verdict = None, Verdict.ASK
        if not self._levels.has_nothing(key):
            record, verdict = await self._levels.find(key, max_age)
        if record is not None and verdict is Verdict.ANSWER:
            if self._flights.is_current(key):
                self._levels.remember(key, record)
            self._count_second_level()
            return _Found(record, Origin.SECOND_LEVEL)
        if record is not None and verdict is Verdict.ANSWER_AND_RENEW:
            self._renew(key, load, record)
            self._count_stale()
            return _Found(record, Origin.STALE)
        if self._config.mode is CacheMode.OFFLINE:
            raise NotRecordedError(
                f"The cache is offline and holds nothing for '{key}'.",
                hint="Record it first (cache.mode = 'record'), or set cache.mode to 'live'.",
            )
        self._metrics.cache_misses += 1
        try:
            return await self._ask_and_keep(key, load, record)
        except Exception as error:
            now = self._clock.time()
            if record is None or not self._levels.freshness.covers_failure(record, now, error, max_age):
                raise
            self._metrics.stale_served += 1
            _log.warning("cache_stale_served", entry=key, reason=str(error))
            return _Found(record, Origin.STALE)

    # --- loading ---------------------------------------------------------------------------------

    def _renew(self, key: str, load: Loader, stale: Record) -> None:
        """Start the one renewal of a key, in the background."""
        if self._flights.is_current(key):
            self._flights.start(
                key, self._renewal, key, load, stale, background=True, meanwhile=_Found(stale, Origin.STALE)
            )

    async def _renewal(self, key: str, load: Loader, stale: Record) -> _Found:
        try:
            return await self._ask_and_keep(key, load, stale)
        except Exception as error:
            self._metrics.failed_renewals += 1
            _log.warning("cache_renewal_failed", entry=key, reason=str(error))
            raise

    async def _ask_and_keep(self, key: str, load: Loader, stale: Record | None) -> _Found:
        # a recording is made of whole answers
        offered = None if self._recording else stale
        answer = await load(None if offered is None else offered.entry())
        record, origin = self._take(answer, offered)
        store = origin is Origin.REVALIDATED or answer.store  # type: ignore[union-attr]
        if store and self._flights.is_current(key) and not self._levels.keep_at_once(key, record):
            await self._levels.keep(key, record)
        return _Found(record, origin)

    def _take(self, answer: Fetched | NotModified, offered: Record | None) -> _Found:
        now = self._clock.time()
        if isinstance(answer, Fetched):
            return _Found(to_record(answer, self._levels.freshness, now, self._rng), Origin.UPSTREAM)
        record = renewed(offered, answer, self._levels.freshness, now, self._rng)
        self._metrics.revalidations += 1
        return _Found(record, Origin.REVALIDATED)

    # --- counting --------------------------------------------------------------------------------

    def _count_second_level(self) -> None:
        self._metrics.cache_hits += 1
        self._metrics.second_level_hits += 1

    def _count_stale(self) -> None:
        self._metrics.cache_hits += 1
        self._metrics.stale_served += 1
