"""How often somebody may try a token: per address and in all, so that it cannot be guessed."""

from __future__ import annotations

from collections import OrderedDict

from headgate.clock import Clock
from headgate.resilience.gcra import Gcra

TRIES = 5
"""Wrong tokens that one address may send before it has to wait."""

SECONDS_PER_TRY = 15.0
"""After how many seconds it may try once more."""

_TRIES_OF_ALL = 50
_SECONDS_PER_TRY_OF_ALL = 1.0
_ADDRESSES = 1000


class Logins:
    """Counts wrong tokens. A right one costs nothing.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._everybody = Gcra(1 / _SECONDS_PER_TRY_OF_ALL, _TRIES_OF_ALL, clock.monotonic())
        self._addresses: OrderedDict[str, Gcra] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return how many seconds an address has to wait before its next try; 0 if it may try now."""
        now = self._clock.monotonic()
        bucket = self._addresses.get(address)
        due = [self._everybody.due(now), *([] if bucket is None else [bucket.due(now)])]
        return max(0.0, max(due) - now)

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        now = self._clock.monotonic()
        bucket = self._addresses.pop(address, None) or Gcra(1 / SECONDS_PER_TRY, TRIES, now)
        self._addresses[address] = bucket
        if len(self._addresses) > _ADDRESSES:
            self._addresses.popitem(last=False)
        bucket.take(now)
        self._everybody.take(now)
