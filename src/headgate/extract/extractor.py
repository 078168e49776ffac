"""The base of every source that asks over HTTP: all policies on, in one class."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.errors import ConfigError
from headgate.extract.batch import AwaitableBatch
from headgate.extract.concurrent import Task, concurrently
from headgate.extract.health_report import Database, as_report, ask_database, check_all, ping
from headgate.extract.result import TaskResult
from headgate.extract.summary import summarise
from headgate.health import HealthStatus
from headgate.http import HttpClient, Response, Transport
from headgate.http.body import infer
from headgate.metrics import ExtractionMetrics
from headgate.quality import DataQualityValidator, FieldRules, validate_and_process_batch
from headgate.resilience import CircuitState

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class RobustExtractor:
    """Asks an upstream with cache, retries, breaker and limiter on by default, and counts all of it.

    Use it as an asynchronous context manager.

    Args:
        db_manager: The database whose health is reported. The cache's file is put beside it if it is a file itself.
        circuit_config: When a host is left alone.
        cache_config: How long answers are kept, and where.
        rate_limit_config: How fast a host is asked.
        retry_config: How often and when it is asked again.
        redis_client: A client of ``redis.asyncio`` for the second level of the cache and for limits that are shared.
        http_config: Timeouts, limits, transport.
        transport: What carries the requests, instead of the one that ``http_config`` names.
        clock: Where the time comes from.
        rng: Where jitter comes from.
    """

    def __init__(  # noqa: PLR0917 - the order of the original design
        self,
        db_manager: Database | None = None,
        circuit_config: CircuitBreakerConfig | None = None,
        cache_config: CacheConfig | None = None,
        rate_limit_config: RateLimitConfig | None = None,
        retry_config: RetryConfig | None = None,
        redis_client: Any = None,
        *,
        http_config: HttpConfig | None = None,
        transport: Transport | None = None,
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
    ) -> None:
        self.db_manager = db_manager
        self.redis_client = redis_client
        self.metrics = ExtractionMetrics()
        self.validator = DataQualityValidator()
        self.validator.add_common_rules()
        self.max_age: float | None = None
        """Seconds; answers older than that are not taken from the cache. None: the cache's own times decide."""
        self._clock = clock
        self._started = clock.monotonic()
        self._runtime = 0.0
        self._breaker_states: list[CircuitState] = []
        self._client: HttpClient | None = None
        self._options: dict[str, Any] = {
            "http": http_config,
            "circuit": circuit_config,
            "cache": _beside(db_manager, cache_config or CacheConfig()),
            "rate_limit": rate_limit_config,
            "retry": retry_config,
            "redis_client": redis_client,
            "transport": transport,
            "metrics": self.metrics,
            "clock": clock,
            "rng": rng,
        }

    async def __aenter__(self) -> Self:
        """Make the client; connections are opened with the first request."""
        if self._client is None:
            self._client = HttpClient(**self._options)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close connections and cache. The database and Redis stay open: they belong to the caller."""
        client, self._client = self._client, None
        if client is not None:
            self._observe(client)
            await client.close()

    def _observe(self, client: HttpClient) -> None:
        self._breaker_states = [breaker.state for breaker in client.breakers.values()]
        self._runtime = self._clock.monotonic() - self._started

    @property
    def client(self) -> HttpClient:
        """The client behind the extractor.

        Raises:
            ConfigError: The extractor is not open.
        """
        if self._client is None:
            name = type(self).__name__
            raise ConfigError(f"{name} is not open.", hint=f"Use it inside of 'async with {name}(...) as extractor:'.")
        return self._client

    async def request(self, url: str, method: str = "GET", **options: Any) -> Response:
        """Ask for a URL and return the whole answer.

        Args:
            url: An absolute http or https URL.
            method: The method.
            **options: Further arguments of :meth:`HttpClient.request <headgate.http.client.HttpClient.request>`.

        Raises:
            HeadgateError: As for :meth:`HttpClient.request <headgate.http.client.HttpClient.request>`.
        """
        if self.max_age is not None:
            options.setdefault("max_age", self.max_age)
        return await self.client.request(url, method, **options)

    async def robust_http_request(
        self, url: str, method: str = "GET", cache_key: str | None = None, **kwargs: Any
    ) -> Any:
        """Ask for a URL and return the decoded body.

        Args:
            url: An absolute http or https URL.
            method: The method.
            cache_key: A name to keep the answer under; none: method, URL and body.
            **kwargs: Further arguments of :meth:`HttpClient.request <headgate.http.client.HttpClient.request>`.

        Returns:
            A JSON value if the answer is JSON (None if it may be empty and is), text if it is text, else bytes.

        Raises:
            HeadgateError: As for :meth:`HttpClient.request <headgate.http.client.HttpClient.request>`.
        """
        response = await self.request(url, method, cache_key=cache_key, **kwargs)
        kind = kwargs.get("expect") or infer(response.headers.get("Content-Type", ""))
        if kind == "json":
            return response.json() if response.body else None
        return response.text() if kind == "text" else response.body

    async def concurrent_extract(self, tasks: Iterable[Task[T]], max_concurrent: int = 5) -> list[TaskResult[T]]:
        """Run tasks, some at once, and return their outcomes in order, each with its value or its error.

        Args:
            tasks: Coroutines, or functions without arguments that make them.
            max_concurrent: How many run at once.
        """
        return await concurrently(tasks, max_concurrent=max_concurrent)

    def validate_and_process_batch(
        self, raw_data: Sequence[Any], model_class: type[M], validation_rules: FieldRules | None = None
    ) -> AwaitableBatch[M]:
        """Return the pair ``(valid, invalid)`` of raw rows; it may also be awaited, which gives the same pair.

        Args:
            raw_data: The rows as the upstream sent them; they are not changed.
            model_class: The model to validate them with.
            validation_rules: Rules by field, as objects or as names that ``self.validator`` knows.

        Raises:
            ConfigError: A rule or a field does not exist. Never for what is in a row.
        """
        result = validate_and_process_batch(
            raw_data, model_class, validation_rules, validator=self.validator, clock=self._clock
        )
        self.metrics.validation_errors += len(result.invalid)
        return AwaitableBatch(result.valid, result.invalid, result.flagged)

    def get_metrics_summary(self) -> dict[str, Any]:
        """Return all counters and the rates that follow from them, as plain values; once closed, those of the end."""
        if self._client is not None:
            self._observe(self._client)
        return summarise(self.metrics, self._breaker_states, self._runtime)

    async def health_check(self) -> dict[str, Any]:
        """Ask every part how it is.

        Returns:
            ``status`` is ``healthy``, ``degraded`` or ``unhealthy``: the worst of ``database`` (unhealthy when down),
            ``redis`` and ``cache`` (degraded when down: the cache is a help, not a need) and ``circuit_breakers``,
            one report per host.
        """
        client = self.client
        parts = {
            "database": (ask_database(self.db_manager), HealthStatus.UNHEALTHY),
            "redis": (ping(self.redis_client), HealthStatus.DEGRADED),
            "cache": (client.cache.health(), HealthStatus.DEGRADED),
        }
        answers = await check_all(parts, clock=self._clock)
        return as_report(answers, await client.health(), checked_at=self._clock.time())


def _beside(db_manager: Any, config: CacheConfig) -> CacheConfig:
    """Put the cache's file beside the database's, unless its place was chosen."""
    file = getattr(db_manager, "file", None)
    # a path without a name, such as '.', is no file: opening the database says so
    if config.path is None and isinstance(file, Path) and file.name:
        return config.model_copy(update={"path": file.with_name(file.name + ".cache")})
    return config
