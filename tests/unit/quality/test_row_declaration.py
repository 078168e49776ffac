"""Rules on rows as the configuration file declares them."""

from __future__ import annotations

import tomllib
from datetime import date
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from headgate.errors import ConfigError
from headgate.quality import RowRule, Severity, compile_rules, load_rules

TOML = """
[[rows]]
rule = "compare"
left = "opened"
by = "<="
right = "closed"
severity = "warning"

[[rows]]
rule = "present"
name = "conference_of_division_one"
message = "a school of Division I has a conference"
fields = ["conference"]
when = { division = "I", opened = { rule = "date_range", earliest = 2000-01-01 } }
unless = { independent = true }

[[rows]]
rule = "implies"
when = { conference = { present = false }, division = { not = ["II", "III"] } }
then = { enrolment = [1, 2], opened = 2020-02-02 }
"""


class Division(Enum):
    """An enum that is no text itself."""

    ONE = "I"
    TWO = "II"
    THREE = "III"


class School(BaseModel, frozen=True):
    """A row with fields that depend on each other."""

    opened: date | None = None
    closed: date | None = None
    division: Division | None = None
    conference: str | None = None
    independent: bool = False
    enrolment: int | None = Field(default=None, ge=0)


def rules(toml: str, model: type[BaseModel] = School) -> list[RowRule]:
    """Return the row rules of a file, bound to a model."""
    loaded = load_rules(tomllib.loads(toml), where="quality.schools")
    return [declaration.bind(model) for declaration in loaded.rows]


def test_every_form_is_read() -> None:
    """Arguments, conditions of every form, a name, a message and a severity."""
    compare, present, implies = rules(TOML)
    assert (compare.name, compare.severity) == ("compare", Severity.WARNING)
    assert present.name == "conference_of_division_one"
    assert present.error_message == "a school of Division I has a conference"
    compiled = compile_rules(School, row_rules=[compare, present, implies])

    def found(**row: Any) -> list[str]:
        result = compiled.process([row])
        findings = result.invalid[0].reasons if result.invalid else [f for r in result.flagged for f in r.findings]
        return [finding.rule for finding in findings]

    assert found(opened="2020-01-01", closed="2019-01-01", conference="x") == ["compare"]
    assert found(opened="2020-01-01", division="I") == ["conference_of_division_one", "implies"]
    assert found(opened="2020-01-01", division="I", independent=True) == ["implies"]
    assert found(opened="1999-01-01", division="I", conference="x") == []
    assert found(opened="2020-02-02", division="I", enrolment=2, independent=True) == []
    assert found(division="II") == []


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ('rows = "x"', "quality.schools.rows is no list", "[[quality.schools.rows]]"),
        ('[[rows]]\nrule = "implys"', "'implys'", "Did you mean 'implies'?"),
        ("[[rows]]\nleft = 1", "None, which does not exist", "compare, implies, present"),
        ('[[rows]]\nrule = "compare"\nleft = "opened"', "missing a required argument", "left, by, right"),
        ('[[rows]]\nrule = "present"\nfields = ["conferense"]', "'conferense'", "Did you mean 'conference'?"),
        (
            '[[rows]]\nrule = "present"\nfields = ["conference"]\nwhen = { divison = "I" }',
            "'divison', which School does not have",
            "Did you mean 'division'?",
        ),
        (
            '[[rows]]\nrule = "present"\nfields = ["conference"]\nwhen = { division = "IV" }',
            "compares 'division' with 'IV', which it can never be",
            "takes for this field",
        ),
        (
            '[[rows]]\nrule = "present"\nfields = ["conference"]\nunless = { enrolment = { not = -1 } }',
            "greater than or equal to 0",
            "takes for this field",
        ),
        (
            '[[rows]]\nrule = "present"\nfields = ["conference"]\nwhen = { division = { like = "I" } }',
            "rows.when.division is {'like': 'I'}, which is no condition",
            "{ present = true }",
        ),
        (
            '[[rows]]\nrule = "present"\nfields = ["conference"]\nwhen = { division = { rule = "betwen" } }',
            "rows.when.division names the rule 'betwen'",
            "Did you mean 'between'?",
        ),
        ('[[rows]]\nrule = "present"\nfields = ["conference"]\nwhen = "x"', "rows.when is str", "table"),
        ('[[rows]]\nrule = "present"\nfields = ["conference"]\nseverity = "bad"', "severity 'bad'", "Severities are"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_way_out(toml: str, message: str, hint: str) -> None:
    """A rule, a field, a value or a condition that cannot be is a configuration error that says where."""
    with pytest.raises(ConfigError) as caught:
        rules(toml)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_a_model_that_looks_at_all_its_fields() -> None:
    """Where a value cannot be parsed without the rest of the row, it is compared as it stands."""

    class Whole(School):
        @model_validator(mode="after")
        def _needs_all(self) -> Whole:
            if self.enrolment is None:
                message = "needs an enrolment"
                raise ValueError(message)
            return self

    [rule] = rules('[[rows]]\nrule = "present"\nfields = ["closed"]\nwhen = { conference = "Ivy" }', Whole)
    result = compile_rules(Whole, row_rules=[rule]).process([{"conference": "Ivy", "enrolment": 1}])
    assert [reason.rule for reason in result.invalid[0].reasons] == ["present"]
