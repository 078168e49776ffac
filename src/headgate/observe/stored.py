"""From what stands in the database to a page of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from headgate.observe.page import MetricsPage
from headgate.store import EntityOverview, OutboxStatus, RunState, SourceOverview, Store, findings

Scores = Mapping[str, Mapping[str, float]]
"""The quality of the last plan, by source and entity, 0 to 100."""


async def scores_of(store: Store, sources: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return the quality of the last plan of some sources."""
    found: dict[str, dict[str, float]] = {}
    for source in sources:
        for record in await findings.latest(store.context, source=source, limit=1):
            found[source] = {name: float(note.report["score"]) for name, note in record.notes.items()}
    return found


def add_stored(page: MetricsPage, sources: Iterable[SourceOverview], scores: Scores, *, now: datetime) -> None:
    """Put on the page how the sources stand at this moment."""
    for source in sources:
        _add_source(page, source, now)
        for entity in source.entities:
            _add_entity(page, source.source, entity, now)
        for name, score in scores.get(source.source, {}).items():
            page.add("quality_score", score, source.source, name)


def add_outbox(page: MetricsPage, outbox: OutboxStatus) -> None:
    """Put on the page how far the sinks have got."""
    page.add("outbox_events", outbox.kept)
    for sink in outbox.sinks:
        page.add("outbox_pending_events", sink.pending, sink.name)
        page.add("outbox_dead_letters", sink.dead, sink.name)
        page.add("outbox_lag_seconds", _seconds(sink.oldest_at, outbox.at), sink.name)
        page.add("outbox_failures", sink.failures, sink.name)


def _add_source(page: MetricsPage, source: SourceOverview, now: datetime) -> None:
    last = source.last
    for state in RunState:
        page.add("last_run_status", float(last.status is state), source.source, state.value)
    page.add("last_run_timestamp_seconds", last.started_at.timestamp(), source.source)
    ended = last.finished_at or last.planned_at or now
    page.add("last_run_duration_seconds", _seconds(last.started_at, ended), source.source)
    if source.applied_at is not None:
        page.add("last_applied_timestamp_seconds", source.applied_at.timestamp(), source.source)
    page.add("held_runs", source.held, source.source)
    page.add("held_run_age_seconds", _seconds(source.held_since, now), source.source)


def _add_entity(page: MetricsPage, source: str, entity: EntityOverview, now: datetime) -> None:
    counts = entity.last.counts
    fates = {
        "duplicate": counts.duplicates,
        "quarantined": counts.quarantined,
        "new": counts.new,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "kept": entity.last.absent_kept,
    }
    for fate, rows in fates.items():
        page.add("last_run_rows", rows, source, entity.entity, fate)
    page.add("entity_rows", entity.rows, source, entity.entity)
    if entity.listed_at is not None:
        page.add("entity_freshness_seconds", _seconds(entity.listed_at, now), source, entity.entity)
        page.add("entity_listed_timestamp_seconds", entity.listed_at.timestamp(), source, entity.entity)
    page.add("quarantined_rows", entity.quarantined, source, entity.entity)


def _seconds(start: datetime | None, end: datetime) -> float:
    return 0.0 if start is None else max(0.0, (end - start).total_seconds())
