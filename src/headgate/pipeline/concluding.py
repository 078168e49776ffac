"""What was found in a run as a whole, put together once its plan is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headgate.pipeline.judging import EntityJudge
from headgate.pipeline.relationships import on_rows, on_the_whole
from headgate.pipeline.report import RuleCount
from headgate.quality import WHOLE_ROW, Finding, FindingKind, Severity
from headgate.quality.relationship import Relationship
from headgate.store import Plan, QualityNote, Run

_TARGET = "target"
"""The rule that rows break which their table refuses."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the judges of a run say in the end.

    Args:
        notes: What was found, for the store.
        counts: Which rules were broken on rows beside those that were counted as the rows came.
        reasons: Why the run has to be held, in sentences.
        warnings: What a person should know, in sentences.
    """

    notes: tuple[QualityNote, ...]
    counts: tuple[RuleCount, ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


def conclude(
    judges: Mapping[str, EntityJudge], relationships: Sequence[Relationship], plan: Plan, run: Run
) -> Conclusion:
    """Return what was found.

    Args:
        judges: The judges of the entities of which something was loaded.
        relationships: What must hold between the entities.
        plan: The plan.
        run: The run, planned.
    """
    counts: list[RuleCount] = []
    by_name = {relationship.name: relationship for relationship in relationships}
    for fault in run.faults:
        finding = on_rows(by_name[fault.link], fault)
        if finding is not None:
            counts.append(RuleCount(fault.entity, finding.rule, finding.severity.value, fault.staged))
        if fault.entity in judges:
            tally = judges[fault.entity].tally
            if finding is not None:
                tally.count_rows(finding, fault.staged, weighs=finding.severity is not Severity.ERROR)
            tally.add_run_findings(on_the_whole(by_name[fault.link], fault))
    for name, said in run.unfit.items():
        finding = Finding(WHOLE_ROW, _TARGET, Severity.ERROR, said.total(), next(iter(said)))
        counts.append(RuleCount(name, finding.rule, finding.severity.value, said.total()))
        if name in judges:
            judges[name].tally.count_rows(finding, said.total())
    for name, judge in judges.items():
        unfit = run.unfit[name].total() if name in run.unfit else 0
        judge.finish(plan.entities[name], refused=run.refused.get(name, 0) + unfit)
    critical = [
        f"{found.entity}: {found.words} the critical rule '{found.rule}'."
        for found in counts
        if found.severity == Severity.CRITICAL.value
    ]
    return Conclusion(
        notes=tuple(judge.note() for judge in judges.values()),
        counts=tuple(counts),
        reasons=(*critical, *(reason for judge in judges.values() for reason in judge.reasons())),
        warnings=tuple(warning for name, judge in judges.items() for warning in _warnings(name, judge)),
    )


def _warnings(entity: str, judge: EntityJudge) -> Iterator[str]:
    """Yield what was found about the whole and does not hold the run; of a drift also what is harmless."""
    for finding in judge.tally.run_findings:
        if finding.severity is Severity.WARNING or (finding.kind is FindingKind.CONTRACT and not _holds(finding)):
            yield f"{entity}: {finding.field}, {finding.rule}: {finding.message}."


def _holds(finding: Finding) -> bool:
    return finding.severity.rejects
