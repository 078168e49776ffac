"""When an entry may be answered: decisions only, no waiting and no storing."""

from __future__ import annotations

import math
import random
from enum import Enum
from typing import TypeAlias

from headgate.config.policies import CacheConfig, CacheMode
from headgate.errors import RetryLaterError
from headgate.resilience.cache.codec import Record

RENEWAL_SECONDS = 7 * 86_400.0
"""How long an expired entry that can be renewed (it has validators) is kept."""

RECORDING_SECONDS = 10 * 365 * 86_400.0
"""How long a recording is kept."""

NEVER = -math.inf


class Verdict(Enum):
    """What to do with an entry that was found."""

    ANSWER = "answer"
    ANSWER_AND_RENEW = "answer and renew"
    ASK = "ask the upstream"


Lifetime: TypeAlias = tuple[float, float]
"""For how many seconds an entry is fresh, and for how many it is kept."""


class Freshness:
    """The rules about age.

    Args:
        config: Modes, TTLs and windows.
        two_levels: There is a second level behind the memory.
    """

    def __init__(self, config: CacheConfig, *, two_levels: bool) -> None:
        self._config = config
        self._two_levels = two_levels
        self._ttl = config.redis_ttl if two_levels else config.memory_ttl
        self._memory_ttl = config.memory_ttl
        self._jitter = config.ttl_jitter
        self._stale = max(config.stale_while_revalidate, config.stale_if_error)
        self.live = config.mode is CacheMode.LIVE
        """Age matters, and recordings are neither made nor replayed."""
        self.replays = config.mode in (CacheMode.REPLAY, CacheMode.OFFLINE)
        """What is there is answered, whatever its age."""

    def judge(self, record: Record, now: float, max_age: float | None = None) -> Verdict:
        """Decide whether a record may be answered at ``now`` (wall clock), and be at most ``max_age`` seconds old."""
        if self.replays:
            return Verdict.ANSWER
        if not self.live or not young_enough(record, now, max_age):
            return Verdict.ASK
        left = seconds_left(record, record.fresh_until, now)
        if left > 0:
            return Verdict.ANSWER
        return Verdict.ANSWER_AND_RENEW if left > -self._config.stale_while_revalidate else Verdict.ASK

    def covers_failure(self, record: Record, now: float, error: Exception, max_age: float | None = None) -> bool:
        """Decide whether a stale record may be answered because the upstream failed.

        Never one that is older than the caller allows: who sets a bound wants to know, not to be comforted.
        """
        if not self.live or not isinstance(error, (RetryLaterError, OSError)) or not young_enough(record, now, max_age):
            return False
        return seconds_left(record, record.fresh_until, now) > -self._config.stale_if_error

    def lifetime(
        self,
        ttl: float | None,
        *,
        rng: random.Random,
        negative: bool = False,
        renewable: bool = False,
        exact: bool = False,
    ) -> Lifetime:
        """Return how long a new entry lives.

        The TTL is ``negative_ttl``, ``redis_ttl`` with a second level, or ``memory_ttl`` without; ``ttl`` shortens it,
        or replaces it if ``exact``. The jitter takes away up to ``ttl_jitter`` of it.
        """
        base = self._config.negative_ttl if negative else self._ttl
        if ttl is not None:
            base = max(ttl if exact else min(ttl, base), 0.0)
        fresh = base * (1.0 - self._jitter * rng.random())
        kept = fresh
        if not negative:
            kept += RENEWAL_SECONDS if renewable and self._stale < RENEWAL_SECONDS else self._stale
        return fresh, kept if self.live else max(kept, RECORDING_SECONDS)

    def in_memory(self, record: Record, now: float, rng: random.Random) -> Lifetime:
        """Return how long the memory may hold a record: never longer than the level behind it."""
        if self.replays:
            return math.inf, math.inf
        # measured from when it was stored at the most: a wall clock that was set back does not lengthen its life
        start = max(now, record.stored_at)
        kept = record.keep_until - start
        if not self.live:
            return NEVER, kept
        fresh = record.fresh_until - start
        if self._two_levels and fresh > (bound := self._memory_ttl * (1.0 - self._jitter * rng.random())):
            fresh = bound
        return fresh, kept


def young_enough(record: Record, now: float, max_age: float | None) -> bool:
    """Tell whether a record is at most ``max_age`` seconds old; one from the future is new."""
    return max_age is None or now - record.stored_at <= max_age


def seconds_left(record: Record, until: float, now: float) -> float:
    """Return the seconds until a time of the record; a wall clock that was set back does not lengthen them."""
    return min(until - now, until - record.stored_at)
