"""The HTTP client: one request under all policies.

From outside in: cache and single flight, deadline, retries and their budget, breaker check, rate token and slot,
breaker permit, attempt timeout, transport.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.errors import ConfigError, DeadlineExceededError, RateLimitTimeoutError
from headgate.health import ComponentHealth, worst
from headgate.http.aiohttp_transport import AiohttpTransport
from headgate.http.asking import Asker
from headgate.http.attempt import Attempts, Budget, deadline_exceeded
from headgate.http.body import Expectation
from headgate.http.caching import cache_key as key_of
from headgate.http.caching import has_condition, is_cacheable, negative_status, to_direct_response, to_response
from headgate.http.cutoff import Cutoff
from headgate.http.hosts import BreakerWatcher, HostTable
from headgate.http.loading import Load
from headgate.http.observing import OBSERVER, ObservedAttempts, RequestObserver
from headgate.http.preparing import Data, prepare
from headgate.http.redirects import Hop
from headgate.http.response import Response
from headgate.http.robots import RobotsGate
from headgate.http.sender import Sender
from headgate.http.slowest import Slowest
from headgate.http.transport import Transport
from headgate.http.url import QueryParams, origin, redact
from headgate.http.verdict import Wanted, rejected
from headgate.metrics import ExtractionMetrics
from headgate.resilience.cache import Entry, MultiLevelCache, Origin
from headgate.resilience.circuit_breaker import CircuitBreaker

# the deadline is kept by each wait inside; this many seconds later everything that is left is cut off
_GRACE = 0.25
_ANYTHING = Wanted()
_ROBOTS = Wanted("bytes", allow_empty=True)


class HttpClient:
    """Asks HTTP sources for answers, and is polite, patient and honest about it.

    Use it as an async context manager, or call :meth:`close`. All policies are kept per host (scheme, name, port).

    Args:
        http: Timeouts, limits, transport.
        circuit: The breaker of each host.
        cache: What is kept of answers.
        rate_limit: The limiter of each host.
        retry: Retries and their budget.
        redis_client: A ``redis.asyncio`` client for the second level of the cache and for limits that are shared.
        transport: What carries attempts, instead of the one that ``http`` names; it is left open.
        metrics: Where everything is counted.
        observer: Who watches requests and attempts; none: whoever :data:`~headgate.http.observing.OBSERVER` names.
        clock: Where the time comes from.
        rng: Where jitter comes from.
    """

    def __init__(
        self,
        *,
        http: HttpConfig | None = None,
        circuit: CircuitBreakerConfig | None = None,
        cache: CacheConfig | None = None,
        rate_limit: RateLimitConfig | None = None,
        retry: RetryConfig | None = None,
        redis_client: Any = None,
        transport: Transport | None = None,
        metrics: ExtractionMetrics | None = None,
        observer: RequestObserver | None = None,
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
    ) -> None:
        http, cache = http or HttpConfig(), cache or CacheConfig()
        circuit, rate_limit, retry = (
            circuit or CircuitBreakerConfig(),
            rate_limit or RateLimitConfig(),
            retry or RetryConfig(),
        )
        self._config, self._cache_config = http, cache
        self._clock, self._monotonic = clock, clock.monotonic
        self.metrics = metrics = metrics or ExtractionMetrics()
        rng = rng or random.Random()
        self._owns_transport = transport is None
        self._transport = transport or _transport(http)
        self.cache = MultiLevelCache(cache, redis_client, clock=clock, rng=rng, metrics=metrics)
        if rate_limit.shared and redis_client is None:
            raise ConfigError(
                "rate_limit.shared is set, and there is no Redis that the processes could share.",
                hint="Set redis_url or pass redis_client; or leave rate_limit.shared out.",
            )
        self._hosts = HostTable(
            circuit, rate_limit, retry, clock=clock, rng=rng, metrics=metrics, redis_client=redis_client
        )
        self._robots = RobotsGate(self._fetch_robots, user_agent=http.user_agent, clock=clock)
        attempts = Attempts(self._transport, clock=clock, metrics=metrics, rate_limit=rate_limit)
        self._observer = observer = observer or OBSERVER.get()
        sending = attempts if observer is None else ObservedAttempts(attempts, observer)
        sender = Sender(sending, http, retry, clock=clock, rng=rng, metrics=metrics)
        self._asker = Asker(http, self._hosts, self._robots, sender)
        self._cutoff = Cutoff()
        self.slowest = Slowest()
        """The requests that took longest; those that the memory level answered are not among them."""
        self._closed = False

    # --- asking ----------------------------------------------------------------------------------

    async def request(
        self,
        url: str,
        method: str = "GET",
        *,
        params: QueryParams | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Data | None = None,
        cache_key: str | None = None,
        max_age: float | None = None,
        deadline: float | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the name the field uses; it bounds one attempt
        expect: Expectation | None = None,
        allow_empty: bool = False,
    ) -> Response:
        """Ask for a URL and return a usable answer.

        Args:
            url: An absolute http or https URL.
            method: The method; only answers to GET are kept, unless ``cache_key`` is given.
            params: Query parameters to add; None leaves one out, sequences repeat it.
            headers: Headers to send.
            json: A body to send as JSON.
            data: A body to send as it is, or the fields of a form.
            cache_key: A name to keep the answer under, in the place of method, URL and body.
            max_age: Seconds; an older answer is not taken from the cache.
            deadline: Seconds for everything: waiting, attempts, pauses.
            timeout: Seconds for one attempt.
            expect: ``"json"``, ``"text"`` or ``"bytes"``: an answer that is something else is a failure of the host
                and tried again. None: what its ``Content-Type`` says.
            allow_empty: Accept an empty body where content was due.

        Raises:
            RetryLaterError: The host, the network or a policy does not allow an answer now.
            RequestRejectedError: The host answered 4xx, or redirects to nowhere.
            RobotsDisallowedError: The host's ``robots.txt`` forbids it.
            ResponseTooLargeError: The answer is larger than the limit.
            ConfigError: The request itself is wrong.
        """
        metrics = self.metrics
        metrics.total_requests += 1
        host = None
        started = self._monotonic()
        try:
            hop = prepare(url, method, params=params, headers=headers, json=json, data=data)
            key = None
            if self._cache_config.enabled and is_cacheable(hop, cache_key):
                key = key_of(hop, expect, cache_key)
            # the hot path: a fresh entry in memory costs no task and no wait
            entry = self.cache.peek(key) if key is not None and max_age is None else None
            if entry is not None:
                response = _kept(entry, Origin.MEMORY, hop.url)
            else:
                wanted = _ANYTHING
                if expect is not None or allow_empty or has_condition(hop):
                    wanted = Wanted(expect, allow_empty, conditional=has_condition(hop))
                budget = self._budget(timeout, deadline)
                host = metrics.host(origin(hop.url))
                answering = self._within_deadline(hop, wanted, budget, key, max_age)
                response = await (answering if self._observer is None else _observed(self._observer, hop, answering))
        except asyncio.CancelledError:
            metrics.cancelled_requests += 1
            if host is not None:
                host.cancellations += 1
            raise
        except BaseException:
            metrics.failed_requests += 1
            if host is not None:
                host.failures += 1
            raise
        metrics.successful_requests += 1
        if host is not None:
            host.successes += 1
        response.elapsed = self._monotonic() - started
        return response

    def _budget(self, time_limit: float | None, deadline: float | None) -> Budget:
        config = self._config
        time_limit = config.timeout_seconds if time_limit is None else time_limit
        deadline = config.deadline if deadline is None else deadline
        if not (time_limit > 0 and deadline > 0):
            raise ConfigError("The timeout and the deadline of a request are seconds greater than zero.")
        return Budget(time_limit, deadline, self._monotonic())

    async def _within_deadline(
        self, hop: Hop, wanted: Wanted, budget: Budget, key: str | None, max_age: float | None
    ) -> Response:
        """Answer from the cache, or ask the host: at most once, however many want the same."""
        if self._closed:
            raise ConfigError("The client is closed.", hint="Ask inside of 'async with HttpClient(...)'.")
        task = self._cutoff.enter(budget.deadline + _GRACE)
        try:
            if key is None:
                return to_direct_response(*await self._asker.ask(hop, wanted, budget), attempts=budget.attempts)
            load = Load(self._asker, hop, wanted, budget, config=self._cache_config, clock=self._clock)
            while True:
                try:
                    lookup = await self.cache.get_or_load(key, load, max_age=max_age)
                except (DeadlineExceededError, RateLimitTimeoutError):
                    # somebody with less time asked for all of us: those who have time left ask again
                    if load.called or self._monotonic() >= budget.deadline_at:
                        raise
                else:
                    if load.answer is not None and lookup.origin is Origin.UPSTREAM:
                        return to_direct_response(*load.answer, attempts=budget.attempts)
                    return _kept(lookup.entry, lookup.origin, hop.url, attempts=budget.attempts)
        except asyncio.CancelledError:
            if self._cutoff.leave(task):
                raise deadline_exceeded(hop, budget) from None
            raise
        finally:
            self._cutoff.leave(task)
            started = budget.deadline_at - budget.deadline
            self.slowest.note(hop.url, self._monotonic() - started, budget.attempts)

    async def _fetch_robots(self, url: str) -> str:
        """Return a ``robots.txt``, under all policies but its own."""
        raw, _ = await self._asker.ask(Hop("GET", url), _ROBOTS, self._budget(None, None), obey_robots=False)
        return raw.body.decode(errors="replace")

    # --- the whole -------------------------------------------------------------------------------

    @property
    def breakers(self) -> dict[str, CircuitBreaker]:
        """The circuit breakers, by scheme, name and port of the host."""
        return {host.origin: host.breaker for host in self._hosts.all()}

    def watch_breakers(self, watcher: BreakerWatcher) -> None:
        """Tell ``watcher`` of every change of a breaker from now on; a second one replaces the first."""
        self._hosts.watcher = watcher

    async def health(self) -> ComponentHealth:
        """Report the hosts that were asked: degraded if one rests or asked for a pause."""
        reports = {host.origin: host.health() for host in self._hosts.all()}
        status = worst(report.status for report in reports.values())
        unwell = [name for name, report in reports.items() if report.message]
        message = f"Not well: {', '.join(unwell)}." if unwell else None
        return ComponentHealth(status, message, {"hosts": {name: one.as_dict() for name, one in reports.items()}})

    async def close(self) -> None:
        """Close connections and cache; requests afterwards are refused."""
        self._closed = True
        await self._robots.close()
        await self.cache.close()
        if self._owns_transport:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        """Return the client; connections are opened with the first request."""
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()


def _transport(http: HttpConfig) -> Transport:
    if http.transport == "aiohttp":
        return AiohttpTransport(http)
    from headgate.http.fast_transport import FastTransport  # noqa: PLC0415 - an extra: imported where it is asked for

    return FastTransport(http)


async def _observed(observer: RequestObserver, hop: Hop, answering: Awaitable[Response]) -> Response:
    """Let somebody watch a request."""
    with observer.request(hop.method, redact(hop.url)) as watched:
        response = await answering
        watched.answered(response.status)
        return response


def _kept(entry: Entry, found: Origin, url: str, *, attempts: int = 0) -> Response:
    """Return the answer that an entry stands for, or raise the one it remembers."""
    if (status := negative_status(entry)) is not None:
        raise rejected(redact(url), status)
    return to_response(entry, found, url, attempts=attempts)
