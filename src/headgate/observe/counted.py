"""From what the process counted to a page of metrics."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.metrics import ExtractionMetrics, HostMetrics
from headgate.observe.page import MetricsPage

_STATES = ("closed", "open", "half_open")

_BY_SOURCE = {
    "retries": "retries",
    "hedges": "hedges",
    "cache_misses": "cache_misses",
    "cache_revalidations": "revalidations",
    "cache_coalesced_requests": "coalesced_requests",
    "cache_errors": "cache_errors",
    "cache_failed_renewals": "failed_renewals",
    "circuit_breaker_rejections": "circuit_breaker_rejections",
    "rate_limit_wait_seconds": "rate_limit_wait_seconds",
    "rate_limit_pauses": "rate_limit_pauses",
    "received_bytes": "bytes_received",
    "validation_errors": "validation_errors",
}
_LEVELS = {"memory": "memory_hits", "second": "second_level_hits", "stale": "stale_served"}


def add_counted(page: MetricsPage, counted: Mapping[str, ExtractionMetrics]) -> None:
    """Put on the page what was counted, by source."""
    for source, metrics in counted.items():
        _add_source(page, source, metrics)
        for host, of_host in metrics.hosts.items():
            _add_host(page, source, host, of_host)


def _add_source(page: MetricsPage, source: str, metrics: ExtractionMetrics) -> None:
    hosts = metrics.hosts.values()
    page.add("requests", metrics.successful_requests - sum(h.successes for h in hosts), source, "", "success")
    page.add("requests", metrics.failed_requests - sum(h.failures for h in hosts), source, "", "failure")
    page.add("requests", metrics.cancelled_requests - sum(h.cancellations for h in hosts), source, "", "cancelled")
    for name, attribute in _BY_SOURCE.items():
        page.add(name, getattr(metrics, attribute), source)
    for level, attribute in _LEVELS.items():
        page.add("cache_hits", getattr(metrics, attribute), source, level)


def _add_host(page: MetricsPage, source: str, host: str, metrics: HostMetrics) -> None:
    page.add("requests", metrics.successes, source, host, "success")
    page.add("requests", metrics.failures, source, host, "failure")
    page.add("requests", metrics.cancellations, source, host, "cancelled")
    page.add("attempts", metrics.attempts - metrics.failed_attempts, source, host, "success")
    page.add("attempts", metrics.failed_attempts, source, host, "failure")
    page.add_histogram("attempt_duration_seconds", metrics.by_duration, metrics.seconds, source, host)
    for state, times in metrics.transitions.items():
        page.add("circuit_breaker_transitions", times, source, host, state)
    if metrics.gauges is None:
        return
    gauges = metrics.gauges()
    for state in _STATES:
        page.add("circuit_breaker_state", float(gauges.breaker == state), source, host, state)
    page.add("rate_limit_requests_per_second", gauges.requests_per_second, source, host)
    page.add("rate_limit_paused_seconds", gauges.paused_seconds, source, host)
    page.add("attempts_in_flight", gauges.in_flight, source, host)
    page.add("attempts_waiting", gauges.waiting, source, host)
    page.add("retry_budget_retries", gauges.retries_left, source, host)
