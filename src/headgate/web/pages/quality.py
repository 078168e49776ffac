"""What was found about the data: by rule and severity, over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, StreamingResponse

from headgate import pipeline
from headgate.quality.report import QualityReport
from headgate.web.charts.lines import Line
from headgate.web.charts.stacks import SEVERITIES
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON

router = APIRouter(tags=["Quality"])

_COLUMNS = ("run", "started_at", "entity", "score", "severity", "field", "rule", "rows", "message")

Source = Annotated[str, Query(max_length=1000, description="Only of this source.")]


@router.get("/quality", response_class=HTMLResponse, summary="Findings over time")
async def quality(board: Board, source: Source = "") -> HTMLResponse:
    """The score of each source over its last runs, its findings by severity, and those of its last run by rule."""
    found = [(name, await pipeline.quality_over_time(board.store, name)) for name in await _sources(board, source)]
    return board.page(
        "quality.html",
        {
            "title": "Quality",
            "sources": [
                {
                    "name": name,
                    "last": over_time[-1][1],
                    "rules": by_rule([report for _, report in over_time]),
                    "most": max(severities(report).total() for _, report in over_time),
                    "scores": [Line("score", [(point.started_at, point.score) for point, _ in over_time])],
                    "stacks": [(point.run, _words(report), severities(report)) for point, report in over_time],
                }
                for name, over_time in found
                if over_time
            ],
        },
    )


@router.get("/quality.csv", response_class=StreamingResponse, responses=CSV, summary="Findings as CSV")
async def quality_csv(board: Board, source: Source = "") -> StreamingResponse:
    """What was found in the last runs as CSV: a line for each rule that was broken."""
    return await csv_file("quality", _COLUMNS, _lines(board, source))


@router.get("/quality.json", response_class=StreamingResponse, responses=JSON, summary="Findings as JSON")
async def quality_json(board: Board, source: Source = "") -> StreamingResponse:
    """What was found in the last runs as JSON, with scores and examples."""
    return await json_file("quality", _reports(board, source), under="runs")


def severities(report: QualityReport) -> Counter[str]:
    """Return how many rows broke a rule, and how many findings on the whole there were, by severity."""
    counts: Counter[str] = Counter()
    for entity in report.entities:
        for rule in entity.rules:
            counts[rule.severity.value] += rule.count
        counts.update(finding["severity"] for finding in entity.run_findings)
    return counts


@dataclass(frozen=True, slots=True)
class RuleOverTime:
    """How often one rule was broken.

    Args:
        entity: Name of the entity.
        field: The field it is about.
        rule: Its name.
        severity: The worst that it was.
        counts: How many rows broke it in each run, oldest first; a finding on the whole of a run counts as one.
    """

    entity: str
    field: str
    rule: str
    severity: str
    counts: Sequence[int]


def by_rule(reports: Sequence[QualityReport]) -> list[RuleOverTime]:
    """Return how often each rule was broken in some runs, oldest first: the gravest first, then the most frequent."""
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(reports))
    worst: dict[tuple[str, str, str], str] = {}
    for place, report in enumerate(reports):
        for entity in report.entities:
            broken = [(rule.field, rule.rule, rule.severity.value, rule.count) for rule in entity.rules]
            broken += [(found["field"], found["rule"], found["severity"], 1) for found in entity.run_findings]
            for field, rule, severity, count in broken:
                named = (entity.entity, field or "", rule)
                counts[named][place] += count
                worst[named] = max(worst.get(named, severity), severity, key=SEVERITIES.index)
    found = [RuleOverTime(*named, worst[named], numbers) for named, numbers in counts.items()]
    return sorted(found, key=lambda rule: (-SEVERITIES.index(rule.severity), -sum(rule.counts)))


def _words(report: QualityReport) -> str:
    parts = ", ".join(f"{count:,} {severity}" for severity, count in severities(report).items())
    return f"{report.run}: {parts or 'nothing found'}"


async def _sources(board: Dashboard, source: str) -> list[str]:
    return [name for name in await board.store.sources() if source in {"", name}]


async def _reports(board: Dashboard, source: str) -> AsyncIterator[dict[str, Any]]:
    for name in await _sources(board, source):
        for point, report in await pipeline.quality_over_time(board.store, name):
            yield {"source": name, "started_at": point.started_at.isoformat(), **report.as_dict()}


async def _lines(board: Dashboard, source: str) -> AsyncIterator[Mapping[str, Any]]:
    async for report in _reports(board, source):
        for line in lines_of(report):
            yield {"run": report["run"], "started_at": report["started_at"], **line}


def lines_of(report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a line for each rule that was broken, and for each finding on the whole."""
    for name, entity in report["entities"].items():
        head = {"entity": name, "score": entity["score"]}
        for rule in entity["rules"]:
            yield {**head, **rule, "rows": rule["count"]}
        for finding in entity["run_findings"]:
            yield {**head, **finding, "rows": None}
