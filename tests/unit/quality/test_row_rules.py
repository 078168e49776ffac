"""The built-in rules on rows, in code."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality import (
    Between,
    Compare,
    Implies,
    Present,
    RequiredTogether,
    RowRule,
    Severity,
    SumOf,
    compile_rules,
)


class Division(Enum):
    """An enum that is no text itself."""

    ONE = "I"
    TWO = "II"


class School(BaseModel):
    """A row with fields that depend on each other."""

    opened: date | None = None
    closed: date | None = None
    division: Division | None = None
    conference: str | None = None
    independent: bool = False
    men: float | None = None
    women: float | None = None
    total: float | None = None


def broken(rule: RowRule, **values: Any) -> str | None:
    """Return the message of the rule on such a row."""
    result = compile_rules(School, row_rules=[rule]).process([values])
    return result.invalid[0].reasons[0].message if result.invalid else None


@pytest.mark.parametrize(
    ("by", "opened", "closed", "good"),
    [
        ("<", "2020-01-01", "2020-01-02", True),
        ("<", "2020-01-02", "2020-01-02", False),
        ("<=", "2020-01-02", "2020-01-02", True),
        (">", "2020-01-02", "2020-01-02", False),
        (">=", "2020-01-03", "2020-01-02", True),
        ("==", "2020-01-03", "2020-01-02", False),
        ("!=", "2020-01-03", "2020-01-02", True),
        ("<", "2020-01-03", None, True),
        ("<", None, None, True),
    ],
)
def test_two_fields_are_compared(by: str, opened: str | None, closed: str | None, *, good: bool) -> None:
    """Each comparison says what Python says, and a field without a value is not compared."""
    assert (broken(Compare("opened", by, "closed"), opened=opened, closed=closed) is None) == good


def test_fields_that_belong_together() -> None:
    """All of them or none; blank text is no value."""
    rule = RequiredTogether(["conference", "division"])
    assert broken(rule) is None
    assert broken(rule, conference="Ivy", division="I") is None
    assert broken(rule, conference=" ", division="I") == (
        "conference and division must all have a value, or none of them"
    )


def test_some_of_several() -> None:
    """At least so many and at most so many have a value."""
    exactly = Present(["men", "women"], 1, 1)
    assert broken(exactly, men=0) is None
    assert broken(exactly) == "exactly 1 of men, women must have a value"
    assert broken(exactly, men=1, women=2) is not None
    assert broken(Present(["men", "women"])) == "at least 1 of men, women must have a value"
    assert broken(Present(["men", "women", "total"], 1, 2), men=1, women=1, total=2) is not None


def test_a_rule_about_some_rows_only() -> None:
    """A school of Division I has a conference unless it is independent; an enum is told by its value, too."""
    for division in (Division.ONE, "I"):
        rule = Present(["conference"], when={"division": division}, unless={"independent": True})
        assert broken(rule, division="II") is None
        assert broken(rule, division="I", conference="Ivy") is None
        assert broken(rule, division="I", independent=True) is None
        assert broken(rule, division="I") == (
            "where division is 'I', conference is missing, unless independent is True"
        )


def test_one_thing_implies_another() -> None:
    """What must hold where something holds: a value, one of several, a rule, or nothing at all."""
    rule = Implies(when={"division": ["I", "II"]}, then={"total": Between(500, 1000)})
    assert broken(rule) is None
    assert broken(rule, division="I", total=600) is None
    assert broken(rule, division="I") is not None
    assert broken(rule, division="II", total=5) == (
        "where division is one of 'I', 'II', total must be a number from 500 to 1000"
    )
    alone = Implies(when={"independent": True}, then={"conference": None})
    assert broken(alone, independent=True, conference="Ivy") == "where independent is True, conference must be missing"
    assert broken(alone, independent=True) is None


def test_a_sum() -> None:
    """A total is the sum of its parts, give or take; what binary fractions cannot say is no difference."""
    rule = SumOf("total", ["men", "women"])
    assert broken(rule, men=0.1, women=0.2, total=0.3) is None
    assert broken(rule, men=1, women=2) is None
    assert broken(rule, men=1, women=2, total=4) == "total must be the sum of men, women"
    assert broken(SumOf("total", ["men", "women"], 1), men=1, women=2, total=4) is None


def test_what_a_finding_names() -> None:
    """Field and value of a finding are those of all fields that the rule looks at."""
    rule = Present(["conference"], when={"division": "I"}, severity="warning")
    [flagged] = compile_rules(School, row_rules=[rule]).process([{"division": "I"}]).flagged
    [finding] = flagged.findings
    assert (finding.field, finding.rule, finding.severity) == ("conference, division", "present", Severity.WARNING)
    assert finding.value == {"conference": None, "division": Division.ONE}


def test_values_that_cannot_be_compared_are_a_finding() -> None:
    """A comparison that raises refuses the row, with the rule to blame."""
    message = broken(Compare("opened", "<", "conference"), opened="2020-01-01", conference="Ivy")
    assert message == "rule 'compare' could not judge this value, it raised TypeError"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Compare("a", "=", "b"), "'='"),
        (lambda: RequiredTogether(["a"]), "required_together"),
        (lambda: RequiredTogether("ab"), "'ab'"),
        (lambda: Present([]), "present"),
        (lambda: Present(["a"], 2), "least 2"),
        (lambda: Present(["a", "b"], 1, 0), "most 0"),
        (lambda: Implies({}, {"a": 1}), "when and then"),
        (lambda: Implies({"a": 1}, {}), "when and then"),
        (lambda: SumOf("a", []), "sum_of"),
        (lambda: SumOf("a", ["b"], -1), "-1"),
        (lambda: Compare("a", "<", "b", severity="bad"), "bad"),
    ],
)
def test_arguments_that_make_no_sense(make: Any, words: str) -> None:
    """What could never be judged is a configuration error."""
    with pytest.raises(ConfigError, match=words):
        make()


def test_a_field_that_is_not_there() -> None:
    """A rule on a field that the model does not have is refused, with the nearest one; a property is one."""
    with pytest.raises(ConfigError, match="'opend'") as caught:
        compile_rules(School, row_rules=[Compare("opend", "<", "closed")])
    assert "Did you mean 'opened'?" in str(caught.value.hint)

    class Named(School):
        @property
        def label(self) -> str:
            return f"{self.conference}"

    assert compile_rules(Named, row_rules=[Present(["label"])]).process([{}]).valid
