"""Rules on a table as a whole."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality.profile import OTHER, TableProfile, TableProfiler, value_text
from headgate.quality.table_rule import Distribution, NullShare, RowCount, TableRule, Unique, judge_table, profiler_for


class Division(StrEnum):
    """An enum."""

    ONE = "I"


class School(BaseModel):
    """A row."""

    org_id: int
    division: str | None = None
    size: Any = None


RULES: list[TableRule] = [
    RowCount(least=3, most=5, change=0.5),
    Unique(fields=("org_id",)),
    NullShare(field="division", most=0.25),
    Distribution(field="division", shift=0.3),
]


def profile(*schools: School) -> TableProfile:
    """Count some schools in two batches."""
    profiler = profiler_for(RULES, School.model_fields)
    profiler.add(schools[:1])
    profiler.add(schools[1:])
    return profiler.finish()


def some(*divisions: str | None) -> list[School]:
    """Return a school per division."""
    return [School(org_id=number, division=division) for number, division in enumerate(divisions)]


def found(table: TableProfile, earlier: TableProfile | None = None) -> list[str]:
    """Return the names of the rules that found something."""
    return [finding.rule for finding in judge_table(RULES, table, earlier)]


def test_a_good_table_is_found_good() -> None:
    """Within all bounds, on the first run and on the next."""
    table = profile(*some("I", "I", "II", None))
    assert found(table) == []
    assert found(table, table) == []


def test_row_counts() -> None:
    """Too few, too many, too different; nothing to compare with is no change."""
    assert found(profile(*some("I", "I"))) == ["row_count"]
    assert found(profile(*some(*"IIIIII"))) == ["row_count"]
    assert found(profile(*some("I", "I", "I")), TableProfile(rows=7)) == ["row_count", "distribution"]
    assert found(profile(*some("I", "I", "I")), TableProfile(rows=0)) == []


def test_repetitions_nulls_and_shifts() -> None:
    """Each rule finds its own and says how much."""
    table = profile(*some("I", None, "II"), School(org_id=0, division="II"))
    assert found(table) == ["unique"]
    assert found(profile(*some("I", None, None))) == ["null_share"]
    earlier = profile(*some("I", "I", "II", "II"))
    [finding] = judge_table(RULES, profile(*some("II", "II", "II", "II")), earlier)
    assert (finding.rule, finding.field, finding.value) == ("distribution", "division", 0.5)


def test_a_profile_survives_being_kept() -> None:
    """As JSON, for the next run."""
    table = profile(*some("I", None, "II"))
    assert TableProfile.from_dict(json.loads(json.dumps(table.as_dict()))) == table


def test_values_are_counted_by_kind() -> None:
    """Numbers by magnitude, whatever their size; enums by value; the count of different values is bounded."""
    assert [value_text(value) for value in (None, True, 0, 5, -5.0, 10**400, float("nan"), Division.ONE)] == [
        "None", "True", "0", "2^3", "-2^3", "2^1329", "nan", "I",
    ]  # fmt: skip
    profiler = TableProfiler(values=["size"])
    profiler.add([School(org_id=number, size=f"v{number}") for number in range(1500)])
    counts = profiler.finish().values["size"]
    assert len(counts) == 1001
    assert counts[OTHER] == 500


def test_an_unknown_field_is_a_configuration_error() -> None:
    """Before any row is counted."""
    with pytest.raises(ConfigError, match="divison"):
        profiler_for([NullShare(field="divison", most=0)], School.model_fields)
