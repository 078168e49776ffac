"""Rules by name, on one row."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality import WHOLE_ROW, DataQualityValidator, FindingKind, Severity, ValidationRule, load_rules
from headgate.quality.common import ALSO_NAMED, PLAIN_RULES


@pytest.fixture
def validator() -> DataQualityValidator:
    """A validator that knows the common rules."""
    validator = DataQualityValidator()
    validator.add_common_rules()
    return validator


def test_messages_come_by_field(validator: DataQualityValidator) -> None:
    """Every broken rule gives its message under its field; a good field is not mentioned."""
    row = {"name": " ", "email": "nobody", "size": 5}
    rules = {"name": ["not_empty"], "email": ["not_empty", "valid_email"], "size": "positive_number"}
    assert validator.validate(row, rules) == {
        "name": ["must not be empty"],
        "email": ["must be an e-mail address, such as info@example.org"],
    }


def test_a_field_without_a_rule_is_checked_by_none(validator: DataQualityValidator) -> None:
    """Nothing is bound until somebody binds it."""
    assert validator.validate({"name": "", "email": "nobody"}) == {}


def test_bound_rules_apply_when_none_are_given(validator: DataQualityValidator) -> None:
    """``add_rule`` with fields binds the rule to them."""
    validator.add_rule(ValidationRule("short", lambda value: len(value) < 3, "too long"), fields=["code"])
    assert validator.validate({"code": "abc"}) == {"code": ["too long"]}
    assert validator.validate({"code": "ab"}) == {}


def test_a_later_rule_of_the_same_name_replaces_the_earlier(validator: DataQualityValidator) -> None:
    """Fields bound to the name are judged by the new rule."""
    validator.add_rule(ValidationRule("code", lambda _: False, "old"), fields="code")
    validator.add_rule(ValidationRule("code", lambda _: False, "new"))
    assert validator.validate({"code": 1}) == {"code": ["new"]}


def test_a_missing_field_is_judged_as_none(validator: DataQualityValidator) -> None:
    """Only a rule about presence minds."""
    assert validator.validate({}, {"a": ["not_empty"], "b": ["valid_email"]}) == {"a": ["must not be empty"]}


def test_common_rules_are_known_before_they_are_added() -> None:
    """Their names are enough; a rule of one's own under such a name is stronger."""
    validator = DataQualityValidator()
    assert list(validator.validate({"email": "x"}, {"email": ["valid_email"]})) == ["email"]
    validator.add_rule(ValidationRule("valid_email", lambda _: False, "mine"))
    assert validator.validate({"email": "a@b.org"}, {"email": ["valid_email"]}) == {"email": ["mine"]}


@pytest.mark.parametrize("name", sorted(name for name, rule in ALSO_NAMED.items() if rule in PLAIN_RULES))
def test_rules_are_known_by_the_names_that_people_try(name: str) -> None:
    """``zip`` and ``valid_zip`` mean ``zip_code``, in code and in a file; the finding has the rule's own name."""
    [finding] = DataQualityValidator().check({"value": "?"}, {"value": name})
    assert finding.rule == ALSO_NAMED[name]
    assert load_rules({"fields": {"value": name}}, where="x").fields["value"][0].name == ALSO_NAMED[name]


def test_another_name_gives_way_to_a_rule_that_has_it(validator: DataQualityValidator) -> None:
    """Who calls a rule ``zip`` means that one; who replaced ``zip_code`` means the new one by each of its names."""
    validator.add_rule(ValidationRule("zip", lambda _: False, "mine"))
    validator.add_rule(ValidationRule("zip_code", lambda _: False, "new"))
    assert validator.validate({"a": 1}, {"a": ["zip", "valid_zip"]}) == {"a": ["mine", "new"]}


def test_an_unknown_rule_is_an_error_with_a_suggestion(validator: DataQualityValidator) -> None:
    """A misspelt name is found before any row is judged."""
    with pytest.raises(ConfigError, match="not_emty") as caught:
        validator.validate({}, {"name": ["not_emty"]})
    assert "'not_empty'" in (caught.value.hint or "")


def test_a_rule_that_needs_arguments_says_so(validator: DataQualityValidator) -> None:
    """``between`` by name alone cannot mean anything."""
    with pytest.raises(ConfigError) as caught:
        validator.validate({}, {"size": ["between"]})
    assert "arguments" in (caught.value.hint or "")


def test_a_rule_that_raises_is_a_finding_about_the_rule(validator: DataQualityValidator) -> None:
    """The row is not let through, and the message names the rule and what it raised."""
    validator.add_rule(ValidationRule("half", lambda value: 10 / value > 1, "too big", "critical"))
    [finding] = validator.check({"n": 0}, {"n": "half"})
    assert finding.kind is FindingKind.RULE_RAISED
    assert finding.severity is Severity.CRITICAL
    assert "'half'" in finding.message
    assert "ZeroDivisionError" in finding.message


@pytest.mark.parametrize("row", [None, 5, "text", [1], float("nan")])
def test_a_row_that_is_no_object_is_a_finding(validator: DataQualityValidator, row: Any) -> None:
    """Anything at all can be asked about."""
    assert list(validator.validate(row, {"name": "not_empty"})) == [WHOLE_ROW]


def test_a_model_can_be_checked_too(validator: DataQualityValidator) -> None:
    """The attributes of a model are its fields."""

    class School(BaseModel):
        name: str

    assert validator.validate(School(name=""), {"name": "not_empty"}) == {"name": ["must not be empty"]}


@pytest.mark.parametrize("severity", ["info", "Warning", "ERROR", Severity.CRITICAL])
def test_severities_can_be_written_as_words(severity: str) -> None:
    """In any case, and they become the real thing."""
    assert ValidationRule("r", bool, "m", severity).severity is Severity(severity.lower())


def test_impossible_rules_are_refused() -> None:
    """An unknown severity, no name, no function, and a coroutine that would always be true."""

    async def later(value: object) -> bool:
        return False

    for arguments in (("r", bool, "m", "fatal"), ("", bool, "m"), ("r", None, "m"), ("r", later, "m")):
        with pytest.raises(ConfigError):
            ValidationRule(*arguments)
