"""One run, whatever it is for: rows come in, are judged, staged and planned, the guard looks, somebody decides."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from headgate.config.settings import PipelineConfig
from headgate.events.pipeline_events import PipelineEvents
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.registry import PluginManager
from headgate.logging import get_logger
from headgate.metrics import ExtractionMetrics
from headgate.pipeline.activity import recorded
from headgate.pipeline.changes import sample
from headgate.pipeline.concluding import Conclusion, conclude
from headgate.pipeline.enriching import open_enriching
from headgate.pipeline.enrichment import Enrichment
from headgate.pipeline.leasing import entered
from headgate.pipeline.loading import Loading
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.pipeline.relationships import as_link
from headgate.pipeline.report import EntityReport, ResumedPart, RunStatus, SyncReport
from headgate.pipeline.source import metrics_of, open_source
from headgate.pipeline.targets import targets_of
from headgate.pipeline.telling import telling
from headgate.quality import Severity
from headgate.store import DatabaseManager, Plan, ReadPart, Run, Store, Verdict, judge

_log = get_logger(__name__)


class Decide(Protocol):
    """What happens to a plan once the guard has looked at it."""

    async def __call__(self, run: Run, plan: Plan, verdict: Verdict, watcher: SyncObserver) -> RunStatus:
        """Apply the plan, hold it, or leave it."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """A run under way, and what goes with it."""

    extractor: ExtractorPlugin
    loading: Loading
    run: Run
    store: Store
    watcher: SyncObserver


class Feed(Protocol):
    """Where the rows of a run come from."""

    async def __call__(self, work: Work) -> Sequence[ReadPart]:
        """Stage every row; return what of it an interrupted run had read."""
        ...


async def execute(
    source: str,
    *,
    feed: Feed,
    decide: Decide,
    config: PipelineConfig,
    base_url: str | None,
    details: bool,
    observer: SyncObserver | None,
    plugins: PluginManager | None,
    wait: float,
    enrichment: Enrichment | None = None,
    events: PipelineEvents | None = None,
) -> SyncReport:
    """Stage what ``feed`` brings, compare it with what is known, and let ``decide`` say what becomes of the plan.

    Raises:
        ConfigError: The source, a URL or a setting is unusable.
        RetryLaterError: The upstream, the database or the lease does not let the run go on.
        DataError: The upstream answers something else than was agreed.
    """
    started = time.monotonic()
    watcher = observer or SilentObserver()
    db = DatabaseManager(config.database_url)
    try:
        store = Store(db)
        async with (
            AsyncExitStack() as stack,
            open_source(
                source, config=config, db=db, plugins=plugins or PluginManager(), base_url=base_url, details=details
            ) as extractor,
        ):
            metrics = metrics_of(extractor) or ExtractionMetrics()
            # after the source: one that does not exist must not leave a new database file behind
            await store.open()
            enriching = await stack.enter_async_context(open_enriching(extractor, source, config, store, enrichment))
            loading = Loading(
                extractor,
                batch_size=config.batch_size,
                quality=config.quality,
                metrics=metrics,
                enriching=enriching,
                targets=targets_of(extractor.entities, config.targets, db.dialect),
            )
            stack.callback(loading.close)
            async with telling(store, source, config, events) as teller:
                teller.watch(extractor)
                async with entered(lambda: store.run(source, loading.tables), wait=wait, watcher=watcher) as run:
                    teller.started(run)
                    async with recorded(run, watcher, extractor) as recorder:
                        await loading.expect(run)
                        resumed = await feed(Work(extractor, loading, run, store, recorder))
                        await loading.finish(run)
                        plan, verdict, conclusion = await _judge(run, loading, config, recorder)
                        await teller.planned(plan, _issues(loading, conclusion))
                        status = await decide(run, plan, verdict, recorder)
                    changes = await sample(store, run.id)
                await teller.decided(plan, verdict, status)
            return SyncReport(
                run=run.id,
                source=source,
                status=status,
                duration_seconds=time.monotonic() - started,
                entities={name: EntityReport.of(entity) for name, entity in plan.entities.items()},
                reasons=verdict.reasons,
                warnings=(
                    *getattr(extractor, "warnings", ()),
                    *loading.warnings,
                    *_unused_settings(config, loading),
                    *enriching.warnings,
                    *run.warnings,
                    *conclusion.warnings,
                    *teller.warnings,
                ),
                findings=(*loading.findings, *conclusion.counts),
                changes=changes,
                metrics=_summary(extractor, metrics),
                hash=plan.hash,
                resumed=[ResumedPart(part.entity, part.partition, part.rows, part.run) for part in resumed],
                enriched=enriching.counts,
            )
    finally:
        await db.close()


async def _judge(
    run: Run, loading: Loading, config: PipelineConfig, watcher: SyncObserver
) -> tuple[Plan, Verdict, Conclusion]:
    """Write the plan and what was found down, and let the guard judge it."""
    watcher.on_stage("plan")
    run.links = [as_link(relationship) for relationship in loading.relationships]
    plan = await run.plan()
    conclusion = conclude(loading.judges, loading.relationships, plan, run)
    await run.note_quality(conclusion.notes)
    verdict = judge(plan, config.guard, await run.earlier())
    for name, entity in plan.entities.items():
        _log.info("entity_planned", entity=name, **asdict(entity.counts))
    reasons = (*verdict.reasons, *loading.critical_reasons(), *conclusion.reasons)
    return plan, Verdict(reasons), conclusion


def _unused_settings(config: PipelineConfig, loading: Loading) -> Iterator[str]:
    for what, names in (("limits of the guard", config.guard.entities), ("a target", config.targets)):
        for name in names:
            if not loading.declares(name):
                yield f"The configuration has {what} for '{name}', which this run has not: not used."


def _issues(loading: Loading, conclusion: Conclusion) -> list[dict[str, Any]]:
    """Return the rules that rows broke in a way that somebody should know of, with how many rows did."""
    found = (*loading.findings, *conclusion.counts)
    return [asdict(count) for count in found if count.severity in {Severity.ERROR.value, Severity.CRITICAL.value}]


def _summary(extractor: ExtractorPlugin, metrics: ExtractionMetrics) -> dict[str, Any]:
    """Return the counters of the extractor; of one that has none, the rows that were refused."""
    summary: dict[str, Any] = getattr(extractor, "get_metrics_summary", dict)()
    return {"validation_errors": metrics.validation_errors, **summary}
