"""What goes with every run of a command: its numbers are published and its alerts are told, however it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.logging import get_logger
from headgate.observe.alerts import check_alerts, rules_in_force
from headgate.observe.alerts.sending import open_target
from headgate.observe.exposition import metrics_page
from headgate.observe.pushing import publish
from headgate.observe.tracing import traced
from headgate.pipeline import deliver_after, open_deciding_store
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.store import DatabaseManager, Store

_log = get_logger(__name__)


@asynccontextmanager
async def operated(
    source: str, config: PipelineConfig, *, observer: SyncObserver | None = None, asks: bool = True
) -> AsyncIterator[SyncObserver]:
    """Trace what is done inside, and publish metrics and tell alerts at its end, be it a success or a failure.

    None of it can change how the run ends: what goes wrong is logged and said to the observer. A run that is cancelled
    ends at once, without. What is done inside must be given the observer that this gives.

    Args:
        source: What is run.
        config: The settings.
        observer: Who watches.
        asks: Whether the upstream is asked; if not, what the last command that did counted stays as it is.

    Raises:
        ConfigError: A rule or a target of the settings is unusable; raised before anything is done.
        MissingExtraError: There are targets or traces, and the extra ``alerts`` or ``otel`` is not installed.
    """
    if config.alerts.targets:
        rules_in_force(config.alerts)
        for name, target in config.alerts.targets.items():
            open_target(name, target)
    observer = observer or SilentObserver()
    try:
        async with traced(source, config.tracing, observer) as watched:
            yield watched
    except Exception:
        await _conclude(source, config, observer.on_event, asked=asks)
        raise
    await _conclude(source, config, observer.on_event, asked=asks)


@asynccontextmanager
async def deciding(
    source: str,
    config: PipelineConfig,
    *,
    stage: Literal["plan", "commit", "reject"],
    observer: SyncObserver | None = None,
) -> AsyncIterator[Store]:
    """Open the store to decide about a run, and do at the end what :func:`operated` does; the sinks are told before.

    Args:
        source: Whose run it is.
        config: The settings.
        stage: What is done, in a word.
        observer: Who watches.

    Raises:
        ConfigError: A rule, a target or a sink of the settings is unusable; raised before anything is done.
        MissingExtraError: As for :func:`operated`.
    """
    async with (
        operated(source, config, observer=observer, asks=False) as watched,
        open_deciding_store(config) as store,
    ):
        watched.on_stage(stage)
        yield store


async def after_decision(store: Store, source: str, config: PipelineConfig) -> None:
    """Deliver the events of a decision, publish metrics and tell alerts. Never raises: what goes wrong is logged."""
    await deliver_after(store, config)
    await _conclude(source, config, lambda _: None, asked=False)


async def _conclude(source: str, config: PipelineConfig, tell: Callable[[str], None], *, asked: bool) -> None:
    try:
        async for problem in conclude(source, config, asked=asked):
            _log.warning("operation_trouble", source=source, reason=problem)
            tell(problem)
    except HeadgateError as error:
        _log.warning("operation_failed", source=source, reason=error.message)
        tell(error.message)


async def conclude(source: str, config: PipelineConfig, *, asked: bool = True) -> AsyncIterator[str]:
    """Publish the metrics of this moment and tell the alerts; yield a sentence for each thing that went wrong.

    Args:
        source: Whose run this was.
        config: The settings.
        asked: Whether the upstream was asked, so that what was counted says something.

    Raises:
        HeadgateError: The database went away just now, or a setting is unusable.
    """
    metrics, alerts = config.metrics, config.alerts
    if not (metrics.pushgateway or metrics.textfile or alerts.targets):
        return
    async with DatabaseManager(config.database_url) as db:
        page = await metrics_page(db)
        async for problem in publish(page, metrics, source=source, asked=asked):
            yield problem
        if alerts.targets:
            checked = await check_alerts(Store(db), page, alerts, source=source if asked else None)
            for problem in checked.problems:
                yield problem
