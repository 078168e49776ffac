"""Nothing in this room raises for what is in a row, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.quality import DataQualityValidator, DuplicatePolicy, Winner, deduplicate
from headgate.quality.contract import Contract, ShapeLearner, compare, judge_drifts
from headgate.quality.plain import shorten, to_json
from headgate.quality.profile import value_text
from headgate.quality.relationship import Condition, Operator, Relationship, RelationshipTracker
from headgate.testing.clock import FakeClock
from headgate.testing.strategies import json_scalars, json_values

relaxed = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "name", "parent", "site"), json_values))
batches = st.lists(objects | json_values, max_size=8)


@relaxed
@given(json_values)
def test_any_value_has_a_text(value: Any) -> None:
    """Readable as JSON, and short where it has to be."""
    json.loads(to_json(value))
    assert len(shorten(value)) <= 120
    assert shorten(value).isascii() or shorten(value).endswith("…")
    assert value_text(value) is not None


@relaxed
@given(json_values)
def test_any_value_can_be_validated(value: Any) -> None:
    """By every common rule, which never raises."""
    validator = DataQualityValidator()
    validator.add_common_rules()
    rules = list(validator.rules)
    for finding in validator.check({"field": value}, {"field": rules}):
        assert "could not judge" not in finding.message
    validator.validate(value, {"field": rules})


@relaxed
@given(batches, batches)
def test_any_payload_has_a_shape_and_can_be_compared(first: list[Any], second: list[Any]) -> None:
    """A payload does not drift from itself, and what was accepted is no drift."""
    shapes = []
    for batch in (first, second):
        learner = ShapeLearner()
        learner.add(batch)
        shapes.append(learner.finish())
    known, seen = shapes
    assert compare(known, known) == []
    drifts = compare(known, seen, learner)
    judge_drifts(drifts, second)
    assert json.dumps([drift.as_dict() for drift in drifts])
    now = FakeClock().time()
    accepted = Contract("x", 1, now, known).accept(seen, now)  # type: ignore[arg-type]
    assert compare(accepted.shape, seen) == []


@relaxed
@given(batches, st.sampled_from([Winner.FIRST, Winner.LAST, Winner.QUARANTINE]))
def test_any_rows_can_be_deduplicated(rows: list[Any], winner: Winner) -> None:
    """And none is lost."""
    for key in (("id",), ("id", "name")):
        result = deduplicate(rows, DuplicatePolicy(key, winner))
        assert len(result.kept) + len(result.dropped) + len(result.refused) == len(rows)


@relaxed
@given(batches)
def test_any_rows_can_be_looked_through_for_probable_pairs(rows: list[Any]) -> None:
    """Names and evidence of any kind."""
    probable = pytest.importorskip("headgate.quality.probable", exc_type=ImportError)
    pytest.importorskip("rapidfuzz")
    for pair in probable.probable_duplicates(rows, key=["id"], name="name", evidence={"site": 0.5}, threshold=0.0):
        assert pair.left < pair.right
        assert 0 <= pair.score <= 1


@relaxed
@given(batches, json_scalars.filter(lambda value: value is not None))
def test_any_rows_can_be_followed(rows: list[Any], value: Any) -> None:
    """References and conditions of any kind."""
    link = Relationship(
        "link", "rows", ("parent",), "rows", ("id",), required=True, least=1, most=2,
        unless=(Condition("name", Operator.EQUALS, value),),
    )  # fmt: skip
    tracker = RelationshipTracker([link])
    tracker.add("rows", rows)
    for breach in tracker.breaches():
        assert breach.finding.message
