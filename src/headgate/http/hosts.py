"""The policies of each host: breaker, limiter and retry budget, in a bounded table."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from headgate.clock import Clock
from headgate.config.policies import CircuitBreakerConfig, RateLimitConfig, RetryConfig
from headgate.health import ComponentHealth, HealthStatus
from headgate.http.robots import Rules
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics, HostGauges, HostMetrics
from headgate.resilience.circuit_breaker import CircuitBreaker, CircuitState
from headgate.resilience.rate_limiter import RateLimiter
from headgate.resilience.redis_limiter import NOT_SHARED, RedisRateLimiter
from headgate.resilience.retry_budget import RetryBudget

MAX_HOSTS = 1024

BreakerWatcher = Callable[[str, CircuitState, CircuitState], None]
"""Told of a host, by scheme, name and port, and of the old and the new state of its breaker. It must not raise."""

Limiters = tuple[RateLimiter, RedisRateLimiter | None]
"""The limiter of this process, and the one that it shares with others."""

_log = get_logger(__name__)


class Host:
    """What is known of one host.

    Attributes:
        origin: Scheme, name and port.
        breaker: Its circuit breaker.
        limiter: Its rate limiter, which also holds its pause.
        shared: The bucket of tokens that it has in common with other processes, if there is one.
        budget: Its retry budget.
        rules: Its ``robots.txt``, None as long as nobody asked.
        metrics: What is counted of it.
    """

    __slots__ = ("_new_limiters", "_rate_limit", "breaker", "budget", "limiter", "metrics", "origin", "rules", "shared")

    def __init__(
        self,
        origin: str,
        breaker: CircuitBreaker,
        budget: RetryBudget,
        rate_limit: RateLimitConfig,
        new_limiters: Callable[[RateLimitConfig], Limiters],
        *,
        metrics: HostMetrics,
    ) -> None:
        self.origin = origin
        self.metrics = metrics
        self.breaker = breaker
        self.limiter, self.shared = new_limiters(rate_limit)
        self.budget = budget
        self.rules: Rules | None = None
        self._rate_limit = rate_limit
        self._new_limiters = new_limiters

    @property
    def idle(self) -> bool:
        """Whether forgetting the host would change nothing: no call under way, no pause, a closed breaker."""
        limiter = self.limiter
        return (
            limiter.in_flight == 0
            and limiter.waiting == 0
            and limiter.paused_for <= 0
            and self.breaker.state is CircuitState.CLOSED
        )

    def slow_down_to(self, requests_per_second: float) -> None:
        """Keep to a slower rate from now on, one request at a time, if it is slower than the configured one."""
        if requests_per_second < self._rate_limit.requests_per_second:
            slower = {"requests_per_second": requests_per_second, "burst_size": 1, "start_empty": True}
            # calls under way give their slots back to the limiter they came from
            self.limiter, self.shared = self._new_limiters(self._rate_limit.model_copy(update=slower))

    def gauges(self) -> HostGauges:
        """Return how the policies stand at this moment."""
        limiter = self.limiter
        return HostGauges(
            breaker=self.breaker.state.value,
            requests_per_second=limiter.current_rate,
            paused_seconds=limiter.paused_for,
            in_flight=limiter.in_flight,
            waiting=limiter.waiting,
            retries_left=self.budget.available,
        )

    def health(self) -> ComponentHealth:
        """Report the breaker and the limiter."""
        breaker, limiter = self.breaker, self.limiter
        details: dict[str, object] = {
            "state": breaker.state.value,
            "failure_count": breaker.failure_count,
            "trips": breaker.trips,
            "requests_per_second": limiter.current_rate,
            "in_flight": limiter.in_flight,
        }
        if breaker.state is not CircuitState.CLOSED:
            details["retry_after"] = round(breaker.retry_after, 1)
            return ComponentHealth(HealthStatus.DEGRADED, "The circuit breaker is not closed.", details)
        if self.shared is not None:
            details["shared"] = self.shared.is_shared
        if limiter.paused_for > 0:
            details["paused_for"] = round(limiter.paused_for, 1)
            return ComponentHealth(HealthStatus.DEGRADED, "The host asked for a pause.", details)
        if self.shared is not None and not self.shared.is_shared:
            return ComponentHealth(HealthStatus.DEGRADED, NOT_SHARED, details)
        return ComponentHealth(HealthStatus.HEALTHY, details=details)


class HostTable:
    """The hosts that were asked, the most recent last.

    At most :data:`MAX_HOSTS` are remembered; the one that was idle the longest is forgotten first, and one whose
    breaker, pause or calls still matter is never forgotten.
    """

    def __init__(
        self,
        circuit: CircuitBreakerConfig,
        rate_limit: RateLimitConfig,
        retry: RetryConfig,
        *,
        clock: Clock,
        rng: random.Random,
        metrics: ExtractionMetrics,
        redis_client: Any = None,
        max_hosts: int = MAX_HOSTS,
    ) -> None:
        self._circuit = circuit
        self._rate_limit = rate_limit
        self._retry = retry
        self._clock = clock
        self._rng = rng
        self._metrics = metrics
        self._redis_client = redis_client
        self.watcher: BreakerWatcher | None = None
        """Told of every change of a breaker."""
        self._max_hosts = max_hosts
        self._hosts: OrderedDict[str, Host] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of hosts remembered."""
        return len(self._hosts)

    def get(self, origin: str) -> Host:
        """Return the policies of a host, new ones if it was not asked before."""
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = self._new(origin)
            if len(self._hosts) > self._max_hosts:
                self._forget_one()
        else:
            self._hosts.move_to_end(origin)
        return host

    def all(self) -> list[Host]:
        """Return all hosts, the most recent last."""
        return list(self._hosts.values())

    def _forget_one(self) -> None:
        newest = next(reversed(self._hosts))
        for origin, host in self._hosts.items():
            if origin != newest and host.idle:
                del self._hosts[origin]
                return

    def _new(self, origin: str) -> Host:
        on_transition = partial(self._note_transition, origin)
        breaker = CircuitBreaker(self._circuit, name=origin, clock=self._clock, on_transition=on_transition)
        budget = RetryBudget(self._retry.budget_ratio, self._retry.budget_reserve, clock=self._clock)

        def new_limiters(config: RateLimitConfig) -> Limiters:
            own = RateLimiter(config, name=origin, clock=self._clock, rng=self._rng)
            if not config.shared:
                return own, None
            return own, RedisRateLimiter(config, self._redis_client, name=origin, clock=self._clock, rng=self._rng)

        metrics = self._metrics.host(origin)
        host = Host(origin, breaker, budget, self._rate_limit, new_limiters, metrics=metrics)
        if metrics is self._metrics.hosts.get(origin):
            metrics.gauges = host.gauges
        return host

    def _note_transition(self, origin: str, old: CircuitState, new: CircuitState) -> None:
        if new is CircuitState.OPEN:
            self._metrics.circuit_breaker_trips += 1
        transitions = self._metrics.host(origin).transitions
        transitions[new.value] = transitions.get(new.value, 0) + 1
        _log.warning("circuit_changed", host=origin, old=old.value, new=new.value)
        if self.watcher is not None:
            self.watcher(origin, old, new)
