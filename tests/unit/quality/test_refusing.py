"""Rows that something beside the rules refuses."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel

from headgate.quality import Finding, Severity, ValidationRule, compile_rules
from headgate.quality.refusing import with_refused

NOW = datetime(2026, 8, 31, tzinfo=UTC)


class Thing(BaseModel):
    """A row with a number."""

    number: int


def test_each_row_ends_in_one_place_with_every_reason() -> None:
    """A good row, a flagged one and one that was refused already are refused; the others stay where they are."""
    big = ValidationRule("small", lambda number: number < 3, "is big", Severity.WARNING)
    rows = [{"number": 1}, {"number": "x"}, {"number": 5}, {"number": 2}, {"number": 4}]
    result = compile_rules(Thing, {"number": [big]}).process(rows, start=10)
    finding = Finding("number", "contract.changed_type", Severity.ERROR, None, "another type")
    refused = {0: (finding,), 1: (finding,), 2: (finding,)}
    outcome = with_refused(result, rows, refused, start=10, now=NOW)
    assert [thing.number for thing in outcome.valid] == [2, 4]
    assert [(item.index, [reason.rule for reason in item.reasons]) for item in outcome.invalid] == [
        (10, ["contract.changed_type"]),
        (11, ["model.int_parsing", "contract.changed_type"]),
        (12, ["small", "contract.changed_type"]),
    ]
    assert [row.index for row in outcome.flagged] == [14]
    assert with_refused(result, rows, {}, start=10, now=NOW) is result
