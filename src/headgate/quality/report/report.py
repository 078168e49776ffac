"""The quality of a run in numbers: by entity, rule and severity, against the run before, and as one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.quality.findings import Finding
from headgate.quality.plain import shorten
from headgate.quality.report.tally import Counted, EntityTally
from headgate.quality.rule import Severity

ROW_WEIGHTS: Mapping[Severity, float] = {
    Severity.INFO: 0.0,
    Severity.WARNING: 0.2,
    Severity.ERROR: 1.0,
    Severity.CRITICAL: 1.0,
}
"""How much of a row is lost for the score, by the worst severity found on it."""

RUN_POINTS: Mapping[Severity, float] = {
    Severity.INFO: 0.0,
    Severity.WARNING: 1.0,
    Severity.ERROR: 5.0,
    Severity.CRITICAL: 20.0,
}
"""Points of the score lost by each finding that is about no single row."""


@dataclass(frozen=True, slots=True)
class RuleReport:
    """How often one rule was broken on one field.

    Args:
        field: The field.
        rule: Name of the rule.
        severity: Its severity.
        count: How often.
        share: Of the entity's rows, 0 to 1.
        before: How often in the run before; ``None`` if that is not known.
        examples: Values it was broken by, as short text, and the message.
    """

    field: str
    rule: str
    severity: Severity
    count: int
    share: float
    before: int | None = None
    examples: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EntityQuality:
    """The quality of one entity's rows.

    Args:
        entity: Name of the entity.
        rows: Rows judged: ``valid + invalid + duplicates``.
        valid: Rows that went on.
        invalid: Rows that were refused.
        duplicates: Rows that others stand for.
        score: 0 to 100.
        rules: What was found on rows, worst and most frequent first.
        run_findings: What was found on the table, the contract and the relationships.
        score_before: The score in the run before; ``None`` if that is not known.
    """

    entity: str
    rows: int
    valid: int
    invalid: int
    duplicates: int
    score: float
    rules: tuple[RuleReport, ...] = ()
    run_findings: tuple[Mapping[str, str], ...] = ()
    score_before: float | None = None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The quality of a run.

    The score of an entity is ``100 * (1 - sum(row weights) / rows)``, less the points of the findings that are about
    no single row, and at least 0: a row with a warning weighs 0.2, a refused one 1; a finding on the whole costs 1
    (warning), 5 (error) or 20 (critical) points. The score of the run is the mean of its entities' scores, weighed by
    their rows. An entity without rows has 100, less such points.

    Args:
        run: The id of the run.
        score: 0 to 100.
        entities: The entities in the order of the run.
    """

    run: str
    score: float
    entities: tuple[EntityQuality, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values; :func:`build_report` reads them as the run before."""
        return {
            "run": self.run,
            "score": round(self.score, 2),
            "entities": {entity.entity: _entity_dict(entity) for entity in self.entities},
        }


def build_report(
    run: str, tallies: Mapping[str, EntityTally], before: Mapping[str, Any] | None = None
) -> QualityReport:
    """Return the report of a run.

    Args:
        run: The id of the run.
        tallies: What was counted, by entity.
        before: The ``as_dict()`` of the run to compare with.
    """
    earlier = (before or {}).get("entities", {})
    entities = tuple(_entity(name, tally, earlier.get(name)) for name, tally in tallies.items())
    return QualityReport(run, score_of_run(entities), entities)


def score_of_run(entities: Sequence[EntityQuality]) -> float:
    """Return the mean of the entities' scores, weighed by their rows; the plain mean if there is no row."""
    rows = sum(entity.rows for entity in entities)
    if rows:
        return sum(entity.score * entity.rows for entity in entities) / rows
    return sum(entity.score for entity in entities) / len(entities) if entities else 100.0


def score(tally: EntityTally) -> float:
    """Return the score of an entity, 0 to 100; the formula is that of :class:`QualityReport`."""
    lost = sum(ROW_WEIGHTS[severity] * count for severity, count in tally.worst.items())
    points = sum(RUN_POINTS[finding.severity] for finding in tally.run_findings)
    return max(0.0, 100 * (1 - lost / tally.rows if tally.rows else 1.0) - points)


def _entity(name: str, tally: EntityTally, before: Mapping[str, Any] | None) -> EntityQuality:
    known = None if before is None else {(rule["field"], rule["rule"]): rule["count"] for rule in before["rules"]}
    found = sorted(tally.findings.items(), key=lambda item: (-_RANK[item[0].severity], -item[1], item[0]))
    return EntityQuality(
        entity=name,
        rows=tally.rows,
        valid=tally.rows - tally.invalid - tally.duplicates,
        invalid=tally.invalid,
        duplicates=tally.duplicates,
        score=score(tally),
        rules=tuple(_rule(counted, count, tally, known) for counted, count in found),
        run_findings=tuple(finding.as_dict() for finding in tally.run_findings),
        score_before=None if before is None else before["score"],
    )


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def _rule(counted: Counted, count: int, tally: EntityTally, before: Mapping[tuple[str, str], int] | None) -> RuleReport:
    return RuleReport(
        field=counted.field,
        rule=counted.rule,
        severity=counted.severity,
        count=count,
        share=count / tally.rows if tally.rows else 0.0,
        before=None if before is None else before.get((counted.field, counted.rule), 0),
        examples=tuple(_example(finding) for finding in tally.examples[counted]),
    )


def _example(finding: Finding) -> dict[str, str]:
    return {"value": shorten(finding.value), "message": finding.message}


def _entity_dict(entity: EntityQuality) -> dict[str, Any]:
    return {
        "rows": entity.rows,
        "valid": entity.valid,
        "invalid": entity.invalid,
        "duplicates": entity.duplicates,
        "score": round(entity.score, 2),
        "score_before": entity.score_before,
        "rules": [
            {
                "field": rule.field,
                "rule": rule.rule,
                "severity": rule.severity.value,
                "count": rule.count,
                "share": round(rule.share, 6),
                "before": rule.before,
                "examples": [dict(example) for example in rule.examples],
            }
            for rule in entity.rules
        ],
        "run_findings": [dict(finding) for finding in entity.run_findings],
    }
