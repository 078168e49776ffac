"""What an upstream says about the requests it still allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """The fields of a ``RateLimit`` header, or of its older relatives.

    Args:
        limit: Requests allowed per window, if the upstream says so.
        remaining: Requests still allowed until the reset.
        reset_seconds: Seconds until the window starts again.
    """

    limit: int | None
    remaining: float
    reset_seconds: float

    @property
    def is_spent(self) -> bool:
        """Whether not even one request is left."""
        return self.remaining < 1

    @property
    def even_rate(self) -> float:
        """Requests per second that spread what remains evenly until the reset; infinite after the reset."""
        return max(0.0, self.remaining) / self.reset_seconds if self.reset_seconds > 0 else float("inf")
