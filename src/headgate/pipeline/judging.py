"""The quality of one entity in one run: every judge of its rows, and what they found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import MissingExtraError
from headgate.extract.entity import EntitySpec
from headgate.quality import (
    BatchResult,
    CompiledRules,
    Finding,
    FindingKind,
    Severity,
    TableProfile,
    compile_rules,
    judge_table,
    profiler_for,
)
from headgate.quality.contract import ContractWatch, Drift, DriftAction, PayloadShape
from headgate.quality.entity_settings import EntitySettings
from headgate.quality.probable import probable_duplicates
from headgate.quality.refusing import with_refused
from headgate.quality.report import EntityTally, build_report
from headgate.store import EntityPlan, QualityNote

LARGEST_COMPARED = 10_000
"""Rows of an entity above which probable duplicates are not looked for."""
_PAIRS = 20
"""Probable duplicates reported one by one."""

CONFLICTING = "conflicting_duplicate"
PROBABLE = "probable_duplicate"


class EntityJudge:
    """Judges the rows of one entity, batch by batch, and what they come to.

    Args:
        spec: What the source says about the entity.
        settings: What the configuration says about it.
        clock: Gives the time that refused rows are stamped with.

    Raises:
        ConfigError: A rule or a field does not exist.
    """

    def __init__(self, spec: EntitySpec, settings: EntitySettings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.spec = spec
        self.tally = EntityTally()
        self._settings = settings
        self._clock = clock
        self._rules: CompiledRules[Any] = _compiled(spec, settings)
        self._table_rules = (*spec.table_rules, *settings.rules.table)
        self._profiler = profiler_for(self._table_rules, spec.model.model_fields) if self._table_rules else None
        self._earlier: TableProfile | None = None
        policy = settings.contract or spec.contract
        read = _fields_read(spec.model)
        self._watch = ContractWatch(policy, read=read) if policy is not None and settings.watched else None
        self._alike: dict[tuple[Any, ...], dict[str, Any]] = {}

    def expect(self, contract: Mapping[str, Any] | None, profile: Mapping[str, Any] | None) -> None:
        """Take over what earlier runs left: the contract's shape and the profile of the table."""
        if self._watch is not None and contract is not None:
            self._watch.known = PayloadShape.from_dict(contract)
        self._earlier = None if profile is None else TableProfile.from_dict(profile)

    def judge(self, rows: Sequence[Any], *, start: int = 0) -> BatchResult[Any]:
        """Judge raw rows, counted: nothing is raised for any row."""
        broken = self._watch.refused(rows) if self._watch is not None else {}
        result = self._rules.process(rows, start=start)
        if self._watch is not None and self._watch.known is None:
            gone = {item.index - start for item in result.invalid}
            self._watch.learn([row for place, row in enumerate(rows) if place not in gone] if gone else rows)
        if broken:
            now = datetime.fromtimestamp(self._clock.time(), UTC)
            result = with_refused(result, rows, broken, start=start, now=now)
        self.tally.add(result)
        if self._profiler is not None:
            self._profiler.add(result.valid)
        if self.spec.resembles is not None and len(self._alike) <= LARGEST_COMPARED:
            self._remember(result.valid)
        return result

    def try_row(self, row: Any) -> BatchResult[Any]:
        """Judge one raw row by the rules alone, uncounted."""
        return self._rules.process([row])

    def finish(self, plan: EntityPlan, *, refused: int) -> None:
        """Add what is known once the plan is made.

        Args:
            plan: The entity's part of the plan.
            refused: Rows that went to quarantine because of a relationship or of the table they were to land in.
        """
        counts, tally = plan.counts, self.tally
        conflicting = counts.quarantined - tally.invalid - refused
        if conflicting > 0:
            message = "the key came more than once with different content"
            finding = Finding(", ".join(self.spec.key), CONFLICTING, Severity.ERROR, conflicting, message)
            tally.count_rows(finding, conflicting)
        tally.settle(refused=counts.quarantined, duplicates=counts.duplicates)
        tally.add_run_findings([*self._on_the_table(), *self._on_the_contract(), *self._probable_duplicates()])

    def reasons(self) -> Iterator[str]:
        """Yield why the run has to be held for what was found about the whole, in sentences."""
        name = self.spec.name
        for finding in self.tally.run_findings:
            if finding.severity.rejects:
                yield f"{name}: {finding.field}, {finding.rule}: {finding.message}."
        score = self._report()["score"]
        if score < self._settings.least_score:
            yield f"{name}: the quality score is {score:g}, and at least {self._settings.least_score:g} is demanded."

    def note(self) -> QualityNote:
        """Return what was found, for the store."""
        news = None if self._watch is None else self._watch.news()
        return QualityNote(
            entity=self.spec.name,
            report={**self._report(), "drift": [self._drift(drift) for drift in self._drifts()]},
            profile=None if self._profiler is None else self._profiler.finish().as_dict(),
            seen=None if news is None else news.as_dict(),
        )

    def _report(self) -> dict[str, Any]:
        report: dict[str, Any] = build_report("", {self.spec.name: self.tally}).as_dict()["entities"][self.spec.name]
        return report

    def _on_the_table(self) -> list[Finding]:
        return [] if self._profiler is None else judge_table(self._table_rules, self._profiler.finish(), self._earlier)

    def _on_the_contract(self) -> Iterator[Finding]:
        """Yield the drifts that are reported or hold the run; those that refuse rows are counted on the rows."""
        for drift in self._drifts():
            action = self._action(drift)
            if action in (DriftAction.WARN, DriftAction.HOLD):
                reported = Severity.WARNING if drift.kind.breaking else Severity.INFO
                severity = Severity.CRITICAL if action is DriftAction.HOLD else reported
                rule, value = f"contract.{drift.kind.value}", drift.value_in(drift.sample)
                yield Finding(drift.path, rule, severity, value, drift.message, FindingKind.CONTRACT)

    def _probable_duplicates(self) -> Iterator[Finding]:
        alike = self.spec.resembles
        if alike is None or not 1 < len(self._alike) <= LARGEST_COMPARED:
            return
        try:
            pairs = probable_duplicates(
                list(self._alike.values()),
                key=self.spec.key,
                name=alike.name,
                evidence=alike.evidence,
                threshold=alike.threshold,
            )
        except MissingExtraError:
            return  # a report that nobody is promised without the extra
        for pair in pairs[:_PAIRS]:
            keys = [list(key) if len(key) > 1 else key[0] for key in pair.keys]
            yield Finding(alike.name, PROBABLE, Severity.INFO, keys, pair.message)
        if len(pairs) > _PAIRS:
            more = f"{len(pairs) - _PAIRS} more pairs are probably the same"
            yield Finding(alike.name, PROBABLE, Severity.INFO, len(pairs) - _PAIRS, more)

    def _remember(self, models: Sequence[BaseModel]) -> None:
        """Keep what probable duplicates are told by, once for each key."""
        alike = self.spec.resembles
        assert alike is not None  # noqa: S101 - asked before the call
        fields = (*self.spec.key, alike.name, *alike.evidence)
        for model in models:
            row = {field: getattr(model, field) for field in fields}
            self._alike.setdefault(tuple(row[field] for field in self.spec.key), row)

    def _drifts(self) -> list[Drift]:
        return [] if self._watch is None else self._watch.drifts()

    def _action(self, drift: Drift) -> DriftAction:
        return DriftAction.IGNORE if self._watch is None else self._watch.action(drift)

    def _drift(self, drift: Drift) -> dict[str, Any]:
        return {**drift.as_dict(), "action": self._action(drift).value}


