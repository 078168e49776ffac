"""The rate limiter that several processes share, in Redis."""

from __future__ import annotations

import asyncio
import math
import random
from typing import TYPE_CHECKING, Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CircuitBreakerConfig, RateLimitConfig
from headgate.errors import CircuitOpenError, ConfigError, MissingExtraError, RateLimitTimeoutError
from headgate.health import ComponentHealth, HealthStatus
from headgate.resilience.circuit_breaker import CircuitBreaker, CircuitState
from headgate.resilience.rate_limiter import RateLimiter
from headgate.resilience.slots import SlotPool

if TYPE_CHECKING:
    from redis.asyncio import Redis

# GCRA, as in gcra.py, in microseconds of the server's clock. `ahead` counts tokens of callers who wait already: with
# any of them nothing is granted. Returns the microseconds to wait; 0 means granted. A stored time that lies further
# ahead than the bucket is deep means that the server's clock was set back.
_SCRIPT = """
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens, ahead, empty = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local depth = burst * interval
local full_at = tonumber(redis.call('GET', KEYS[1]) or (empty == '1' and now + depth or now))
full_at = math.min(math.max(full_at, now), now + depth)
local wait = full_at + (ahead + tokens) * interval - depth - now
local granted = wait < 1 and ahead == 0
if granted then full_at = full_at + tokens * interval end
if granted or empty == '1' then
  redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1000)
end
return granted and 0 or math.max(1, math.ceil(wait))
"""

NOT_SHARED = "Redis does not answer: every process limits itself."

# Seconds after which a Redis that does not answer counts as gone.
_REDIS_TIMEOUT = 0.5
# A Redis that is gone is asked again after a second, then after two, and so on up to half a minute.
_REDIS_BREAKER = CircuitBreakerConfig(
    failure_threshold=1, recovery_timeout=1.0, max_recovery_timeout=30.0, failure_ratio=None
)


