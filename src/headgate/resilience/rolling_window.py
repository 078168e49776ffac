"""Counts over the last seconds, in constant time and space."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

_BUCKETS = 10


class Counts(NamedTuple):
    """How many calls there were, how many of them failed, how many were slow."""

    calls: int = 0
    failures: int = 0
    slow: int = 0


_NOTHING = Counts()


class RollingWindow:
    """Calls, failures and slow calls in the last ``seconds``.

    The window is cut into ten buckets that are dropped one by one as they grow old, so a count covers between nine
    and ten tenths of the window.

    Args:
        seconds: Length of the window.
        now: The monotonic time in seconds.
    """

    __slots__ = ("_bucket_ends", "_calls", "_failures", "_past", "_slow", "_width")

    def __init__(self, seconds: float, now: float) -> None:
        self._width = seconds / _BUCKETS
        self._past: deque[Counts] = deque(maxlen=_BUCKETS - 1)
        self.clear(now)

    def clear(self, now: float) -> None:
        """Forget every call."""
        self._past.clear()
        self._open_bucket(now + self._width)

    def add(self, now: float, *, failed: bool = False, slow: bool = False) -> None:
        """Count one call that ended at ``now`` (monotonic seconds)."""
        if now >= self._bucket_ends:
            self._rotate(now)
        self._calls += 1
        if failed:
            self._failures += 1
        if slow:
            self._slow += 1

    def counts(self, now: float) -> Counts:
        """Return what happened in the window that ends at ``now``."""
        if now >= self._bucket_ends:
            self._rotate(now)
        calls, failures, slow = self._calls, self._failures, self._slow
        for bucket in self._past:
            calls += bucket.calls
            failures += bucket.failures
            slow += bucket.slow
        return Counts(calls, failures, slow)

    def _open_bucket(self, ends: float) -> None:
        self._bucket_ends = ends
        self._calls = self._failures = self._slow = 0

    def _rotate(self, now: float) -> None:
        """Close the bucket that is over, and the empty ones between it and ``now``."""
        steps = int((now - self._bucket_ends) / self._width) + 1
        if steps >= _BUCKETS:
            self.clear(now)
            return
        self._past.append(Counts(self._calls, self._failures, self._slow))
        self._past.extend([_NOTHING] * (steps - 1))
        self._open_bucket(self._bucket_ends + steps * self._width)
