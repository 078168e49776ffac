"""The policies of a request, each usable alone."""

from headgate.resilience.circuit_breaker import CircuitBreaker, CircuitState
from headgate.resilience.quota import Quota
from headgate.resilience.rate_limiter import RateLimiter

__all__ = [
    "CircuitBreaker",
    "CircuitState",
    "Quota",
    "RateLimiter",
]
