"""Tokens in the order of asking: a token bucket, a queue in front of it, and pauses."""

from __future__ import annotations

import asyncio
import math
import random
from collections import OrderedDict
from typing import NamedTuple

from headgate.clock import Clock
from headgate.errors import ConfigError, RateLimitTimeoutError
from headgate.resilience.alarm import Alarm
from headgate.resilience.gcra import Gcra

# After a pause everybody waits for the same moment. It comes later by up to this share of the pause, and so many
# seconds at most, so that several processes do not start together; and for as long again those who wait start one by
# one, with gaps of up to this share of that time.
_RELEASE_SHARE = 0.1
_RELEASE_SECONDS = 1.0
_RELEASE_GAP_SHARE = 0.1


class _Waiter(NamedTuple):
    tokens: int
    give_up_at: float


class TokenQueue:
    """Hands out the tokens of one bucket, first come, first served, whatever amount is asked for.

    One timer serves all who wait. A waiter that is cancelled, even while it is being served, costs nobody anything.

    Args:
        rate: Tokens per second; may be infinite.
        burst: Tokens that can be saved up.
        name: What is limited, for messages.
        clock: Where the time comes from.
        rng: Where the jitter comes from.
    """

    __slots__ = (
        "_alarm",
        "_bucket",
        "_burst",
        "_monotonic",
        "_name",
        "_next_release",
        "_pause_ends",
        "_queue",
        "_queued_tokens",
        "_ramp_gap",
        "_ramp_until",
        "_rate_after",
        "_rate_until",
        "_released_at",
        "_rng",
    )

    def __init__(self, rate: float, burst: int, *, name: str, clock: Clock, rng: random.Random) -> None:
        self._name = name
        self._burst = burst
        self._monotonic = clock.monotonic
        self._rng = rng
        now = clock.monotonic()
        self._bucket = Gcra(rate, burst, now)
        self._rate_after = rate
        self._rate_until = math.inf
        self._alarm = Alarm(clock, self._serve)
        self._queue: OrderedDict[asyncio.Future[None], _Waiter] = OrderedDict()
        self._queued_tokens = 0
        self._pause_ends = self._released_at = now
        self._next_release = self._ramp_until = now
        self._ramp_gap = 0.0

    @property
    def rate(self) -> float:
        """Tokens per second at this moment."""
        self._end_rate(self._monotonic())
        return self._bucket.rate

    @property
    def waiting(self) -> int:
        """How many wait for tokens."""
        return len(self._queue)

    @property
    def paused_for(self) -> float:
        """Seconds for which nothing will be granted; 0 when there is no pause."""
        return max(0.0, self._pause_ends - self._monotonic())

    @property
    def released_at(self) -> float:
        """When the last pause is or was over, its jitter included (monotonic seconds)."""
        return self._released_at

    def try_take(self, tokens: int) -> bool:
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
        return self._bucket.take(now, tokens) or (self._end_rate(now) and self._bucket.take(now, tokens))

    async def wait(self, tokens: int, max_wait: float | None) -> float:
        """Queue for ``tokens`` and return the seconds waited; :meth:`try_take` comes first.

        Raises:
            RateLimitTimeoutError: As things stand it will take longer than ``max_wait`` seconds; raised at once.
        """
        started = self._monotonic()
        self._end_rate(started)
        wait = self._earliest(started, self._queued_tokens + tokens) - started
        if max_wait is not None and wait > max_wait:
            raise self._timeout(wait)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue[future] = _Waiter(tokens, math.inf if max_wait is None else started + max_wait)
        self._queued_tokens += tokens
        self._set_alarm(started)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._bucket.give_back(tokens)
            raise
        finally:
            self._leave(future)
            self._set_alarm(self._monotonic())
        return self._monotonic() - started

    def pause(self, seconds: float) -> None:
        """Grant nothing for ``seconds``, unless a longer pause is under way; then start with one token."""
        now = self._monotonic()
        # written so that NaN is no pause
        if not (seconds > 0 and now + seconds > self._pause_ends):
            return
        self._pause_ends = now + seconds
        span = min(_RELEASE_SHARE * seconds, _RELEASE_SECONDS)
        self._released_at = self._pause_ends + self._rng.uniform(0.0, span)
        self._ramp_until = self._released_at + span
        self._ramp_gap = _RELEASE_GAP_SHARE * span
        self._bucket.keep_at_most(1.0, self._released_at)
        self._turn_away_the_late(now)

    def keep_at_most(self, tokens: float) -> None:
        """Throw away what was saved up beyond ``tokens``."""
        now = self._monotonic()
        self._bucket.keep_at_most(tokens, now)
        self._turn_away_the_late(now)

    def set_rate(self, rate: float, *, until: float = math.inf, after: float | None = None) -> None:
        """Grant ``rate`` tokens per second, and ``after`` from the monotonic time ``until`` on."""
        now = self._monotonic()
        self._rate_until = until
        self._rate_after = rate if after is None else after
        if rate != self._bucket.rate:
            self._bucket.set_rate(rate, max(now, self._released_at))
            self._turn_away_the_late(now)

    def _end_rate(self, now: float) -> bool:
        """Change to the rate that comes after the present one if it is time; return whether it was."""
        if now < self._rate_until:
            return False
        self.set_rate(self._rate_after)
        return True

    def _earliest(self, now: float, tokens: int) -> float:
        """Return when ``tokens`` could be granted as things stand, if nobody came before."""
        # the rate can rise at its end: nothing is certain beyond that
        return max(min(self._bucket.due(now, tokens), self._rate_until), self._released_at)

    def _look_again_at(self, now: float) -> float:
        """Return when the first in the queue gets its tokens, or when that has to be reckoned anew."""
        waiter = next(iter(self._queue.values()))
        return max(self._earliest(now, waiter.tokens), self._next_release)

    def _set_alarm(self, now: float) -> None:
        if self._queue:
            self._alarm.set(self._look_again_at(now))
        else:
            self._alarm.stop()

    def _serve(self) -> float | None:
        """Grant what is due; return when to look again."""
        now = self._monotonic()
        self._end_rate(now)
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
            self._leave(future)
        return None

    def _leave(self, future: asyncio.Future[None]) -> None:
        waiter = self._queue.pop(future, None)
        if waiter is not None:
            self._queued_tokens -= waiter.tokens

    def _turn_away_the_late(self, now: float) -> None:
        """After a change: tell those who will not make it any more, at once, and set the alarm anew."""
        tokens_before = 0
        for future, waiter in list(self._queue.items()):
            due = self._earliest(now, tokens_before + waiter.tokens)
            if due > waiter.give_up_at and not future.done():
                self._leave(future)
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
