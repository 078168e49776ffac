"""The policies of a request, each usable alone."""

from headgate.resilience.circuit_breaker import CircuitBreaker, CircuitState

__all__ = [
    "CircuitBreaker",
    "CircuitState",
]
