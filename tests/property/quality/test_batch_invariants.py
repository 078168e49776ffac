"""What holds for every batch, whatever is in it."""

from __future__ import annotations

import copy
import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from headgate.quality import BatchResult, NotEmpty, RowRule, Severity, ValidationRule, compile_rules, stream_batches
from headgate.quality.batch import join
from headgate.quality.findings import M
from headgate.testing.strategies import almost_valid_rows, json_values, models, rows


class Division(StrEnum):
    """An enum with values that are no identifiers."""

    I = "I"  # noqa: E741 - the name that the upstream gives it
    II = "II"


class Address(BaseModel):
    """A nested model."""

    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    lines: list[str] = []


class School(BaseModel):
    """A bit of everything that models have."""

    model_config = ConfigDict(frozen=True, extra="allow")

    org_id: Annotated[int, Field(alias="orgId", ge=1, lt=10**6)]
    name: Annotated[str, NotEmpty(), Field(max_length=80)]
    division: Division | None = None
    kind: Literal["public", "private"] = "public"
    founded: date | None = None
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    address: Address | None = None
    campuses: Annotated[tuple[int, ...], Field(max_length=3)] = ()
    raw: Any = None


def half(value: Any) -> bool:
    """Raise for a zero, and judge the rest by chance."""
    return 1 / value > 2


COMPILED = compile_rules(
    School,
    {
        "name": ["trimmed", ValidationRule("critical", lambda value: value != "x", "is x", "critical")],
        "share": [ValidationRule("half", half, "too big", "warning")],
        "founded": "valid_date",
    },
    row_rules=[RowRule("named", lambda school: school.name != str(school.org_id), "named by its number", "info")],
    for_store=True,
)

anything = st.one_of(json_values, almost_valid_rows(School), rows(School))
batches = st.lists(anything, max_size=8)
relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def process(batch: list[Any], chunk_rows: int = 3) -> BatchResult[School]:
    """Judge a batch in small chunks."""
    return join(stream_batches(batch, COMPILED, chunk_rows=chunk_rows))


def shape(result: BatchResult[M]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return an outcome without its timestamps, comparable even where it holds NaN."""
    return [repr(model) for model in result.valid], [
        (item.index, [f"{reason.field} {reason.rule} {reason.message}" for reason in item.reasons])
        for item in result.invalid
    ]


@relaxed
@given(batches)
def test_every_row_ends_in_exactly_one_place_and_order_is_kept(batch: list[Any]) -> None:
    """Valid and invalid together are the input; the refused rows are the very rows that came."""
    result = process(batch)
    refused = [item.index for item in result.invalid]
    assert refused == sorted(set(refused))
    assert len(result.valid) + len(refused) == result.rows == len(batch)
    assert all(item.row is batch[item.index] for item in result.invalid)
    kept = [row for index, row in enumerate(batch) if index not in refused]
    assert [model.org_id for model in result.valid] == [School.model_validate(row).org_id for row in kept]


@relaxed
@given(batches)
def test_severity_decides_and_every_refusal_has_a_reason_in_words(batch: list[Any]) -> None:
    """A refused row has a reason that rejects, a flagged one has none; all of it can be written down."""
    result = process(batch)
    for item in result.invalid:
        assert any(reason.severity in (Severity.ERROR, Severity.CRITICAL) for reason in item.reasons)
        assert all(reason.message and reason.field and reason.rule for reason in item.reasons)
        assert json.dumps([reason.as_dict() for reason in item.reasons])
        assert item.row_json().isascii()
    for flagged in result.flagged:
        assert flagged.findings
        assert all(finding.severity in (Severity.INFO, Severity.WARNING) for finding in flagged.findings)


@relaxed
@given(batches, st.integers(1, 10))
def test_the_outcome_is_the_same_again_and_in_any_chunks(batch: list[Any], chunk_rows: int) -> None:
    """Judging is idempotent and chunks do not show."""
    assert shape(process(batch)) == shape(process(batch, chunk_rows))


@relaxed
@given(st.lists(st.one_of(almost_valid_rows(School), rows(School)), max_size=5))
def test_no_input_is_changed(batch: list[Any]) -> None:
    """Compared by representation, since NaN equals nothing."""
    before = copy.deepcopy(batch)
    process(batch)
    assert repr(batch) == repr(before)


@relaxed
@given(models(School))
def test_rows_made_for_a_model_are_taken_by_it(school: School) -> None:
    """The strategy meets aliases, constraints, enums and nested models."""
    assert isinstance(school, School)


def test_almost_valid_rows_are_sometimes_refused_and_sometimes_not() -> None:
    """Both can be found, or the strategy is worth nothing."""
    assert find(almost_valid_rows(School), lambda row: bool(process([row]).invalid))
    assert find(almost_valid_rows(School), lambda row: bool(process([row]).valid))
