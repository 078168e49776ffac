"""The retry budget: how much extra load retries may put on a host that is already in trouble."""

from __future__ import annotations

from headgate.clock import SYSTEM_CLOCK, Clock

# Seconds in which a spent reserve is full again.
_REFILL_SECONDS = 60.0
# Requests whose deposits are remembered: a long healthy time does not pay for a storm.
_REMEMBERED_REQUESTS = 500
# Five deposits of 0.2 are one retry, however floats add up.
_TOLERANCE = 1e-9


class RetryBudget:
    """Allows retries as a share of requests, plus a reserve.

    Every request deposits ``ratio``, every retry costs one. The deposits of the last 500 requests at most are kept, and
    the reserve, for hosts with little traffic, fills up again within a minute. Over ``n`` requests in ``t`` seconds no
    more than ``ratio * n + reserve * (1 + t / 60)`` retries are allowed. The idea is that of Finagle's ``RetryBudget``.

    Args:
        ratio: Retries per request, 0 to 1.
        reserve: Retries beyond that share.
        clock: Where the time comes from.
    """

    __slots__ = ("_balance", "_cap", "_monotonic", "_ratio", "_refilled_at", "_reserve", "_reserve_left")

    def __init__(self, ratio: float = 0.2, reserve: float = 10, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._ratio = ratio
        self._cap = ratio * _REMEMBERED_REQUESTS
        self._balance = 0.0
        self._reserve = float(reserve)
        self._reserve_left = float(reserve)
        self._monotonic = clock.monotonic
        self._refilled_at = clock.monotonic()

    def __repr__(self) -> str:
        """Return what is left."""
        return f"<RetryBudget {self.available:.1f} retries left>"

    @property
    def available(self) -> float:
        """Retries that would be allowed now."""
        return self._balance + self._refilled(self._monotonic())

    def on_request(self) -> None:
        """Count a request (not a retry)."""
        if self._balance < self._cap:
            self._balance = min(self._cap, self._balance + self._ratio)

    def try_spend(self) -> bool:
        """Take one retry out of the budget if there is one."""
        if self._balance >= 1.0 - _TOLERANCE:
            self._balance = max(0.0, self._balance - 1.0)
            return True
        now = self._monotonic()
        self._reserve_left = self._refilled(now)
        self._refilled_at = now
        if self._reserve_left >= 1.0 - _TOLERANCE:
            self._reserve_left = max(0.0, self._reserve_left - 1.0)
            return True
        return False

    def _refilled(self, now: float) -> float:
        grown = self._reserve * (now - self._refilled_at) / _REFILL_SECONDS
        return min(self._reserve, self._reserve_left + grown)
