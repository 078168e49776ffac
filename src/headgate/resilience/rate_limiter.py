"""The rate limiter: how fast a host is asked, by how many at once, and when it is left in peace."""

from __future__ import annotations

import random
from types import TracebackType
from typing import Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import RateLimitConfig
from headgate.resilience.adaptive import AdaptiveRate
from headgate.resilience.quota import Quota
from headgate.resilience.slots import SlotPool
from headgate.resilience.token_queue import TokenQueue


class RateLimiter:
    """Tokens for the rate, slots for the concurrency, and a pause for the whole host.

    A token bucket of ``burst_size`` tokens that fills at ``requests_per_second``, by GCRA on the monotonic clock:
    in any window of ``w`` seconds it grants at most ``burst_size + requests_per_second * w`` tokens. Those who wait are
    served in the order of asking, whatever amount they ask for. A cancelled waiter costs nobody anything.

    ``async with limiter:`` takes a slot first and then a token, so that starts do not bunch behind busy slots, and
    gives the slot back at the end. In the adaptive mode the rate follows :meth:`on_success`, :meth:`on_throttle` and
    :meth:`on_quota`.

    Args:
        config: The rates and limits.
        name: What is limited, for messages: a host.
        clock: Where the time comes from.
        rng: Where the jitter comes from.
    """

    __slots__ = ("_adaptive", "_config", "_monotonic", "_name", "_quota_rate", "_quota_until", "_slots", "_tokens")

    def __init__(
        self,
        config: RateLimitConfig | None = None,
        *,
        name: str = "default",
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
    ) -> None:
        self._config = config = config or RateLimitConfig()
        self._name = name
        self._monotonic = clock.monotonic
        rate, burst = config.requests_per_second, config.burst_size
        self._tokens = TokenQueue(rate, burst, name=name, clock=clock, rng=rng or random.Random())
        if config.start_empty:
            self._tokens.keep_at_most(0.0)
        self._slots = SlotPool(config.concurrent_limit, name=name, clock=clock)
        now = clock.monotonic()
        self._adaptive = AdaptiveRate(config, now) if config.adaptive else None
        self._quota_rate = float("inf")
        self._quota_until = now

    def __repr__(self) -> str:
        """Return name, rate, and who is on the way or waiting."""
        text = (
            f"<RateLimiter {self._name!r} {self.current_rate:g}/s, {self.in_flight} in flight, {self.waiting} waiting"
        )
        paused = self.paused_for
        return f"{text}, paused for {paused:.1f} s>" if paused else f"{text}>"

    @property
    def name(self) -> str:
        """What is limited."""
        return self._name

    @property
    def current_rate(self) -> float:
        """Tokens per second at this moment; never above the configured rate."""
        return self._tokens.rate

    @property
    def in_flight(self) -> int:
        """Slots that are taken."""
        return self._slots.in_use

    @property
    def waiting(self) -> int:
        """Callers that wait for a token or a slot."""
        return self._tokens.waiting + self._slots.waiting

    @property
    def paused_for(self) -> float:
        """Seconds for which nothing will be granted; 0 when there is no pause."""
        return self._tokens.paused_for

    # --- tokens ------------------------------------------------------------------------------------

    def try_acquire(self, tokens: int = 1) -> bool:
        """Take ``tokens`` if that is possible without waiting and without passing anybody who waits.

        Raises:
            ConfigError: No bucket of this size can ever hold ``tokens``.
        """
        return self._tokens.try_take(tokens)

    async def acquire(self, tokens: int = 1, *, max_wait: float | None = None) -> float:
        """Wait for ``tokens``; return the seconds waited.

        Raises:
            RateLimitTimeoutError: As things stand it will take longer than ``max_wait`` seconds. This is raised at
                once, not after the wait; ``retry_after`` says how long it would take.
            ConfigError: No bucket of this size can ever hold ``tokens``.
        """
        if self._tokens.try_take(tokens):
            return 0.0
        return await self._tokens.wait(tokens, max_wait)

    # --- slots -------------------------------------------------------------------------------------

    def try_acquire_slot(self) -> bool:
        """Take a slot if one is free and nobody waits for it."""
        return self._slots.try_acquire()

    async def acquire_slot(self, *, max_wait: float | None = None) -> float:
        """Wait for a slot; return the seconds waited.

        Raises:
            RateLimitTimeoutError: None came free within ``max_wait`` seconds.
        """
        return await self._slots.acquire(max_wait)

    def release_slot(self) -> None:
        """Give a slot back, to the first waiter if there is one."""
        self._slots.release()

    async def __aenter__(self) -> Self:
        """Take a slot, then a token."""
        if not self._slots.try_acquire():
            await self._slots.acquire()
        try:
            await self.acquire()
        except BaseException:
            self._slots.release()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the slot back."""
        self._slots.release()

    # --- what the upstream says --------------------------------------------------------------------

    def pause(self, seconds: float) -> None:
        """Grant nothing for ``seconds``; the longest pause wins, and none is longer than ``max_pause``.

        Afterwards the bucket holds one token, and those who wait start one after the other.
        """
        self._tokens.pause(min(seconds, self._config.max_pause))

    def on_success(self) -> None:
        """Count a request that the upstream accepted: in the adaptive mode the rate is won back by and by."""
        adaptive = self._adaptive
        if adaptive is not None and adaptive.listens and adaptive.on_success(self._monotonic()):
            self._apply_rate(adaptive)

    def on_throttle(self, retry_after: float | None = None, *, sent_at: float | None = None) -> None:
        """Give way to a 429 or 503: pause for ``retry_after`` seconds, and in the adaptive mode slow down.

        Args:
            retry_after: Seconds the upstream asked for.
            sent_at: When the request was sent, in seconds of the monotonic clock: it tells the responses that belong
                to one push-back from the first response to the slower rate.
        """
        adaptive = self._adaptive
        if adaptive is not None and adaptive.on_throttle(self._monotonic(), sent_at, self._tokens.released_at):
            self._apply_rate(adaptive)
            self._tokens.keep_at_most(0.0)
        if retry_after is not None:
            self.pause(retry_after)

    def on_quota(self, quota: Quota) -> None:
        """Spread what the upstream still allows until its reset; pause until then if nothing is left."""
        adaptive = self._adaptive
        if adaptive is None or not quota.reset_seconds > 0:
            return
        if quota.is_spent:
            self.pause(quota.reset_seconds)
            return
        self._quota_rate = quota.even_rate
        self._quota_until = self._monotonic() + min(quota.reset_seconds, self._config.max_pause)
        self._apply_rate(adaptive)
        if quota.even_rate < adaptive.rate:
            self._tokens.keep_at_most(1.0)

    def _apply_rate(self, adaptive: AdaptiveRate) -> None:
        """Grant what the adaptive mode allows, and no more than the quota while it lasts."""
        floor = min(self._config.min_requests_per_second, adaptive.ceiling)
        quota_rate = max(self._quota_rate, floor)
        if quota_rate < adaptive.rate and self._monotonic() < self._quota_until:
            self._tokens.set_rate(quota_rate, until=self._quota_until, after=adaptive.rate)
        else:
            self._tokens.set_rate(adaptive.rate)
