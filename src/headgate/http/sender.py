"""Retries: one hop of a request, attempted until it succeeds, cannot succeed, or the time is up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, Protocol

from headgate.clock import Clock
from headgate.config.policies import HttpConfig, RetryConfig
from headgate.errors import CircuitOpenError, HeadgateError, RateLimitTimeoutError, RetryLaterError, UpstreamError
from headgate.http.attempt import Budget
from headgate.http.hedge import hedged
from headgate.http.hosts import Host
from headgate.http.redirects import Hop
from headgate.http.transport import RawResponse
from headgate.http.url import redact
from headgate.http.verdict import IDEMPOTENT, AttemptFailed, Wanted
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.resilience.retry import backoff_delay

_log = get_logger(__name__)


class SendsAttempts(Protocol):
    """What sends single attempts."""

    async def send(
        self, host: Host, hop: Hop, wanted: Wanted, budget: Budget, on_wire: asyncio.Event | None = None
    ) -> RawResponse:
        """Send one attempt under the policies of its host, as :meth:`~headgate.http.attempt.Attempts.send` does."""
        ...


class Sender:
    """Sends a hop, with retries and hedges.

    Args:
        attempts: Sends single attempts.
        http: Whether attempts are hedged.
        retry: How often and after what delays it is tried again.
        clock: Where the time comes from.
        rng: Where the jitter comes from.
        metrics: What counts retries and hedges.
    """

    def __init__(
        self,
        attempts: SendsAttempts,
        http: HttpConfig,
        retry: RetryConfig,
        *,
        clock: Clock,
        rng: random.Random,
        metrics: ExtractionMetrics,
    ) -> None:
        self._attempts = attempts
        self._hedge_after = http.hedge_after
        self._retry = retry
        self._clock = clock
        self._rng = rng
        self._metrics = metrics

    async def send(self, host: Host, hop: Hop, wanted: Wanted, budget: Budget) -> RawResponse:
        """Send a hop until it is answered.

        Raises:
            HeadgateError: The last failure, with the number of attempts made.
        """
        host.budget.on_request()
        tries, delay = 0, 0.0
        failure: AttemptFailed | None = None
        while True:
            tries += 1
            try:
                if self._hedge_after is None or hop.method not in IDEMPOTENT:
                    return await self._attempts.send(host, hop, wanted, budget)
                return await self._send_hedged(host, hop, wanted, budget)
            except AttemptFailed as failed:
                failure = failed
            except (CircuitOpenError, RateLimitTimeoutError) as rejection:
                if failure is None:
                    raise
                # the upstream's own failure tells the caller more than the rejection that followed it
                raise _given_up(failure.error, budget, retry_after=rejection.retry_after) from rejection
            if not self._may_retry(hop, failure, tries):
                raise _given_up(failure.error, budget) from failure.error.__cause__
            delay = backoff_delay(self._retry, tries, delay, self._rng)
            # Retry-After is a floor: never shortened, neither by the cap nor by the jitter
            wait = max(delay, failure.retry_after or 0.0)
            self._refuse_unless_worthwhile(host, failure, wait, budget)
            self._metrics.retries += 1
            _log.info(
                "request_retried",
                url=redact(hop.url),
                attempts=budget.attempts,
                reason=failure.error.message,
                wait_seconds=round(wait, 3),
            )
            await self._clock.sleep(wait)

    def _may_retry(self, hop: Hop, failure: AttemptFailed, tries: int) -> bool:
        return (
            failure.retryable
            and tries < self._retry.max_attempts
            and (hop.method in IDEMPOTENT or self._retry.retry_non_idempotent)
        )

    def _refuse_unless_worthwhile(self, host: Host, failure: AttemptFailed, wait: float, budget: Budget) -> None:
        """Give up before a wait that cannot end in another attempt."""
        error = failure.error
        if wait >= budget.deadline_at - self._clock.monotonic():
            raise _given_up(
                error,
                budget,
                retry_after=wait,
                hint=f"The deadline of {budget.deadline:g} seconds comes before the next attempt; "
                f"come back in {wait:.0f} seconds.",
            ) from error.__cause__
        if (open_for := host.breaker.retry_after) > wait:
            raise _given_up(
                error,
                budget,
                retry_after=open_for,
                hint=f"The circuit breaker of {host.origin} is open; come back in {open_for:.0f} seconds.",
            ) from error.__cause__
        if not host.budget.try_spend():
            raise _given_up(
                error, budget, hint=f"The retry budget of {host.origin} is spent: too much of what it is asked fails."
            ) from error.__cause__

    async def _send_hedged(self, host: Host, hop: Hop, wanted: Wanted, budget: Budget) -> RawResponse:
        def start(on_wire: asyncio.Event) -> Coroutine[Any, Any, RawResponse]:
            return self._attempts.send(host, hop, wanted, budget, on_wire)

        def may_hedge() -> bool:
            if not host.budget.try_spend():
                return False
            self._metrics.hedges += 1
            return True

        return await hedged(start, after=self._hedge_after or 0.0, may_hedge=may_hedge, clock=self._clock)


def _given_up(
    error: HeadgateError, budget: Budget, *, retry_after: float | None = None, hint: str | None = None
) -> HeadgateError:
    """Complete the error of the last attempt with what is known now."""
    if isinstance(error, UpstreamError):
        error.attempts = budget.attempts
        if budget.attempts > 1:
            error.message = f"{error.message.removesuffix('.')} ({budget.attempts} attempts)."
    if isinstance(error, RetryLaterError) and retry_after is not None:
        error.retry_after = max(error.retry_after or 0.0, retry_after)
    if hint is not None:
        error.hint = hint
    return error
