"""The token bucket as one number: the generic cell rate algorithm."""

from __future__ import annotations

import math

# Seconds, or share of an interval, by which a token may come early: what the rounding of floats needs.
_TOLERANCE_SECONDS = 1e-9
_TOLERANCE_SHARE = 1e-6


class Gcra:
    """A bucket of ``burst`` tokens that fills at ``rate`` tokens per second.

    It keeps only the theoretical arrival time: when the bucket will be full again. In any window of ``w`` seconds it
    grants at most ``burst + rate * w`` tokens. See ITU-T I.371, annex A ("virtual scheduling"). It never waits and
    reads no clock: every method is told the time, in monotonic seconds.

    Args:
        rate: Tokens per second; may be infinite.
        burst: Tokens that the bucket holds.
        now: The time; the bucket starts full.
    """

    __slots__ = ("_allowance", "_burst", "_full_at", "_interval", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._burst = burst
        self._full_at = now
        self._set_interval(rate)

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self._rate

    def take(self, now: float, tokens: int = 1) -> bool:
        """Take ``tokens`` if they are there."""
        full_at = self._full_at
        if full_at < now:  # noqa: PLR1730 - max() is a call, and this runs for every request
            full_at = now
        full_at += tokens * self._interval
        if full_at - self._allowance > now:
            return False
        self._full_at = full_at
        return True

    def due(self, now: float, tokens: int = 1) -> float:
        """Return when ``tokens`` will be there; not later than ``now`` if they are there already."""
        return max(self._full_at, now) + tokens * self._interval - self._allowance

    def available(self, now: float) -> float:
        """Return the tokens that are there; infinite if the rate is."""
        if self._interval == 0:
            return math.inf
        return self._burst - max(0.0, self._full_at - now) / self._interval

    def give_back(self, tokens: int) -> None:
        """Return tokens that were taken and not used."""
        self._full_at -= tokens * self._interval

    def keep_at_most(self, tokens: float, at: float) -> None:
        """Throw tokens away, so that no more than ``tokens`` of them are there at the time ``at``."""
        self._full_at = max(self._full_at, at + (self._burst - tokens) * self._interval)

    def set_rate(self, rate: float, at: float) -> None:
        """Fill at another rate from the time ``at`` on; the tokens that are there then stay."""
        missing = max(0.0, self._full_at - at) / self._interval if self._interval else 0.0
        self._set_interval(rate)
        self._full_at = at + missing * self._interval

    def _set_interval(self, rate: float) -> None:
        self._rate = rate
        self._interval = 1.0 / rate
        self._allowance = self._burst * self._interval + max(_TOLERANCE_SECONDS, _TOLERANCE_SHARE * self._interval)
