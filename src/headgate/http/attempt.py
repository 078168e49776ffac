"""One attempt: breaker check, rate token and slot, breaker permit, attempt timeout, transport."""

from __future__ import annotations

import asyncio

from multidict import istr

from headgate.clock import Clock
from headgate.config.policies import RateLimitConfig
from headgate.errors import AttemptTimeoutError, CircuitOpenError, DeadlineExceededError, HeadgateError
from headgate.http.hosts import Host
from headgate.http.rate_headers import parse_quota
from headgate.http.redirects import Hop
from headgate.http.transport import RawResponse, Transport
from headgate.http.url import redact
from headgate.http.verdict import AttemptFailed, Verdict, Wanted, judge, transport_failure
from headgate.jsontext import AmbiguousObject
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.resilience.circuit_breaker import CircuitBreaker
from headgate.resilience.rate_limiter import RateLimiter
from headgate.resilience.redis_limiter import RedisRateLimiter

# a host is judged by an attempt that the deadline cut short only if it was given this share of its proper time
_FAIR_SHARE = 0.5
# for a deadline that ends in this very instant: the transport is given no negative time
_LEAST_SECONDS = 0.001
_QUOTA_HEADERS = tuple(istr(name) for name in ("RateLimit", "RateLimit-Remaining", "X-RateLimit-Remaining"))

_log = get_logger(__name__)
_KEYS_NAMED = 5


class Budget:
    """The time and the attempts of one request, over all its hops and retries.

    Attributes:
        time_limit: Seconds for one attempt.
        deadline: Seconds for the whole request.
        deadline_at: When it ends, on the monotonic clock.
        attempts: Attempts made so far.
    """

    __slots__ = ("attempts", "deadline", "deadline_at", "time_limit")

    def __init__(self, time_limit: float, deadline: float, now: float) -> None:
        self.time_limit = time_limit
        self.deadline = deadline
        self.deadline_at = now + deadline
        self.attempts = 0

    @property
    def fair_time(self) -> float:
        """Seconds an attempt must have had before its timeout speaks against the host."""
        return _FAIR_SHARE * min(self.time_limit, self.deadline)


