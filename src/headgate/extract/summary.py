"""The counters of an extractor as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from headgate.metrics import ExtractionMetrics
from headgate.resilience import CircuitState

_WORST_FIRST = (CircuitState.OPEN, CircuitState.HALF_OPEN)


def summarise(metrics: ExtractionMetrics, breakers: Iterable[CircuitState], runtime_seconds: float) -> dict[str, Any]:
    """Return every counter, the rates that follow from them, and the worst state of any breaker.

    Rates ending in ``_percent`` are 0 to 100; ``requests_per_second`` counts logical requests over the whole runtime.
    """
    counters = metrics.counters()
    states = set(breakers)
    worst = next((state for state in _WORST_FIRST if state in states), CircuitState.CLOSED)
    return {
        "start_time": metrics.start_time.isoformat(),
        "end_time": (metrics.start_time + timedelta(seconds=runtime_seconds)).isoformat(),
        "runtime_seconds": round(runtime_seconds, 3),
        **counters,
        "rate_limit_wait_seconds": round(metrics.rate_limit_wait_seconds, 3),
        "success_rate_percent": round(100 * metrics.success_rate, 2),
        "cache_hit_rate_percent": round(100 * metrics.cache_hit_rate, 2),
        "circuit_breaker_state": worst.value,
        "requests_per_second": round(metrics.total_requests / runtime_seconds, 3) if runtime_seconds > 0 else 0.0,
    }
