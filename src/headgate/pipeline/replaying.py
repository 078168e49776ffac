"""Rows in quarantine, judged again after a rule or a model was mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.extract.registry import PluginManager
from headgate.pipeline.enrichment import Enrichment
from headgate.pipeline.execution import Work, execute
from headgate.pipeline.loading import Loading
from headgate.pipeline.observer import SyncObserver
from headgate.pipeline.report import SyncReport
from headgate.pipeline.syncing import apply_or_hold
from headgate.store import QuarantineRecord, ReadPart, RunRecord, RunState

_RUNS = 1000
"""Runs that are looked through for a later listing; what is older than all of them counts as outdated."""


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that stays in quarantine.

    Args:
        id: Its number.
        entity: Name of the entity.
        key: The values of its key, where they can be told.
        reasons: Why it stays, in sentences.
    """

    id: int
    entity: str
    key: tuple[Any, ...] | None
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of rows in quarantine.

    Args:
        run: The run that took the rows that pass now.
        replayed: How many that were.
        refused: Rows that still break a rule.
        skipped: Rows that were not judged, because something newer is known or because they wait for a decision.
    """

    run: SyncReport
    replayed: int
    refused: Sequence[LeftRow]
    skipped: Sequence[LeftRow]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            **self.run.as_dict(),
            "replayed": self.replayed,
            "refused": [_as_dict(row) for row in self.refused],
            "skipped": [_as_dict(row) for row in self.skipped],
        }


async def replay(
    source: str,
    *,
    config: PipelineConfig,
    entity: str | None = None,
    ids: Collection[int] | None = None,
    details: bool = False,
    observer: SyncObserver | None = None,
    plugins: PluginManager | None = None,
    wait: float = 0.0,
    enrichment: Enrichment | None = None,
) -> ReplayReport:
    """Judge the rows of a source that are in quarantine again, without asking the upstream.

    Those that pass now are staged, planned, guarded and applied like any other; they leave the quarantine in the same
    transaction. A row is left alone when a later run listed its part of the upstream to the end: what that run saw is
    newer.

    Args:
        source: Name of the source, whose models and rules judge.
        config: The settings.
        entity: Only rows of this entity.
        ids: Only these rows.
        details: Declare the entities of the details too.
        observer: Who watches.
        plugins: The sources; none: those that are installed.
        wait: Seconds to wait, at the most, for another run of the source to end.
        enrichment: What rows are enriched with; none: what the settings say.

    Raises:
        ConfigError: There is no such source, or one of ``ids`` is not in quarantine.
        LeaseHeldError: A run of the source is under way.
    """
    feed = _Quarantine(source, entity, ids)
    report = await execute(
        source,
        feed=feed,
        decide=apply_or_hold,
        config=config,
        base_url=None,
        details=details,
        observer=observer,
        plugins=plugins,
        wait=wait,
        enrichment=enrichment,
    )
    return ReplayReport(report, feed.replayed, feed.refused, feed.skipped)


class _Quarantine:
    """Feeds a run from the quarantine, and remembers what stays there."""

    def __init__(self, source: str, entity: str | None, ids: Collection[int] | None) -> None:
        self._source = source
        self._entity = entity
        self._ids = ids
        self._good: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._taken: list[int] = []
        self._decided: dict[tuple[str, tuple[Any, ...]], bool] = {}
        self.replayed = 0
        self.refused: list[LeftRow] = []
        self.skipped: list[LeftRow] = []

    async def __call__(self, work: Work) -> Sequence[ReadPart]:
        """Stage the rows that pass now, newest first: of one key only the newest counts."""
        work.watcher.on_stage("replay")
        records = [
            record
            async for record in work.store.quarantined(entity=self._entity, ids=self._ids)
            if record.source == self._source
        ]
        self._check_ids(records)
        later = Listings(await work.store.runs(source=self._source, limit=_RUNS))
        for record in records:
            self._judge(record, work.loading, later)
        for (entity, partition), rows in self._good.items():
            await work.loading.stage(work.run, entity, rows, partition=partition)
            work.watcher.on_rows(entity, partition, len(rows))
            self.replayed += len(rows)
        if self._taken:
            await work.run.replay(self._taken)
        return ()

    def _judge(self, record: QuarantineRecord, loading: Loading, later: Listings) -> None:
        """Take a row, or note why it stays."""
        declared = loading.declares(record.entity)
        key = record.key or (loading.key_of(record.entity, record.raw) if declared else None)
        if key is not None and (record.entity, key) in self._decided:
            # an older state of a row: it goes when the newer one goes, and says nothing of its own
            self._taken += [record.id] if self._decided[record.entity, key] else []
            return
        reason = later.why_not(record) if declared else "its source does not declare it now; --details may help"
        if reason:
            self.skipped.append(LeftRow(record.id, record.entity, key, (reason,)))
            return
        row, reasons = loading.judge(record.entity, record.raw)
        if key is not None:
            self._decided[record.entity, key] = row is not None
        if row is None:
            self.refused.append(LeftRow(record.id, record.entity, key, reasons))
        else:
            self._good[record.entity, record.partition].append(row)
            self._taken.append(record.id)

    def _check_ids(self, records: Sequence[QuarantineRecord]) -> None:
        missing = set(self._ids or ()) - {record.id for record in records}
        if missing:
            raise ConfigError(
                f"Row {min(missing)} is not in the quarantine of '{self._source}'.",
                hint="'headgate quarantine list' shows what is there.",
            )


class Listings:
    """Which run listed each part of the upstream to its end last.

    Args:
        runs: Runs of one source, newest first.
    """

    def __init__(self, runs: Sequence[RunRecord]) -> None:
        self._numbers = {run.id: run.seq for run in runs}
        self._states = {run.id: run.status for run in runs}
        self._last: dict[tuple[str, str], RunRecord] = {}
        for run in runs:
            if run.status is RunState.APPLIED and run.plan is not None:
                for entity in run.plan.entities.values():
                    for partition in entity.complete:
                        self._last.setdefault((entity.name, partition), run)

    def why_not(self, record: QuarantineRecord) -> str | None:
        """Return why a row shall not be judged again, or nothing."""
        if self._states.get(record.run, RunState.APPLIED) is not RunState.APPLIED:
            return f"its run {record.run} was not applied"
        last = self._last.get((record.entity, record.partition))
        if last is not None and self._numbers.get(record.run, -1) < last.seq:
            return f"run {last.id} listed '{record.entity}' again since: what that saw is newer"
        return None


def _as_dict(row: LeftRow) -> Mapping[str, Any]:
    return {
        "id": row.id,
        "entity": row.entity,
        "key": None if row.key is None else list(row.key),
        "reasons": list(row.reasons),
    }
