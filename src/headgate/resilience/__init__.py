"""The policies of a request, each usable alone."""

from headgate.resilience.circuit_breaker import CircuitBreaker, CircuitState
from headgate.resilience.quota import Quota
from headgate.resilience.rate_limiter import RateLimiter
from headgate.resilience.redis_limiter import RedisRateLimiter
from headgate.resilience.retry import Retry, backoff_delay
from headgate.resilience.retry_budget import RetryBudget

__all__ = [
    "CircuitBreaker",
    "CircuitState",
    "Quota",
    "RateLimiter",
    "RedisRateLimiter",
    "Retry",
    "RetryBudget",
    "backoff_delay",
]
