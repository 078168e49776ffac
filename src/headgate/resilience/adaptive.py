"""The adaptive rate: additive increase, multiplicative decrease."""

from __future__ import annotations

import math

from headgate.config.policies import RateLimitConfig
from headgate.resilience.rolling_window import RollingWindow

# Seconds in which the rate is adjusted at most once, in either direction.
_STEP = 1.0
# Share of the granted rate that must have been used before more is asked for.
_USED = 0.5
# Seconds over which the real rate is measured when none is configured.
_MEASURED_OVER = 2.0
# Requests per second that an unlimited limiter is taken to have made at least, when it is first pushed back.
_MODEST = 10.0


class AdaptiveRate:
    """A rate that gives way when the upstream pushes back, and is won back slowly while it is used.

    AIMD as in TCP's congestion avoidance (Chiu and Jain, 1989): times ``decrease_factor`` once per round of feedback,
    plus ``increase_per_second`` of the configured rate for each quiet second in which at least half of the rate was
    used. It stays between ``min_requests_per_second`` and ``requests_per_second``. If the latter is infinite, the rate
    measured when the upstream first pushed back takes its place in both steps.

    Args:
        config: The settings of the limiter.
        now: The monotonic time in seconds.
    """

    __slots__ = ("_config", "_decreased_at", "_measured", "_reference", "_step_from", "_successes", "ceiling", "rate")

    def __init__(self, config: RateLimitConfig, now: float) -> None:
        self._config = config
        self.ceiling = config.requests_per_second
        self.rate = self.ceiling
        self._reference = self.ceiling
        self._decreased_at = -math.inf
        self._step_from = now
        self._successes = 0
        self._measured = RollingWindow(_MEASURED_OVER, now) if math.isinf(self.ceiling) else None

    @property
    def listens(self) -> bool:
        """Whether a success can tell it anything: it is below the ceiling, or has to measure the real rate."""
        return self.rate < self.ceiling or self._measured is not None

    def on_success(self, now: float) -> bool:
        """Count a request that went through; return whether the rate changed."""
        if self._measured is not None:
            self._measured.add(now)
        if self.rate >= self.ceiling:
            return False
        self._successes += 1
        elapsed = now - self._step_from
        if elapsed < _STEP:
            return False
        used = self._successes >= _USED * self.rate * elapsed
        self._begin_step(now)
        if used:
            self.rate = min(self.ceiling, self.rate + self._config.increase_per_second * self._reference)
        return used

    def on_throttle(self, now: float, sent_at: float | None, quiet_since: float) -> bool:
        """Give way; return whether the rate changed.

        Responses to requests that were sent before the last decrease tell nothing new.

        Args:
            now: The monotonic time in seconds.
            sent_at: When the request was sent. If that is not known, what comes within a second of the last decrease,
                or of the end of the pause that followed it, is taken to belong to the same round.
            quiet_since: When the last pause ended or will end.
        """
        if sent_at is None:
            same_round = now < max(self._decreased_at, quiet_since) + _STEP if self._decreased_at > -math.inf else False
        else:
            same_round = sent_at <= self._decreased_at
        if same_round:
            return False
        self._decreased_at = now
        self._begin_step(now)
        if math.isinf(self.rate):
            self._reference = self.rate = max(_MODEST, self._measured_rate(now))
        floor = min(self._config.min_requests_per_second, self.ceiling)
        self.rate = max(floor, self.rate * self._config.decrease_factor)
        return True

    def _begin_step(self, now: float) -> None:
        self._step_from = now
        self._successes = 0

    def _measured_rate(self, now: float) -> float:
        return self._measured.counts(now).calls / _MEASURED_OVER if self._measured is not None else 0.0
