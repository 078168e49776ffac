"""The quality of a run as it stands in the store, against the runs before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.report import QualityReport, read_report
from headgate.store import Store, findings

TREND_RUNS = 10
"""Runs of a source that a trend goes back over, the one that is shown included."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One run in a trend.

    Args:
        run: Its id.
        started_at: When it began, in UTC.
        score: Its score, 0 to 100.
    """

    run: str
    started_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class RunQuality:
    """What is known of the quality of a run.

    Args:
        source: The source.
        report: What was found; ``before`` is what the run before found.
        drift: By entity, how the payload drifted from its contract.
        trend: The last runs of the source, oldest first; the last one is this run.
    """

    source: str
    report: QualityReport
    drift: Mapping[str, list[dict[str, Any]]]
    trend: tuple[TrendPoint, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        values = self.report.as_dict()
        for name, drifts in self.drift.items():
            values["entities"][name]["drift"] = drifts
        trend = [
            {"run": point.run, "started_at": point.started_at.isoformat(), "score": round(point.score, 2)}
            for point in self.trend
        ]
        return {"source": self.source, **values, "trend": trend}


async def quality_of(store: Store, run_id: str | None = None) -> RunQuality:
    """Return the quality of a run.

    Args:
        store: The store.
        run_id: The id of the run or a part of it; none: the last run of which it is known.

    Raises:
        ConfigError: There is no such run, or nothing was judged in it.
    """
    context = store.context
    if run_id is None:
        newest = await findings.latest(context, limit=1)
        if not newest:
            raise ConfigError(
                f"{store.db.label} knows of no run that was judged.",
                hint="Run 'headgate sync' or 'headgate plan' first.",
            )
        source, seq = newest[0].source, newest[0].seq
    else:
        record = await store.find_run(run_id)
        source, seq = record.source, record.seq
    records = await findings.latest(context, source=source, until=seq, limit=TREND_RUNS)
    if not records or records[0].seq != seq:
        raise ConfigError(
            f"Nothing was judged in run {run_id}.",
            hint="It failed before its rows were compared, replayed single rows, or took another run back.",
        )
    shown = (await store.find_run(records[0].run)).plan
    order = list(shown.entities) if shown is not None else []
    reports = [
        {name: record.notes[name].report for name in sorted(record.notes, key=lambda name: _place(name, order))}
        for record in records
    ]
    scores = [read_report(record.run, report).score for record, report in zip(records, reports, strict=True)]
    points = [TrendPoint(record.run, record.started_at, score) for record, score in zip(records, scores, strict=True)]
    return RunQuality(
        source=source,
        report=read_report(records[0].run, reports[0], reports[1] if len(reports) > 1 else None),
        drift={name: list(report.get("drift", ())) for name, report in reports[0].items()},
        trend=tuple(reversed(points)),
    )


def _place(entity: str, order: Sequence[str]) -> tuple[int, str]:
    """Return where an entity stands: in the order of the run, what it does not have at the end."""
    return (order.index(entity) if entity in order else len(order), entity)


async def quality_over_time(store: Store, source: str, *, limit: int = 30) -> list[tuple[TrendPoint, QualityReport]]:
    """Return the quality of the last runs of a source, oldest first: the score of each, and what was found."""
    records = await findings.latest(store.context, source=source, limit=limit)
    found = []
    for record in reversed(records):
        report = read_report(record.run, {name: note.report for name, note in record.notes.items()})
        found.append((TrendPoint(record.run, record.started_at, report.score), report))
    return found
