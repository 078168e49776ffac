"""What goes with every run of a command: its numbers are published and its alerts are told, however it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.logging import get_logger
from headgate.observe.alerts import check_alerts, rules_in_force
from headgate.observe.alerts.sending import open_target
from headgate.observe.exposition import metrics_page
from headgate.observe.pushing import publish
from headgate.observe.tracing import traced
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.store import DatabaseManager, Store

_log = get_logger(__name__)


@asynccontextmanager
async def operated(
    source: str, config: PipelineConfig, *, observer: SyncObserver | None = None
) -> AsyncIterator[SyncObserver]:
    """Trace what is done inside, and publish metrics and tell alerts at its end, be it a success or a failure.

    None of it can change how the run ends: what goes wrong is logged and said to the observer. A run that is cancelled
    ends at once, without. What is done inside must be given the observer that this gives.

    Args:
        source: What is run.
        config: The settings.
        observer: Who watches.

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
        await _conclude(source, config, observer.on_event)
        raise
    await _conclude(source, config, observer.on_event)


async def _conclude(source: str, config: PipelineConfig, tell: Callable[[str], None]) -> None:
    try:
        async for problem in conclude(source, config):
            _log.warning("operation_trouble", source=source, reason=problem)
            tell(problem)
    except HeadgateError as error:
        _log.warning("operation_failed", source=source, reason=error.message)
        tell(error.message)


async def conclude(source: str | None, config: PipelineConfig) -> AsyncIterator[str]:
    """Publish the metrics of this moment and tell the alerts; yield a sentence for each thing that went wrong.

    Args:
        source: Whose run this was; none: it was no run.
        config: The settings.

    Raises:
        HeadgateError: The database went away just now, or a setting is unusable.
    """
    metrics, alerts = config.metrics, config.alerts
    if not (metrics.pushgateway or metrics.textfile or alerts.targets):
        return
    async with DatabaseManager(config.database_url) as db:
        page = await metrics_page(db)
        if source is not None:
            async for problem in publish(page, metrics, source=source):
                yield problem
        if alerts.targets:
            checked = await check_alerts(Store(db), page, alerts, source=source)
            for problem in checked.problems:
                yield problem
