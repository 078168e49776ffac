"""What was found in a run, counted as the batches go by, with a few examples of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from headgate.quality.findings import BatchResult, Finding, InvalidItem
from headgate.quality.rule import Severity

EXAMPLES = 3
"""Examples kept of each thing found."""
_KINDS = 10_000
"""Different things counted one by one; what comes later is counted under one name."""

_ORDER = {severity: rank for rank, severity in enumerate(Severity)}
_list_index = re.compile(r"\.\d+(?=\.|$)")


class Counted(NamedTuple):
    """A thing that can be found: which rule on which field, and how bad it is. Places in a list are not told apart."""

    field: str
    rule: str
    severity: Severity


class EntityTally:
    """The rows and findings of one entity in one run.

    A row with several findings counts once, under its worst severity; each finding counts under its rule.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.invalid = 0
        self.duplicates = 0
        self.worst: Counter[Severity] = Counter()
        self.findings: Counter[Counted] = Counter()
        self.examples: dict[Counted, list[Finding]] = {}
        self.run_findings: list[Finding] = []

    def add(self, result: BatchResult[object]) -> None:  # type: ignore[type-var]  # any model will do
        """Count the outcome of a batch."""
        self.rows += result.rows
        self.refuse(result.invalid, new_rows=False)
        for flagged in result.flagged:
            self._count_row(flagged.findings)

    def refuse(self, items: Iterable[InvalidItem], *, new_rows: bool = True) -> None:
        """Count rows that were refused; ``new_rows`` says whether they were not yet counted as rows."""
        for item in items:
            self.rows += new_rows
            self.invalid += 1
            self._count_row(item.reasons)

    def count_rows(self, finding: Finding, rows: int, *, weighs: bool = False) -> None:
        """Count one thing found on many rows, which were counted as good before.

        Args:
            finding: What was found on each of them.
            rows: How many there are.
            weighs: Whether it weighs in the score; not of rows that :meth:`settle` counts as refused.
        """
        counted = self._counted(finding)
        self.findings[counted] += rows
        self.examples.setdefault(counted, [finding])
        self.worst[finding.severity] += rows if weighs else 0

    def settle(self, *, refused: int, duplicates: int) -> None:
        """Set the numbers that are known only when all rows were compared: those refused and those repeated.

        Both are among the rows that were counted as they came.
        """
        self.worst[Severity.ERROR] += refused - self.invalid
        self.invalid = refused
        self.duplicates = duplicates

    def add_duplicates(self, count: int) -> None:
        """Count rows that others stand for: they are rows, neither valid nor refused."""
        self.rows += count
        self.duplicates += count

    def add_run_findings(self, findings: Iterable[Finding]) -> None:
        """Add findings that are about no single row: of table rules, contracts and relationships."""
        self.run_findings.extend(findings)

    def _count_row(self, findings: Iterable[Finding]) -> None:
        worst = Severity.INFO
        for finding in findings:
            counted = self._counted(finding)
            self.findings[counted] += 1
            examples = self.examples.setdefault(counted, [])
            if len(examples) < EXAMPLES:
                examples.append(finding)
            worst = max(worst, finding.severity, key=_ORDER.__getitem__)
        self.worst[worst] += 1

    def _counted(self, finding: Finding) -> Counted:
        """Return what a finding is counted under."""
        counted = Counted(_list_index.sub("[]", finding.field), finding.rule, finding.severity)
        if counted not in self.findings and len(self.findings) >= _KINDS:
            return Counted("(other)", "(other)", finding.severity)
        return counted
