"""The rate limiter: how fast a host is asked, by how many at once, and when it is left in peace."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from types import TracebackType
from typing import NamedTuple, Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import RateLimitConfig
from headgate.errors import ConfigError, RateLimitTimeoutError
from headgate.resilience.adaptive import AdaptiveRate
from headgate.resilience.alarm import Alarm
from headgate.resilience.gcra import Gcra
from headgate.resilience.quota import Quota
from headgate.resilience.slots import SlotPool

# After a pause everybody waits for the same moment. It comes later by up to this share of the pause, and so many
# seconds at most, so that several processes do not start together; and for as long again those who wait start one by
# one, with gaps of up to this share of that time.
_RELEASE_SHARE = 0.1
_RELEASE_SECONDS = 1.0
_RELEASE_GAP_SHARE = 0.1


class _Waiter(NamedTuple):
    tokens: int
    give_up_at: float


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

    __slots__ = (
        "_adaptive",
        "_alarm",
        "_bucket",
        "_burst",
        "_config",
        "_monotonic",
        "_name",
        "_next_release",
        "_pause_ends",
        "_queue",
        "_queued_tokens",
        "_quota_rate",
        "_quota_until",
        "_ramp_gap",
        "_ramp_until",
        "_released_at",
        "_rng",
        "_slots",
    )

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
        self._rng = rng or random.Random()
        now = clock.monotonic()
        self._burst = config.burst_size
        self._bucket = Gcra(config.requests_per_second, config.burst_size, now)
        if config.start_empty:
            self._bucket.keep_at_most(0.0, now)
        self._slots = SlotPool(config.concurrent_limit, name=name, clock=clock)
        self._adaptive = AdaptiveRate(config, now) if config.adaptive else None
        self._alarm = Alarm(clock, self._grant_what_is_due)
        self._queue: OrderedDict[asyncio.Future[None], _Waiter] = OrderedDict()
        self._queued_tokens = 0
        self._pause_ends = self._released_at = now
        self._next_release = self._ramp_until = now
        self._ramp_gap = 0.0
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
        self._end_quota(self._monotonic())
        return self._bucket.rate

    @property
    def in_flight(self) -> int:
        """Slots that are taken."""
        return self._slots.in_use

    @property
    def waiting(self) -> int:
        """Callers that wait for a token or a slot."""
        return len(self._queue) + self._slots.waiting

    @property
    def paused_for(self) -> float:
        """Seconds for which nothing will be granted; 0 when there is no pause."""
        return max(0.0, self._pause_ends - self._monotonic())

    # --- tokens ------------------------------------------------------------------------------------

    def try_acquire(self, tokens: int = 1) -> bool:
        """Take ``tokens`` if that is possible without waiting and without passing anybody who waits.

        Raises:
            ConfigError: No bucket of this size can ever hold ``tokens``.
        """
        if not 0 < tokens <= self._burst:
            raise self._impossible(tokens)
        if self._queue:
            return False
        now = self._monotonic()
        if now < self._released_at:
            return False
        return self._bucket.take(now, tokens) or (self._end_quota(now) and self._bucket.take(now, tokens))

    async def acquire(self, tokens: int = 1, *, max_wait: float | None = None) -> float:
        """Wait for ``tokens``; return the seconds waited.

        Raises:
            RateLimitTimeoutError: As things stand it will take longer than ``max_wait`` seconds. This is raised at
                once, not after the wait; ``retry_after`` says how long it would take.
            ConfigError: No bucket of this size can ever hold ``tokens``.
        """
        if self.try_acquire(tokens):
            return 0.0
        started = self._monotonic()
        self._end_quota(started)
        wait = self._earliest(started, self._queued_tokens + tokens) - started
        if max_wait is not None and wait > max_wait:
            raise self._timeout(wait)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue[future] = _Waiter(tokens, float("inf") if max_wait is None else started + max_wait)
        self._queued_tokens += tokens
        self._set_alarm(started)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._bucket.give_back(tokens)
            raise
        finally:
            self._leave_queue(future)
            self._set_alarm(self._monotonic())
        return self._monotonic() - started

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
        now = self._monotonic()
        seconds = min(seconds, self._config.max_pause)
        if not now + seconds > self._pause_ends or seconds <= 0:
            return
        self._pause_ends = now + seconds
        span = min(_RELEASE_SHARE * seconds, _RELEASE_SECONDS)
        self._released_at = self._pause_ends + self._rng.uniform(0.0, span)
        self._ramp_until = self._released_at + span
        self._ramp_gap = _RELEASE_GAP_SHARE * span
        self._bucket.keep_at_most(1.0, self._released_at)
        self._turn_away_the_late(now)

    def on_success(self) -> None:
        """Count a request that the upstream accepted: in the adaptive mode the rate is won back by and by."""
        if self._adaptive is not None and self._adaptive.listens:
            now = self._monotonic()
            if self._adaptive.on_success(now):
                self._apply_rate(now)

    def on_throttle(self, retry_after: float | None = None, *, sent_at: float | None = None) -> None:
        """Give way to a 429 or 503: pause for ``retry_after`` seconds, and in the adaptive mode slow down.

        Args:
            retry_after: Seconds the upstream asked for.
            sent_at: When the request was sent, in seconds of the monotonic clock: it tells the responses that belong
                to one push-back from the first response to the slower rate.
        """
        now = self._monotonic()
        if self._adaptive is not None and self._adaptive.on_throttle(now, sent_at, self._released_at):
            self._apply_rate(now)
            self._bucket.keep_at_most(0.0, now)
            self._turn_away_the_late(now)
        if retry_after is not None:
            self.pause(retry_after)

    def on_quota(self, quota: Quota) -> None:
        """Spread what the upstream still allows until its reset; pause until then if nothing is left."""
        if self._adaptive is None or not quota.reset_seconds > 0:
            return
        now = self._monotonic()
        if quota.is_spent:
            self.pause(quota.reset_seconds)
            return
        tight = quota.even_rate < self._adaptive.ceiling
        self._quota_rate = quota.even_rate if tight else float("inf")
        self._quota_until = now + min(quota.reset_seconds, self._config.max_pause) if tight else now
        self._apply_rate(now)
        if tight:
            self._bucket.keep_at_most(1.0, now)

    # --- inside ------------------------------------------------------------------------------------

    def _earliest(self, now: float, tokens: int) -> float:
        """Return when ``tokens`` could be granted as things stand, if nobody came before."""
        due = self._bucket.due(now, tokens)
        if now < self._quota_until:
            # a quota ends, and then the rate rises: nothing is certain beyond that
            due = min(due, self._quota_until)
        return max(due, self._released_at)

    def _end_quota(self, now: float) -> bool:
        """Forget a quota whose window is over; return whether there was one."""
        if self._quota_rate == float("inf") or now < self._quota_until:
            return False
        self._quota_rate = float("inf")
        self._apply_rate(now)
        return True

    def _apply_rate(self, now: float) -> None:
        """Set the rate of the bucket to what the adaptive mode and the quota allow."""
        if self._adaptive is None:
            return
        floor = min(self._config.min_requests_per_second, self._adaptive.ceiling)
        rate = min(self._adaptive.rate, max(self._quota_rate, floor))
        if rate != self._bucket.rate:
            self._bucket.set_rate(rate, max(now, self._released_at))
            self._turn_away_the_late(now)

    def _look_again_at(self, now: float) -> float:
        """Return when the first in the queue gets its tokens, or when that has to be reckoned anew."""
        waiter = next(iter(self._queue.values()))
        return max(self._earliest(now, waiter.tokens), self._next_release)

    def _set_alarm(self, now: float) -> None:
        if self._queue:
            self._alarm.set(self._look_again_at(now))
        else:
            self._alarm.stop()

    def _grant_what_is_due(self) -> float | None:
        """Serve the queue; return when to look again."""
        now = self._monotonic()
        self._end_quota(now)
        while self._queue:
            future, waiter = next(iter(self._queue.items()))
            if not future.done():
                due = self._look_again_at(now)
                if now < due <= waiter.give_up_at:
                    return due
                if now < due:
                    future.set_exception(self._timeout(due - now))
                else:
                    self._bucket.take(now, waiter.tokens)
                    future.set_result(None)
                    if now < self._ramp_until:
                        self._next_release = now + self._rng.uniform(0.0, self._ramp_gap)
            self._leave_queue(future)
        return None

    def _leave_queue(self, future: asyncio.Future[None]) -> None:
        waiter = self._queue.pop(future, None)
        if waiter is not None:
            self._queued_tokens -= waiter.tokens

    def _turn_away_the_late(self, now: float) -> None:
        """After a change for the worse: tell those who will not make it at once, and set the alarm anew."""
        tokens_before = 0
        for future, waiter in list(self._queue.items()):
            due = self._earliest(now, tokens_before + waiter.tokens)
            if due > waiter.give_up_at and not future.done():
                self._leave_queue(future)
                future.set_exception(self._timeout(due - now))
            else:
                tokens_before += waiter.tokens
        self._set_alarm(now)

    def _timeout(self, wait: float) -> RateLimitTimeoutError:
        return RateLimitTimeoutError(
            f"No token of {self._name} will come free in time: it would take {wait:.1f} seconds.",
            hint="Wait longer, or ask for less at once.",
            retry_after=wait,
        )

    def _impossible(self, tokens: int) -> ConfigError:
        return ConfigError(
            f"{tokens} tokens of {self._name} were asked for, and its bucket grants 1 to {self._burst} at once.",
            hint="Raise burst_size, or ask for fewer tokens.",
        )
