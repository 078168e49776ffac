"""What happened, in numbers: counted where it happens, read by whoever wants to know.

Plain integers on a slotted object: counting costs one attribute increment, and exporters read them when asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from headgate.metrics.hosts import HostMetrics, host_of


@dataclass(slots=True)
class ExtractionMetrics:
    """Counters of one extractor.

    A *request* is what the caller asked for; an *attempt* is what went over the wire for it. A request answered from
    the cache has no attempt, one that was retried has several. ``total_requests`` is always
    ``successful_requests + failed_requests`` plus the requests still under way or cancelled.
    """

    total_requests: int = 0
    successful_requests: int = 0
    failed_requests: int = 0
    cancelled_requests: int = 0
    attempts: int = 0
    failed_attempts: int = 0
    retries: int = 0
    hedges: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    memory_hits: int = 0
    second_level_hits: int = 0
    stale_served: int = 0
    revalidations: int = 0
    coalesced_requests: int = 0
    cache_errors: int = 0
    failed_renewals: int = 0
    validation_errors: int = 0
    circuit_breaker_trips: int = 0
    circuit_breaker_rejections: int = 0
    rate_limit_pauses: int = 0
    rate_limit_wait_seconds: float = 0.0
    bytes_received: int = 0
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    hosts: dict[str, HostMetrics] = field(default_factory=dict, repr=False)

    def host(self, origin: str) -> HostMetrics:
        """Return the counters of a host; beyond :data:`~headgate.metrics.hosts.MAX_HOSTS` hosts, those of the rest."""
        return self.hosts.get(origin) or host_of(self.hosts, origin)

    def counters(self) -> dict[str, float]:
        """Return every counter by its name."""
        return {name: getattr(self, name) for name in COUNTERS}

    def add(self, other: ExtractionMetrics) -> None:
        """Count what another extractor counted."""
        for name in COUNTERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for origin, counted in other.hosts.items():
            host_of(self.hosts, origin).add(counted)

    @property
    def success_rate(self) -> float:
        """Share of finished requests that succeeded, 0 to 1; 0 before the first one."""
        finished = self.successful_requests + self.failed_requests
        return self.successful_requests / finished if finished else 0.0

    @property
    def cache_hit_rate(self) -> float:
        """Share of cache look-ups that were answered by the cache, 0 to 1; 0 before the first one."""
        looked_up = self.cache_hits + self.cache_misses
        return self.cache_hits / looked_up if looked_up else 0.0


COUNTERS = tuple(part.name for part in fields(ExtractionMetrics) if part.name not in {"start_time", "hosts"})
"""The names of the counters, in their order."""
