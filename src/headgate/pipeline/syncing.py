"""Keeping a database in step: a run whose plan is applied at once, unless the guard holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from headgate.config.extract import ReadingConfig
from headgate.config.settings import PipelineConfig
from headgate.events.pipeline_events import PipelineEvents
from headgate.extract.registry import PluginManager
from headgate.logging import get_logger, log_context
from headgate.pipeline.enrichment import Enrichment
from headgate.pipeline.execution import Work, execute
from headgate.pipeline.observer import SyncObserver
from headgate.pipeline.progress import move_cursor, open_progress
from headgate.pipeline.report import RunStatus, SyncReport
from headgate.store import Plan, ReadPart, Run, Verdict

_log = get_logger(__name__)


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
    fresh: bool = False,
    full: bool = False,
    enrichment: Enrichment | None = None,
    events: PipelineEvents | None = None,
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
        fresh: Ask the upstream for everything, also for what an interrupted run has read.
        full: Let no cursor count: an incremental source is read whole.
        enrichment: What rows are enriched with; none: what the settings say.
        events: The handlers in the process that are told of the run.

    Returns:
        The report. A held run is reported, not raised: its plan waits for a person.

    Raises:
        ConfigError: The source, a URL or a setting is unusable.
        RetryLaterError: The upstream, the database or the lease does not let the run go on.
        DataError: The upstream answers something else than was agreed.
    """
    return await execute(
        source,
        feed=Extraction(config.extract.of(source), fresh=fresh, full=full),
        decide=apply_or_hold,
        config=config if database is None else config.model_copy(update={"database_url": database}),
        base_url=base_url,
        details=details,
        observer=observer,
        plugins=plugins,
        wait=wait,
        enrichment=enrichment,
        events=events,
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
    fresh: bool = False,
    full: bool = False,
    enrichment: Enrichment | None = None,
    events: PipelineEvents | None = None,
) -> SyncReport:
    """Find out what a sync would change, write the plan down, and apply nothing.

    Takes and raises what :func:`sync` does. The plan waits: :func:`~headgate.pipeline.deciding.apply` applies exactly
    it, as long as nothing else was applied since. One that the guard holds wants an approval.
    """
    return await execute(
        source,
        feed=Extraction(config.extract.of(source), fresh=fresh, full=full),
        decide=_leave,
        config=config,
        base_url=base_url,
        details=details,
        observer=observer,
        plugins=plugins,
        wait=wait,
        enrichment=enrichment,
        events=events,
    )


@dataclass(frozen=True, slots=True)
class Extraction:
    """Feeds a run from its source, read to its end.

    Args:
        config: How the source is read.
        fresh: Take nothing over from an interrupted run.
        full: Let no cursor count.
    """

    config: ReadingConfig
    fresh: bool = False
    full: bool = False

    async def __call__(self, work: Work) -> Sequence[ReadPart]:
        """Stage every row; return what was taken over from an interrupted run."""
        work.watcher.on_stage("extract")
        extractor, run, watcher = work.extractor, work.run, work.watcher
        progress = await open_progress(
            run, extractor, self.config, now=work.store.context.now(), fresh=self.fresh, full=self.full
        )
        extractor.progress = progress
        warned = told = 0
        doubtful: dict[str, None] = {}
        async for batch in extractor.records():
            proven = batch.complete and progress.proves(batch)
            if batch.complete and not proven:
                doubtful[batch.entity] = None
            with log_context(entity=batch.entity):
                await work.loading.load(run, batch if proven else replace(batch, complete=False))
            if batch.cursor is not None:
                await move_cursor(run, batch)
            watcher.on_rows(batch.entity, batch.partition, len(batch.rows))
            warnings: Sequence[str] = getattr(extractor, "warnings", ())
            for message in (*warnings[warned:], *map(_taken_over, progress.taken[told:])):
                watcher.on_event(message)
            warned, told = len(warnings), len(progress.taken)
        work.loading.warnings += [
            f"{name}: a part was read by an interrupted run, so what is gone from the others is left to the next run."
            for name in doubtful
        ]
        return progress.taken


def _taken_over(part: ReadPart) -> str:
    where = f" {part.partition}" if part.partition else ""
    return (
        f"Taking over {part.entity}{where}, {part.rows:,} rows, from the interrupted run {part.run}; "
        "with --fresh it is asked for again."
    )


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
    _log.warning("run_held", reasons=verdict.reasons, next="headgate approve or headgate reject decides about it")
    await run.hold(plan, verdict)
    return RunStatus.HELD
