"""The requests that took longest, a few of them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from headgate.http.url import redact

KEPT = 10


@dataclass(frozen=True, slots=True, order=True)
class SlowRequest:
    """One request that took long.

    Args:
        seconds: From the call to the answer or the error, waiting included.
        url: What was asked for, without secrets.
        attempts: Attempts made for it.
    """

    seconds: float
    url: str = field(compare=False)
    attempts: int = field(compare=False)


class Slowest:
    """Remembers the slowest requests; one that is quicker than all of them costs a comparison.

    Args:
        kept: How many to remember.
    """

    __slots__ = ("_heap", "_kept", "_least")

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._heap: list[SlowRequest] = []
        self._least = 0.0

    def note(self, url: str, seconds: float, attempts: int) -> None:
        """Take a request into account."""
        if seconds <= self._least:
            return
        request = SlowRequest(seconds, redact(url), attempts)
        if len(self._heap) < self._kept:
            heapq.heappush(self._heap, request)
        else:
            heapq.heappushpop(self._heap, request)
        if len(self._heap) == self._kept:
            self._least = self._heap[0].seconds

    def all(self) -> list[SlowRequest]:
        """Return them, the slowest first."""
        return sorted(self._heap, reverse=True)
