"""Keeping a database in step: a run whose plan is applied at once, unless the guard holds it."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.config.settings import PipelineConfig
from headgate.extract.registry import PluginManager
from headgate.pipeline.execution import Work, execute
from headgate.pipeline.observer import SyncObserver
from headgate.pipeline.report import RunStatus, SyncReport
from headgate.store import Plan, Run, Verdict


async def sync(
    source: str,
    *,
    config: PipelineConfig,
    database: str | None = None,
    base_url: str | None = None,
    details: bool = False,
    observer: SyncObserver | None = None,
    plugins: PluginManager | None = None,
    wait: float = 0.0,
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
        wait: Seconds to wait, at the most, for another run of the source to end.

    Returns:
        The report. A held run is reported, not raised: its plan waits for a person.

    Raises:
        ConfigError: The source, a URL or a setting is unusable.
        RetryLaterError: The upstream, the database or the lease does not let the run go on.
        DataError: The upstream answers something else than was agreed.
    """
    return await execute(
        source,
        feed=_extract,
        decide=apply_or_hold,
        config=config if database is None else config.model_copy(update={"database_url": database}),
        base_url=base_url,
        details=details,
        observer=observer,
        plugins=plugins,
        wait=wait,
    )


async def plan(
    source: str,
    *,
    config: PipelineConfig,
    base_url: str | None = None,
    details: bool = False,
    observer: SyncObserver | None = None,
    plugins: PluginManager | None = None,
    wait: float = 0.0,
) -> SyncReport:
    """Find out what a sync would change, write the plan down, and apply nothing.

    Takes and raises what :func:`sync` does. The plan waits: :func:`~headgate.pipeline.deciding.apply` applies exactly
    it, as long as nothing else was applied since. One that the guard holds wants an approval.
    """
    return await execute(
        source,
        feed=_extract,
        decide=_leave,
        config=config,
        base_url=base_url,
        details=details,
        observer=observer,
        plugins=plugins,
        wait=wait,
    )


async def _extract(work: Work) -> None:
    """Read the source to its end and stage every row."""
    work.watcher.on_stage("extract")
    warned = 0
    async for batch in work.extractor.records():
        await work.loading.load(work.run, batch)
        work.watcher.on_rows(batch.entity, batch.partition, len(batch.rows))
        warnings: Sequence[str] = getattr(work.extractor, "warnings", ())
        for message in warnings[warned:]:
            work.watcher.on_event(message)
        warned = len(warnings)


async def apply_or_hold(run: Run, plan: Plan, verdict: Verdict, watcher: SyncObserver) -> RunStatus:
    """Apply a plan at once, unless the guard holds it."""
    if verdict.held:
        return await _hold(run, plan, verdict, watcher)
    watcher.on_stage("commit")
    await run.commit(plan)
    return RunStatus.UNCHANGED if plan.is_empty else RunStatus.APPLIED


async def _leave(run: Run, plan: Plan, verdict: Verdict, watcher: SyncObserver) -> RunStatus:
    return await _hold(run, plan, verdict, watcher) if verdict.held else RunStatus.PLANNED


async def _hold(run: Run, plan: Plan, verdict: Verdict, watcher: SyncObserver) -> RunStatus:
    watcher.on_stage("hold")
    await run.hold(plan, verdict)
    return RunStatus.HELD
