"""Rules on a table as a whole: how many rows, how unique, how complete, how different from the last run."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from headgate.errors import ConfigError
from headgate.quality.findings import Finding
from headgate.quality.profile import TableProfile, TableProfiler, key_name
from headgate.quality.rule import Severity, as_severity
from headgate.quality.suggest import suggestion

WHOLE_TABLE = "(table)"
"""The field of a finding that is about the table as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule(ABC):
    """Base of the rules on a table: a severity, and a verdict on what was counted.

    A finding of severity ``error`` or ``critical`` holds the run: a table has no single row to refuse.

    Args:
        severity: ``info``, ``warning``, ``error`` or ``critical``; a string will do.
    """

    name: ClassVar[str]
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        """Refuse a severity that does not exist."""
        object.__setattr__(self, "severity", as_severity(self.severity, where=f"Table rule '{self.name}'"))

    @property
    def subject(self) -> str:
        """The field that a finding names."""
        return WHOLE_TABLE

    @abstractmethod
    def judge(self, table: TableProfile, earlier: TableProfile | None) -> Finding | None:
        """Return what is wrong with a table, or ``None``.

        Args:
            table: What was counted in this run.
            earlier: What was counted in the last run that was applied; none: this is the first.
        """

    def _finding(self, value: float, message: str) -> Finding:
        return Finding(self.subject, self.name, self.severity, value, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount(TableRule):
    """``row_count``: at least ``least`` rows, at most ``most``, and not more than ``change`` from the last run.

    Args:
        least: Fewest rows.
        most: Most rows; none: no limit.
        change: Largest change from the last run, as a share of its rows; none: not compared.
        severity: What a finding does.
    """

    name: ClassVar[str] = "row_count"
    least: int = 0
    most: int | None = None
    change: float | None = None

    def judge(self, table: TableProfile, earlier: TableProfile | None) -> Finding | None:
        """Compare the number of rows."""
        if table.rows < self.least:
            return self._finding(table.rows, f"{table.rows} rows are fewer than the {self.least} demanded")
        if self.most is not None and table.rows > self.most:
            return self._finding(table.rows, f"{table.rows} rows are more than the {self.most} allowed")
        if self.change is not None and earlier is not None and earlier.rows:
            change = table.rows / earlier.rows - 1
            if abs(change) > self.change:
                message = (
                    f"{table.rows} rows after {earlier.rows} is a change of {change:+.1%}, more than {self.change:.1%}"
                )
                return self._finding(change, message)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(TableRule):
    """``unique``: no two rows with the same values in ``fields``."""

    name: ClassVar[str] = "unique"
    fields: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The fields, joined."""
        return key_name(self.fields)

    def judge(self, table: TableProfile, earlier: TableProfile | None) -> Finding | None:  # noqa: ARG002 - the base's signature
        """Count the repetitions."""
        repeated = table.repeated.get(self.subject, 0)
        return self._finding(repeated, f"{repeated} rows repeat an earlier row's values") if repeated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NullShare(TableRule):
    """``null_share``: at most a share of ``most`` of the rows has no value in ``field``."""

    name: ClassVar[str] = "null_share"
    field: str
    most: float

    @property
    def subject(self) -> str:
        """The field."""
        return self.field

    def judge(self, table: TableProfile, earlier: TableProfile | None) -> Finding | None:  # noqa: ARG002 - the base's signature
        """Compare the share."""
        share = table.null_share(self.field)
        return (
            self._finding(share, f"{share:.1%} have no value, more than {self.most:.1%}") if share > self.most else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(TableRule):
    """``distribution``: the values of ``field`` are spread as in the last run, give or take ``shift``.

    Args:
        field: The field.
        shift: Largest total variation distance, 0 to 1: roughly, the share of rows that may have another value.
        severity: What a finding does.
    """

    name: ClassVar[str] = "distribution"
    field: str
    shift: float

    @property
    def subject(self) -> str:
        """The field."""
        return self.field

    def judge(self, table: TableProfile, earlier: TableProfile | None) -> Finding | None:
        """Compare with the last run; there is nothing to say about the first."""
        if earlier is None:
            return None
        shift = table.shift(self.field, earlier)
        if shift <= self.shift or math.isclose(shift, self.shift):
            return None
        return self._finding(shift, f"{shift:.1%} of the values are spread otherwise than in the last run")


TABLE_RULES: dict[str, type[TableRule]] = {rule.name: rule for rule in (RowCount, Unique, NullShare, Distribution)}
"""The rules on tables, by name."""


def profiler_for(rules: Iterable[TableRule], model_fields: Iterable[str]) -> TableProfiler:
    """Return a profiler that counts what the rules ask for.

    Raises:
        ConfigError: A rule names a field that the model does not have.
    """
    rules, known = list(rules), set(model_fields)
    nulls = [rule.field for rule in rules if isinstance(rule, NullShare)]
    values = [rule.field for rule in rules if isinstance(rule, Distribution)]
    keys = [rule.fields for rule in rules if isinstance(rule, Unique)]
    for name in (*nulls, *values, *(name for key in keys for name in key)):
        if name not in known:
            raise ConfigError(
                f"A table rule names the field '{name}', which the model does not have.",
                hint=f"{suggestion(name, known)}Its fields are: {', '.join(sorted(known))}.",
            )
    return TableProfiler(nulls=nulls, values=values, keys=keys)


def judge_table(rules: Iterable[TableRule], table: TableProfile, earlier: TableProfile | None = None) -> list[Finding]:
    """Return what the rules find on a table."""
    return [finding for rule in rules if (finding := rule.judge(table, earlier)) is not None]