class RedisRateLimiter:
    """Tokens out of one bucket for all processes that use the same Redis and the same name.

    The algorithm is that of :class:`RateLimiter`, as one script on the server's clock, so the clocks of the machines do
    not matter. Those who wait in one process are served in the order of asking. While Redis is gone, each process
    limits itself with a local bucket of the same size; that is counted in :attr:`fallbacks` and told by
    :meth:`health`, and never an error. A caller that is cancelled while Redis is being asked may cost one token.

    Args:
        config: Rate and burst; concurrency, pauses and the adaptive mode are not shared.
        redis_client: A ``redis.asyncio`` client. It stays the caller's to close.
        name: What is limited: a host. Part of the key.
        namespace: Prefix of the key.
        clock: How waiting is done.
        rng: Where the jitter comes from.

    Raises:
        MissingExtraError: The extra ``redis`` is not installed.
    """

    def __init__(
        self,
        config: RateLimitConfig | None = None,
        redis_client: Redis | None = None,
        *,
        name: str = "default",
        namespace: str = "headgate",
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
    ) -> None:
        self._errors = _redis_errors()
        if redis_client is None:
            raise ConfigError(
                f"The Redis rate limiter of {name} was given no Redis client.",
                hint="Pass redis_client, or use RateLimiter.",
            )
        self._config = config or RateLimitConfig()
        self._interval = 1e6 / self._config.requests_per_second
        self._name = name
        self._key = f"{namespace}:rate:{name}"
        self._clock = clock
        self._script: Any = redis_client.register_script(_SCRIPT)
        self._local = RateLimiter(self._config, name=name, clock=clock, rng=rng)
        self._breaker = CircuitBreaker(_REDIS_BREAKER, name=f"Redis for {name}", clock=clock)
        # the caller whose turn it is asks Redis; the others wait behind it
        self._turn = SlotPool(1, name=name, clock=clock)
        self._queued_tokens = 0
        self._starts_empty = self._config.start_empty
        self._abandoned: set[asyncio.Future[Any]] = set()
        self.fallbacks = 0

    def __repr__(self) -> str:
        """Return name, rate and whether Redis is there."""
        redis = "shared" if self.is_shared else "local, Redis is gone"
        return f"<RedisRateLimiter {self._name!r} {self._config.requests_per_second:g}/s, {redis}>"

    @property
    def is_shared(self) -> bool:
        """Whether Redis answered when it was last asked."""
        return self._breaker.state is CircuitState.CLOSED

    @property
    def waiting(self) -> int:
        """Callers that wait for tokens."""
        return self._turn.waiting + self._turn.in_use + self._local.waiting

    async def health(self) -> ComponentHealth:
        """Report whether the limit is shared."""
        details = {"shared": self.is_shared, "fallbacks": self.fallbacks}
        if self.is_shared:
            return ComponentHealth(HealthStatus.HEALTHY, details=details)
        return ComponentHealth(HealthStatus.DEGRADED, NOT_SHARED, details)

    async def acquire(self, tokens: int = 1, *, max_wait: float | None = None) -> float:
        """Wait for ``tokens``; return the seconds waited.

        Raises:
            RateLimitTimeoutError: As things stand it will take longer than ``max_wait`` seconds; raised at once.
            ConfigError: No bucket of this size can ever hold ``tokens``.
        """
        if not 0 < tokens <= self._config.burst_size or self._interval == 0:
            return await self._local.acquire(tokens)
        started = self._clock.monotonic()
        wait = 0.0
        if not self._queued_tokens or max_wait is not None:
            wait = await self._ask(tokens, ahead=self._queued_tokens)
            if wait <= 0:
                return await self._finish(started, wait, tokens, max_wait)
        if max_wait is not None and wait > max_wait:
            raise self._timeout(wait)
        self._queued_tokens += tokens
        try:
            return await self._queue(started, tokens, max_wait)
        finally:
            self._queued_tokens -= tokens

    async def _queue(self, started: float, tokens: int, max_wait: float | None) -> float:
        """Wait for the turn, then ask until the tokens are there."""
        gives_up_at = math.inf if max_wait is None else started + max_wait
        try:
            await self._turn.acquire(max_wait)
        except RateLimitTimeoutError as error:
            raise self._timeout(self._interval * tokens / 1e6) from error
        try:
            while (wait := await self._ask(tokens)) > 0:
                if self._clock.monotonic() + wait > gives_up_at:
                    raise self._timeout(wait)
                await self._clock.sleep(wait)
            return await self._finish(started, wait, tokens, max_wait)
        finally:
            self._turn.release()

    async def _finish(self, started: float, wait: float, tokens: int, max_wait: float | None) -> float:
        """Return the seconds waited; without Redis (a negative ``wait``) the local bucket decides first."""
        if wait < 0:
            self.fallbacks += 1
            left = None if max_wait is None else max(0.0, max_wait - (self._clock.monotonic() - started))
            await self._local.acquire(tokens, max_wait=left)
        return self._clock.monotonic() - started

    async def _ask(self, tokens: int, ahead: int = 0) -> float:
        """Return the seconds to wait, 0 if the tokens were granted, -1 if Redis is gone."""
        try:
            permit = self._breaker.acquire()
        except CircuitOpenError:
            return -1.0
        empty = "1" if self._starts_empty else "0"
        arguments = [self._interval, self._config.burst_size, tokens, ahead, empty]
        # a task of its own: redis-py can swallow the cancellation of the caller
        call = asyncio.ensure_future(self._script(keys=[self._key], args=arguments))
        try:
            await asyncio.wait({call}, timeout=_REDIS_TIMEOUT)
        except BaseException:
            self._breaker.on_cancel(permit)
            self._abandon(call)
            raise
        try:
            microseconds = int(call.result())
        except self._errors:
            self._breaker.on_failure(permit, 0.0)
            self._abandon(call)
            return -1.0
        self._starts_empty = False
        self._breaker.on_success(permit, 0.0)
        return microseconds / 1e6

    def _abandon(self, call: asyncio.Future[Any]) -> None:
        """Cancel a call to Redis, and keep it until it has ended."""
        self._abandoned.add(call)
        call.add_done_callback(self._forget)
        call.cancel()

    def _forget(self, call: asyncio.Future[Any]) -> None:
        self._abandoned.discard(call)
        if not call.cancelled():
            call.exception()  # looked at, so that asyncio does not complain about it

    def _timeout(self, wait: float) -> RateLimitTimeoutError:
        return RateLimitTimeoutError(
            f"No token of {self._name} will come free in time: it would take {wait:.1f} seconds or more.",
            hint="Wait longer, or ask for less at once.",
            retry_after=wait,
        )


def _redis_errors() -> tuple[type[BaseException], ...]:
    """Return what a Redis that is gone raises."""
    try:
        from redis.exceptions import RedisError  # noqa: PLC0415 - the extra is optional
    except ImportError as error:
        raise MissingExtraError("The Redis rate limiter", "redis") from error
    # no result yet: it did not answer in time
    return (RedisError, OSError, asyncio.InvalidStateError)
