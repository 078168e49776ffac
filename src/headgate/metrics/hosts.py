"""What happened at one host, in numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_HOSTS = 50
"""Hosts of one source that are told apart; all further ones are counted together as :data:`OTHER`."""

OTHER = "other"

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram of durations, in seconds."""


@dataclass(frozen=True, slots=True)
class HostGauges:
    """How the policies of a host stand at this moment.

    Args:
        breaker: ``closed``, ``open`` or ``half_open``.
        requests_per_second: The rate that the limiter grants now.
        paused_seconds: For how long the host is left in peace.
        in_flight: Attempts under way.
        waiting: Attempts that wait for their turn.
        retries_left: What the retry budget would allow now.
    """

    breaker: str
    requests_per_second: float
    paused_seconds: float
    in_flight: int
    waiting: int
    retries_left: float


@dataclass(slots=True)
class HostMetrics:
    """Counters of one host of one extractor.

    A request that is answered from memory asks no host and is not counted here.
    """

    successes: int = 0
    failures: int = 0
    cancellations: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    seconds: float = 0.0
    by_duration: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    transitions: dict[str, int] = field(default_factory=dict)
    gauges: Callable[[], HostGauges] | None = field(default=None, repr=False)

    def count_attempt(self, seconds: float, *, failed: bool = False) -> None:
        """Count an attempt that took so long, from the permit to the verdict."""
        self.attempts += 1
        self.failed_attempts += failed
        self.seconds += seconds
        self.by_duration[bisect_left(BOUNDS, seconds)] += 1

    def add(self, other: HostMetrics) -> None:
        """Count what was counted elsewhere; the gauges are those of the later one."""
        self.successes += other.successes
        self.failures += other.failures
        self.cancellations += other.cancellations
        self.attempts += other.attempts
        self.failed_attempts += other.failed_attempts
        self.seconds += other.seconds
        self.by_duration = [mine + theirs for mine, theirs in zip(self.by_duration, other.by_duration, strict=True)]
        for state, times in other.transitions.items():
            self.transitions[state] = self.transitions.get(state, 0) + times
        self.gauges = other.gauges or self.gauges


def host_of(hosts: dict[str, HostMetrics], origin: str) -> HostMetrics:
    """Return the counters of a host from a table that stays bounded."""
    found = hosts.get(origin)
    if found is None:
        found = hosts.setdefault(origin if len(hosts) < MAX_HOSTS else OTHER, HostMetrics())
    return found
