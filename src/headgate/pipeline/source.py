"""Making the extractor of a run from the settings."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, MissingExtraError
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.registry import PluginManager
from headgate.logging import log_context
from headgate.metrics import PROCESS, ExtractionMetrics
from headgate.store import DatabaseManager

_OF_THE_SOURCE = {"base_url": "another base URL", "details": "details"}


@asynccontextmanager
async def open_source(
    name: str,
    *,
    config: PipelineConfig,
    db: DatabaseManager,
    plugins: PluginManager,
    base_url: str | None,
    details: bool,
) -> AsyncIterator[ExtractorPlugin]:
    """Find a source, make its extractor with the settings of the pipeline, open it, and close it at the end.

    A run must see the upstream as it is now, so what the cache holds from earlier runs is not taken for an answer;
    it still serves conditional requests, and the modes ``replay`` and ``offline``.

    Raises:
        UnknownSourceError: There is no source of this name.
        ConfigError: The source cannot be loaded or made.
    """
    found = plugins.get(name)
    if isinstance(found, ExtractorPlugin):
        async with found as extractor:
            with PROCESS.watching(name, metrics_of(extractor)), log_context(**_words(name, extractor)):
                yield extractor
        return
    async with redis_client(config) as client:
        options: dict[str, Any] = {
            "db_manager": db,
            "circuit_config": config.circuit,
            "cache_config": config.cache,
            "rate_limit_config": config.rate_limit,
            "retry_config": config.retry,
            "redis_client": client,
            "http_config": config.http,
            "base_url": base_url,
            "details": details,
        }
        made = found(**_accepted(name, found, options))
        if not isinstance(made, ExtractorPlugin):
            raise ConfigError(
                f"The source '{name}' made {type(made).__name__}, which is no extractor.",
                hint="Let it make an instance of a subclass of headgate.ExtractorPlugin.",
            )
        if hasattr(made, "max_age"):
            made.max_age = 0.0
        async with made as extractor:
            with PROCESS.watching(name, metrics_of(extractor)), log_context(**_words(name, extractor)):
                yield extractor


def _words(source: str, extractor: ExtractorPlugin) -> dict[str, str]:
    """Return what stands in every line of the log while a source is open: also its entity, if it has only one."""
    entities = [spec.name for spec in extractor.entities]
    return {"source": source, "entity": entities[0]} if len(entities) == 1 else {"source": source}


def metrics_of(extractor: ExtractorPlugin) -> ExtractionMetrics | None:
    """Return the counters of an extractor; a plain plug-in may have none."""
    metrics = getattr(extractor, "metrics", None)
    return metrics if isinstance(metrics, ExtractionMetrics) else None


def _accepted(name: str, factory: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a factory takes: a plain plug-in needs none of them.

    What belongs to the source (its URL, its details) is given only to a factory that names it; ``**policies`` is for
    the rest.

    Raises:
        ConfigError: The URL or the details were asked for, and this source has no such thing.
    """
    parameters = inspect.signature(factory).parameters
    takes_policies = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    accepted: dict[str, Any] = {}
    for option, value in options.items():
        if option in parameters or (takes_policies and option not in _OF_THE_SOURCE):
            accepted[option] = value
        elif value and option in _OF_THE_SOURCE:
            raise ConfigError(
                f"The source '{name}' does not take {_OF_THE_SOURCE[option]}.",
                hint=f"Leave it out, or let the source take the keyword argument '{option}'.",
            )
    return accepted


@asynccontextmanager
async def redis_client(config: PipelineConfig) -> AsyncIterator[Any]:
    """Open the client of the configured Redis, or give none."""
    if config.redis_url is None:
        yield None
        return
    try:
        from redis.asyncio import from_url  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("The setting redis_url", "redis") from None
    client = from_url(config.redis_url)
    try:
        yield client
    finally:
        await client.aclose()