def _compiled(spec: EntitySpec, settings: EntitySettings) -> CompiledRules[Any]:
    """Return the rules of the source and of the configuration; of two with one name the configured one counts."""
    rules: dict[str, Any] = dict(spec.rules)
    for field, added in settings.rules.fields.items():
        given = rules.get(field, ())
        names = {rule.name for rule in added}
        kept = [given] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
        rules[field] = (*(rule for rule in kept if getattr(rule, "name", rule) not in names), *added)
    configured = [declaration.bind(spec.model) for declaration in settings.rules.rows]
    replaced = {(rule.name, rule.subject) for rule in configured}
    row_rules = [rule for rule in spec.row_rules if (rule.name, rule.subject) not in replaced]
    return compile_rules(spec.model, rules, row_rules=[*row_rules, *configured], for_store=True)


def _fields_read(model: type[BaseModel]) -> set[str]:
    """Return the names at the top level of a raw row that a model looks at."""
    properties = model.model_json_schema(mode="validation", by_alias=True).get("properties", {})
    names = {*properties, *model.model_fields}
    for info in model.model_fields.values():
        alias = info.validation_alias
        for choice in getattr(alias, "choices", [alias]):
            path = getattr(choice, "path", [choice])
            names.update(part for part in path[:1] if isinstance(part, str))
    return names
