"""One run: extract, judge, stage, plan, guard, commit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.registry import PluginManager
from headgate.pipeline.loading import Loading
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport
from headgate.pipeline.source import open_source
from headgate.store import DatabaseManager, Plan, Run, Store, Verdict, judge

SAMPLE_ROWS = 1000
"""Changes a report carries at the most; the store has them all."""


async def sync(
    source: str,
    *,
    config: PipelineConfig,
    database: str | None = None,
    base_url: str | None = None,
    details: bool = False,
    observer: SyncObserver | None = None,
    plugins: PluginManager | None = None,
) -> SyncReport:
    """Bring the database in step with a source: everything that changed is applied in one transaction, or nothing is.

    Args:
        source: Name of the source.
        config: The settings.
        database: URL of the database; none: the configured one.
        base_url: Where the upstream is; none: where the source says.
        details: Also fetch what stands on each record's own page.
        observer: Who watches.
        plugins: The sources; none: those that are installed.

    Returns:
        The report. A held run is reported, not raised: its plan waits for a person.

    Raises:
        ConfigError: The source, a URL or a setting is unusable.
        RetryLaterError: The upstream, the database or the lease does not let the run go on.
        DataError: The upstream answers something else than was agreed.
    """
    started = time.monotonic()
    watcher = observer or SilentObserver()
    db = DatabaseManager(database or config.database_url)
    try:
        store = Store(db)
        async with open_source(
            source, config=config, db=db, plugins=plugins or PluginManager(), base_url=base_url, details=details
        ) as extractor:
            # after the source: one that does not exist must not leave a new database file behind
            await store.open()
            loading = Loading(extractor, batch_size=config.batch_size)
            async with store.run(source, entities=loading.tables) as run:
                await _extract(extractor, loading, run, watcher)
                plan, verdict = await _judge(run, loading, config, watcher)
                status = await _settle(run, plan, verdict, watcher)
                changes = await _sample(store, run.id)
            return SyncReport(
                run=run.id,
                source=source,
                status=status,
                duration_seconds=time.monotonic() - started,
                entities={name: EntityReport(**asdict(entity.counts)) for name, entity in plan.entities.items()},
                reasons=verdict.reasons,
                warnings=tuple(getattr(extractor, "warnings", ())),
                findings=loading.findings,
                changes=changes,
                metrics=_metrics(extractor, loading),
            )
    finally:
        await db.close()


async def _extract(extractor: ExtractorPlugin, loading: Loading, run: Run, watcher: SyncObserver) -> None:
    """Read the source to its end and stage every row."""
    watcher.on_stage("extract")
    warned = 0
    async for batch in extractor.records():
        await loading.load(run, batch)
        watcher.on_rows(batch.entity, batch.partition, len(batch.rows))
        warnings: Sequence[str] = getattr(extractor, "warnings", ())
        for message in warnings[warned:]:
            watcher.on_event(message)
        warned = len(warnings)


async def _judge(run: Run, loading: Loading, config: PipelineConfig, watcher: SyncObserver) -> tuple[Plan, Verdict]:
    """Write the plan down and let the guard judge it."""
    watcher.on_stage("plan")
    plan = await run.plan()
    verdict = judge(plan, config.guard, await run.earlier())
    return plan, Verdict((*verdict.reasons, *loading.critical_reasons()))


async def _settle(run: Run, plan: Plan, verdict: Verdict, watcher: SyncObserver) -> RunStatus:
    """Apply the plan, or hold it."""
    if verdict.held:
        watcher.on_stage("hold")
        await run.hold(plan, verdict)
        return RunStatus.HELD
    watcher.on_stage("commit")
    await run.commit(plan)
    return RunStatus.UNCHANGED if plan.is_empty else RunStatus.APPLIED


async def _sample(store: Store, run_id: str) -> list[Change]:
    """Return the first changes of the plan, with words a person knows the rows by."""
    sample: list[Change] = []
    async for change in store.changes(run_id, limit=SAMPLE_ROWS):
        label = _label(change.document, change.key)
        sample.append(Change(change.entity, change.key, change.operation.value, label, change.fields))
    return sample


def _label(document: Any, key: tuple[Any, ...]) -> str:
    """Return what a person calls a row: its name, its label, else its key."""
    for field in ("name", "label", "title"):
        if document and isinstance(document.get(field), str):
            return str(document[field])
    return ", ".join(map(str, key))


def _metrics(extractor: ExtractorPlugin, loading: Loading) -> dict[str, Any]:
    """Return the counters of the extractor, with the rows that the pipeline refused."""
    summary: dict[str, Any] = getattr(extractor, "get_metrics_summary", dict)()
    return {**summary, "validation_errors": summary.get("validation_errors", 0) + loading.validation_errors}
