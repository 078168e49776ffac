"""Raw rows in, valid models and refused rows out."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import AliasPath, BaseModel, ConfigDict, Field, model_validator

from headgate.errors import ConfigError
from headgate.quality import (
    WHOLE_ROW,
    DataQualityValidator,
    FindingKind,
    NotEmpty,
    RowRule,
    Severity,
    ValidationRule,
    compile_rules,
    stream_batches,
    stream_batches_async,
    validate_and_process_batch,
)
from headgate.testing.clock import FakeClock


class School(BaseModel):
    """A frozen model with an alias, a path and an annotated rule."""

    model_config = ConfigDict(frozen=True)

    org_id: int = Field(alias="orgId")
    name: Annotated[str, NotEmpty()]
    email: str | None = None
    state: str | None = Field(None, validation_alias=AliasPath("address", "state"))


def row(**changes: Any) -> dict[str, Any]:
    """Return a good raw row with some values changed."""
    return {"orgId": 5, "name": "Fairleigh", "email": "a@b.org", "address": {"state": "NJ"}, **changes}


RULES = {"email": "valid_email", "state": ["us_state"], "org_id": ["positive_number"]}


def test_good_and_bad_rows_part() -> None:
    """Models on one side, refused rows with their reasons on the other, both in order."""
    rows = [row(), row(name=""), row(orgId="6"), row(orgId="six"), row(orgId=7)]
    valid, invalid = validate_and_process_batch(rows, School, RULES)
    assert [model.org_id for model in valid] == [5, 6, 7]
    assert [(item.index, item.row) for item in invalid] == [(1, rows[1]), (3, rows[3])]
    assert [reason.rule for item in invalid for reason in item.reasons] == ["not_empty", "model.int_parsing"]


def test_every_reason_is_kept() -> None:
    """What the model refuses does not hide what the rules find on other fields; values are judged as parsed."""
    [item] = validate_and_process_batch(
        [row(orgId=None, name=" ", email="x", address={"state": "nj"})], School, RULES
    ).invalid
    assert [(reason.field, reason.rule) for reason in item.reasons] == [
        ("org_id", "model.int_type"),
        ("name", "not_empty"),
        ("email", "valid_email"),
        ("state", "us_state"),
    ]
    [item] = validate_and_process_batch([row(orgId="6", name=None)], School, RULES).invalid
    assert [reason.field for reason in item.reasons] == ["name"]


def test_a_warning_never_drops_a_row() -> None:
    """It is reported beside the valid row."""
    rule = ValidationRule("short", lambda value: len(value) < 5, "is long", "warning")
    result = validate_and_process_batch([row(name="abc"), row()], School, {"name": [rule]})
    assert len(result.valid) == 2
    assert not result.invalid
    [flagged] = result.flagged
    assert (flagged.index, flagged.findings[0].message) == (1, "is long")
    assert not result.critical


def test_an_error_never_lets_a_row_through() -> None:
    """Not even when a warning was found on the same row, and the item has both."""
    rules = [ValidationRule("w", lambda _: False, "w", "warning"), ValidationRule("e", lambda _: False, "e")]
    result = validate_and_process_batch([row()], School, {"name": rules})
    assert not result.valid
    assert [reason.severity for reason in result.invalid[0].reasons] == [Severity.WARNING, Severity.ERROR]
    assert result.invalid[0].severity is Severity.ERROR


def test_a_critical_finding_marks_the_batch() -> None:
    """The pipeline holds the run on it."""
    result = validate_and_process_batch(
        [row()], School, {"name": [ValidationRule("c", lambda _: False, "c", "critical")]}
    )
    assert result.critical
    assert result.invalid[0].severity is Severity.CRITICAL


@pytest.mark.parametrize("error", [ValueError, StopIteration, RecursionError, MemoryError])
def test_a_rule_that_raises_harms_no_other_row(error: type[Exception]) -> None:
    """Whatever it raises and wherever: first, middle, next to each other, last."""

    def judge(value: int) -> bool:
        if value in (0, 3, 4, 9):
            raise error
        return value != 6

    rows = [row(orgId=number) for number in range(10)]
    valid, invalid = validate_and_process_batch(rows, School, {"org_id": [ValidationRule("odd", judge, "six")]})
    assert [model.org_id for model in valid] == [1, 2, 5, 7, 8]
    assert [(item.index, item.reasons[0].kind is FindingKind.RULE_RAISED) for item in invalid] == [
        (0, True),
        (3, True),
        (4, True),
        (6, False),
        (9, True),
    ]


def test_a_verdict_whose_truth_raises_is_a_finding() -> None:
    """As an array's does."""

    class Array:
        def __bool__(self) -> bool:
            raise ValueError

    _, invalid = validate_and_process_batch(
        [row()], School, {"name": [ValidationRule("array", lambda _: Array(), "m")]}
    )
    assert invalid[0].reasons[0].kind is FindingKind.RULE_RAISED