class Attempts:
    """Sends single attempts.

    Args:
        transport: What carries them.
        clock: Where the time comes from.
        metrics: What counts them.
        rate_limit: Whether headers about quotas are followed.
    """

    def __init__(
        self, transport: Transport, *, clock: Clock, metrics: ExtractionMetrics, rate_limit: RateLimitConfig
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._monotonic = clock.monotonic
        self._metrics = metrics
        self._reads_quota = rate_limit.adaptive

    async def send(
        self, host: Host, hop: Hop, wanted: Wanted, budget: Budget, on_wire: asyncio.Event | None = None
    ) -> RawResponse:
        """Send one attempt under the policies of its host, count it in the budget, and return a usable answer.

        Args:
            host: The policies.
            hop: What is sent where.
            wanted: What the caller wants of the answer.
            budget: The time of the request.
            on_wire: Set when the waiting is over and the transport begins.

        Raises:
            AttemptFailed: It brought nothing usable.
            CircuitOpenError: The breaker rejected it; no token was spent if it was open beforehand.
            RateLimitTimeoutError: No token would come in time.
            DeadlineExceededError: The time of the request is used up.
        """
        limiter, breaker, metrics = host.limiter, host.breaker, self._metrics
        self._left(hop, budget)
        self._ask_breaker(breaker)
        has_slot = limiter.try_acquire_slot()
        if not (has_slot and limiter.try_acquire()):
            await self._wait_for_turn(limiter, hop, budget, has_slot=has_slot)
        if host.shared is not None:
            await self._wait_for_others(host.shared, limiter, hop, budget)
        # the slot is held from here on, and nothing waits before the try
        permit, started = self._admit(breaker, limiter), self._monotonic()
        time_limit = min(budget.time_limit, budget.deadline_at - started)
        try:
            if on_wire is not None:
                on_wire.set()
            budget.attempts += 1
            metrics.attempts += 1
            raw = await self._transport.send(
                hop.method, hop.url, headers=hop.headers, body=hop.body, time_limit=max(time_limit, _LEAST_SECONDS)
            )
            metrics.bytes_received += len(raw.body)
            if self._reads_quota:
                self._note_quota(limiter, raw)
            raw.parsed = judge(raw, hop, wanted, now=self._clock.time())
            if isinstance(raw.parsed, AmbiguousObject):
                _log.warning("repeated_keys", url=redact(hop.url), keys=list(raw.parsed.repeated)[:_KEYS_NAMED])
        except AttemptFailed as failure:
            self._tell(host, limiter, permit, started, failure)
            raise
        except HeadgateError as error:
            broken = transport_failure(error)
            cut_short = isinstance(error, AttemptTimeoutError) and time_limit < budget.time_limit
            if cut_short and time_limit < budget.fair_time:
                broken.verdict = Verdict.NONE
            self._tell(host, limiter, permit, started, broken)
            raise (deadline_exceeded(hop, budget) if cut_short else broken) from error
        except BaseException:
            # cancelled, or a mistake of ours: no verdict about the host
            breaker.on_cancel(permit)
            raise
        finally:
            limiter.release_slot()
        duration = self._monotonic() - started
        breaker.on_success(permit, duration)
        limiter.on_success()
        host.metrics.count_attempt(duration)
        return raw

    def _ask_breaker(self, breaker: CircuitBreaker) -> None:
        try:
            breaker.check()
        except CircuitOpenError:
            self._metrics.circuit_breaker_rejections += 1
            raise

    def _admit(self, breaker: CircuitBreaker, limiter: RateLimiter) -> int:
        """Take the permit of an attempt that has its turn; the breaker may have opened while it waited."""
        try:
            return breaker.acquire()
        except CircuitOpenError:
            self._metrics.circuit_breaker_rejections += 1
            limiter.release_slot()
            raise

    async def _wait_for_turn(self, limiter: RateLimiter, hop: Hop, budget: Budget, *, has_slot: bool) -> None:
        """Wait for slot and token, which spends the deadline and not the attempt's time; keep the slot."""
        metrics = self._metrics
        if not has_slot:
            metrics.rate_limit_wait_seconds += await limiter.acquire_slot(max_wait=self._left(hop, budget))
        try:
            metrics.rate_limit_wait_seconds += await limiter.acquire(max_wait=self._left(hop, budget))
            self._left(hop, budget)
        except BaseException:
            limiter.release_slot()
            raise

    async def _wait_for_others(self, shared: RedisRateLimiter, limiter: RateLimiter, hop: Hop, budget: Budget) -> None:
        """Wait for a token of the bucket that several processes share; keep the slot."""
        try:
            self._metrics.rate_limit_wait_seconds += await shared.acquire(max_wait=self._left(hop, budget))
            self._left(hop, budget)
        except BaseException:
            limiter.release_slot()
            raise

    def _left(self, hop: Hop, budget: Budget) -> float:
        left = budget.deadline_at - self._monotonic()
        if left <= 0:
            raise deadline_exceeded(hop, budget)
        return left

    def _note_quota(self, limiter: RateLimiter, raw: RawResponse) -> None:
        headers = raw.headers
        for name in _QUOTA_HEADERS:
            if name in headers:
                quota = parse_quota(headers, now=self._clock.time())
                if quota is not None:
                    limiter.on_quota(quota)
                return

    def _tell(self, host: Host, limiter: RateLimiter, permit: int, started: float, failure: AttemptFailed) -> None:
        """Tell the breaker and the limiter what a failed attempt means."""
        breaker, verdict = host.breaker, failure.verdict
        duration = self._monotonic() - started
        if verdict is Verdict.ANSWERED:
            breaker.on_success(permit, duration)
            limiter.on_success()
            host.metrics.count_attempt(duration)
            return
        self._metrics.failed_attempts += 1
        host.metrics.count_attempt(duration, failed=True)
        if verdict is Verdict.FAILED:
            breaker.on_failure(permit, duration)
            if failure.slows_down:
                limiter.on_throttle(failure.retry_after, sent_at=started)
            return
        breaker.on_cancel(permit)
        if verdict is Verdict.THROTTLED:
            if failure.retry_after:
                self._metrics.rate_limit_pauses += 1
                _log.warning("host_paused", host=host.origin, seconds=failure.retry_after)
            limiter.on_throttle(failure.retry_after, sent_at=started)


def deadline_exceeded(hop: Hop, budget: Budget) -> DeadlineExceededError:
    """Return the error for a request whose time is used up."""
    attempts = f"{budget.attempts} attempt{'' if budget.attempts == 1 else 's'}"
    return DeadlineExceededError(
        f"{redact(hop.url)} gave no usable answer within {budget.deadline:g} seconds ({attempts}).",
        hint="Try again later, or raise http.deadline.",
    )
