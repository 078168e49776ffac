"""Reports of earlier runs, read back from what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.quality.report.report import EntityQuality, QualityReport, RuleReport, score_of_run
from headgate.quality.rule import Severity


def read_report(
    run: str, entities: Mapping[str, Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]] | None = None
) -> QualityReport:
    """Return a report from the plain values of its entities.

    Args:
        run: The id of the run.
        entities: By name, each as :meth:`QualityReport.as_dict` wrote it.
        before: Those of the run to compare with.
    """
    found = tuple(_entity(name, values, (before or {}).get(name)) for name, values in entities.items())
    return QualityReport(run, score_of_run(found), found)


def _entity(name: str, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> EntityQuality:
    known = None if before is None else {(rule["field"], rule["rule"]): rule["count"] for rule in before["rules"]}
    return EntityQuality(
        entity=name,
        rows=values["rows"],
        valid=values["valid"],
        invalid=values["invalid"],
        duplicates=values["duplicates"],
        score=values["score"],
        rules=tuple(_rule(rule, known) for rule in values["rules"]),
        run_findings=tuple(values["run_findings"]),
        score_before=None if before is None else before["score"],
    )


def _rule(values: Mapping[str, Any], known: Mapping[tuple[str, str], int] | None) -> RuleReport:
    return RuleReport(
        field=values["field"],
        rule=values["rule"],
        severity=Severity(values["severity"]),
        count=values["count"],
        share=values["share"],
        before=None if known is None else known.get((values["field"], values["rule"]), 0),
        examples=tuple(values["examples"]),
    )