def test_a_model_that_raises_harms_no_other_row() -> None:
    """A validator of the model that fails in its own way is a finding, not a crash."""

    class Fragile(BaseModel):
        n: int

        @model_validator(mode="before")
        @classmethod
        def look(cls, data: Any) -> Any:
            return {"n": 10 // data["n"]}

    valid, invalid = validate_and_process_batch([{"n": 5}, {"n": 0}, {}, 3, {"n": 2}], Fragile)
    assert [model.n for model in valid] == [2, 5]
    assert [item.reasons[0].rule for item in invalid] == ["model.raised"] * 3
    assert "ZeroDivisionError" in invalid[0].reasons[0].message


def test_rows_that_are_no_objects_are_refused_in_words() -> None:
    """A person understands the reason."""
    _, invalid = validate_and_process_batch([None, 5, "text", [1, 2]], School)
    assert [item.reasons[0].message for item in invalid] == [
        f"must be an object with fields, not {name}" for name in ("NoneType", "int", "str", "list")
    ]
    assert {item.reasons[0].field for item in invalid} == {WHOLE_ROW}


def test_refused_rows_are_stamped_with_the_clock() -> None:
    """In UTC."""
    clock = FakeClock()
    [item] = validate_and_process_batch([None], School, clock=clock).invalid
    assert item.timestamp == datetime.fromtimestamp(clock.time(), UTC)


def test_the_input_is_not_changed() -> None:
    """Neither the list nor the rows in it."""
    rows = [row(), row(name=""), {"orgId": []}, None]
    before = copy.deepcopy(rows)
    validate_and_process_batch(rows, School, RULES)
    assert rows == before


def test_row_rules_judge_several_fields_together() -> None:
    """They see the validated model, and rows that the model refuses are not shown to them."""
    rule = RowRule(
        "named_by_id", lambda school: school.name == str(school.org_id), "must agree", fields=("org_id", "name")
    )
    compiled = compile_rules(School, row_rules=[rule])
    valid, invalid = compiled.process([row(orgId=1, name="1"), row(orgId=1, name="2"), {}])
    assert len(valid) == 1
    assert invalid[0].reasons[0].field == "org_id, name"
    assert invalid[0].reasons[0].value == {"org_id": 1, "name": "2"}
    assert len(invalid) == 2


def test_a_given_rule_replaces_an_annotated_one_of_its_name() -> None:
    """So that a deployment can soften what the model says."""
    result = validate_and_process_batch([row(name="")], School, {"name": [NotEmpty("warning")]})
    assert len(result.valid) == len(result.flagged) == 1


def test_a_validators_bound_rules_are_used() -> None:
    """With no rules given, those it has bound to fields apply."""
    validator = DataQualityValidator()
    validator.add_rule(ValidationRule("no", lambda _: False, "no"), fields=["email"])
    assert validate_and_process_batch([row()], School, validator=validator).invalid[0].reasons[0].rule == "no"


@pytest.mark.parametrize("rules", [{"nam": "not_empty"}, {"name": "not_emty"}, {"name": ["between"]}])
def test_misspelt_rules_and_fields_are_found_before_the_first_row(rules: dict[str, Any]) -> None:
    """Even when there is no row at all."""
    with pytest.raises(ConfigError):
        validate_and_process_batch([], School, rules)


def test_what_is_no_finished_model_is_a_configuration_error() -> None:
    """A plain class, an instance, and a model that names a type nobody defined."""

    class Unfinished(BaseModel):
        other: Nowhere  # type: ignore[name-defined]  # noqa: F821 - that is the point

    for model in (dict, School.model_construct(), Unfinished):
        with pytest.raises(ConfigError):
            validate_and_process_batch([], model)  # type: ignore[type-var, arg-type]


def test_a_stream_counts_positions_over_all_chunks() -> None:
    """Chunks do not show in the outcome."""
    rows = [row(orgId=number, name="" if number % 7 == 0 else "x") for number in range(30)]
    compiled = compile_rules(School)
    results = list(stream_batches(iter(rows), compiled, chunk_rows=4))
    assert [result.rows for result in results] == [4] * 7 + [2]
    assert [item.index for result in results for item in result.invalid] == [0, 7, 14, 21, 28]


async def test_an_async_stream_does_the_same() -> None:
    """From a list or from an async iterator, with the same outcome."""
    rows = [row(orgId=number, name="" if number % 7 == 0 else "x") for number in range(30)]
    compiled = compile_rules(School)

    async def source() -> AsyncIterator[Any]:
        for item in rows:
            yield item

    for given in (rows, source()):
        indices = [
            item.index
            async for result in stream_batches_async(given, compiled, chunk_rows=4)
            for item in result.invalid
        ]
        assert indices == [0, 7, 14, 21, 28]


class Anything(BaseModel):
    """A model that minds nothing."""

    value: Any


def nested(levels: int) -> list[Any]:
    """Return a list in a list, and so on."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    ["\ud800", "a\0b", float("nan"), float("-inf"), 2**63, -(2**63) - 1, 10**5000, nested(100_000), {"\udfff": 1}],
    ids=["surrogate", "nul", "nan", "inf", "int64", "-int64", "enormous", "deep", "surrogate-key"],
)
def test_what_no_database_keeps_is_refused_before_the_store(value: Any) -> None:
    """The model takes it, the check for the store does not; the quarantine can still write the row down."""
    [item] = compile_rules(Anything, for_store=True).process([{"value": value}]).invalid
    assert item.reasons[0].field == "value"
    assert "cannot be stored" in item.reasons[0].message
    assert item.row_json().isascii()
    assert len(compile_rules(Anything).process([{"value": value}]).valid) == 1


@pytest.mark.parametrize(
    "value", [None, "é\U0001f600", "\\u0000", 2**63 - 1, 2**60, 1.5, b"\xff", {1: {2, 3}}, nested(150)]
)
def test_what_a_database_keeps_goes_on(value: Any) -> None:
    """The check for the store is about nothing else."""
    assert len(compile_rules(Anything, for_store=True).process([{"value": value}]).valid) == 1


def test_every_place_of_a_model_is_looked_at_before_the_store() -> None:
    """Typed fields, fields beyond those declared, and nested models."""

    class Inner(BaseModel):
        share: float | None = None

    class Outer(BaseModel):
        model_config = ConfigDict(extra="allow")
        share: Annotated[float, Field(ge=-1)] | None = None
        name: str | None = None
        inner: list[Inner] = []

    class Closed(Outer):
        model_config = ConfigDict(extra="ignore")

    nan = float("nan")
    good: list[dict[str, Any]] = [{}, {"share": 0.5}, {"name": "null"}, {"inner": [{"share": 1}, {}]}, {"more": 2**60}]
    bad: list[dict[str, Any]] = [{"share": float("inf")}, {"name": "\udc00"}, {"inner": [{"share": nan}]}]
    beyond: list[dict[str, Any]] = [{"more": nan}, {"more": {"deep": ["\ud800"]}}]
    for model, expected in ((Outer, bad + beyond), (Closed, bad)):
        result = compile_rules(model, for_store=True).process([*good, *bad, *beyond])
        assert [item.row for item in result.invalid] == expected
        assert [item.reasons[0].field for item in result.invalid] == [next(iter(row)) for row in expected]
