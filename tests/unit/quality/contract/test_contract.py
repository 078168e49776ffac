"""The shape of a payload, learned, compared and accepted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from headgate.quality.contract import (
    Contract,
    Drift,
    DriftAction,
    DriftKind,
    DriftPolicy,
    PayloadShape,
    ShapeLearner,
    compare,
    judge_drifts,
)

NOW = datetime(2026, 8, 31, tzinfo=UTC)


def row(number: int, **changes: Any) -> dict[str, Any]:
    """Return a row with an enum, a nested object, a list of objects and a field that is always null."""
    return {
        "id": number,
        "division": ("I", "II", "III")[number % 3],
        "name": f"School {number}",
        "share": 0.5,
        "address": {"state": "NJ", "zip": None},
        "sports": [{"code": "MBA", "level": 1}],
        "active": None,
        **changes,
    }


def rows(**changes: Any) -> list[dict[str, Any]]:
    """Return a hundred rows, the last one changed; a value of ``...`` takes the field away."""
    found = [row(number) for number in range(99)] + [row(99, **changes)]
    found[-1] = {name: value for name, value in found[-1].items() if value is not ...}
    return found


def shape(payload: list[Any]) -> PayloadShape:
    """Learn a payload."""
    learner = ShapeLearner()
    learner.add(payload)
    return learner.finish()


KNOWN = shape(rows())


def drifts(payload: list[Any], known: PayloadShape = KNOWN) -> list[Drift]:
    """Learn a payload in two batches and compare it with what is known."""
    learner = ShapeLearner()
    learner.add(payload[:30])
    learner.add(payload[30:])
    return compare(known, learner.finish(), learner)


def test_a_payload_is_learned() -> None:
    """Paths into objects and lists, types, enums, and what is always there."""
    fields = KNOWN.fields
    assert KNOWN.rows == 100
    assert list(fields) == [
        "id", "division", "name", "share", "address", "sports", "active",
        "address.state", "address.zip", "sports[].code", "sports[].level",
    ]  # fmt: skip
    assert fields["division"].enum == {"I", "II", "III"}
    assert fields["name"].enum is fields["address.state"].enum is None
    assert fields["sports[].level"].types == {"integer": 100}
    assert fields["active"].null_share == 1
    assert all(field.required for field in fields.values())
    assert not shape([{"a": 1}, {}]).fields["a"].required


def test_the_same_payload_has_no_drift() -> None:
    """Nor one with fewer rows, an integer for a number, or none at all."""
    assert drifts(rows()) == []
    assert drifts(rows()[:5]) == []
    assert drifts(rows(share=1)) == []
    assert drifts([]) == []


@pytest.mark.parametrize(
    ("changes", "kind", "path", "breaking"),
    [
        ({"motto": "x"}, DriftKind.NEW_FIELD, "motto", False),
        (
            {"address": {"state": "NJ", "zip": None, "county": {"fips": 1}}},
            DriftKind.NEW_FIELD,
            "address.county",
            False,
        ),
        ({"active": True}, DriftKind.NEW_FIELD, "active", False),
        ({"name": ...}, DriftKind.MISSING_FIELD, "name", True),
        ({"address": {"state": "NJ"}}, DriftKind.MISSING_FIELD, "address.zip", True),
        ({"sports": [{"code": "MBA", "level": 1}, {"level": 1}]}, DriftKind.MISSING_FIELD, "sports[].code", True),
        ({"id": "99"}, DriftKind.CHANGED_TYPE, "id", True),
        ({"id": 9.5}, DriftKind.CHANGED_TYPE, "id", True),
        ({"sports": [{"code": 5, "level": 1}]}, DriftKind.CHANGED_TYPE, "sports[].code", True),
        ({"division": "IV"}, DriftKind.UNKNOWN_VALUE, "division", True),
        ({"name": None}, DriftKind.NULLS, "name", False),
    ],
)
def test_each_change_is_classified_with_the_row_that_shows_it(
    changes: dict[str, Any], kind: DriftKind, path: str, breaking: bool
) -> None:
    """And only that row shows it."""
    payload = rows(**changes)
    [drift] = drifts(payload)
    assert (drift.kind, drift.path, drift.kind.breaking) == (kind, path, breaking)
    assert [found for found in payload if drift.shown_by(found)] == [payload[-1]]
    assert drift.sample is payload[-1]
    assert json.dumps(drift.as_dict())


def test_an_object_that_became_a_text_is_one_drift() -> None:
    """Its fields are not reported missing one by one."""
    assert [(drift.kind, drift.path) for drift in drifts(rows(address="Teaneck"))] == [
        (DriftKind.CHANGED_TYPE, "address")
    ]


def test_a_renamed_field_is_missing_and_new() -> None:
    """The breaking half comes first."""
    payload = [{("title" if name == "name" else name): value for name, value in row(n).items()} for n in range(60)]
    assert [(drift.kind, drift.path, drift.rows) for drift in drifts(payload)] == [
        (DriftKind.MISSING_FIELD, "name", 60),
        (DriftKind.NEW_FIELD, "title", 60),
    ]


def test_an_enum_that_dissolves_is_a_drift() -> None:
    """More values than any enum has."""
    [drift] = drifts([row(number, division=f"D{number}") for number in range(60)])
    assert (drift.kind, drift.path) == (DriftKind.UNKNOWN_VALUE, "division")
    assert drift.shown_by(row(1, division="IV"))
    assert not drift.shown_by(row(1))


def test_an_accepted_drift_is_no_drift_any_more() -> None:
    """The next version knows both shapes, and survives being kept as JSON."""
    for changes in ({"motto": "x"}, {"name": ...}, {"id": "99"}, {"division": "IV"}, {"active": True}):
        payload = rows(**changes)
        contract = Contract("schools", 1, NOW, KNOWN).accept(shape(payload), NOW)
        kept = Contract.from_dict(json.loads(json.dumps(contract.as_dict())))
        assert kept == contract
        assert kept.version == 2
        assert drifts(payload, kept.shape) == []


def test_a_field_that_is_gone_for_good_can_be_accepted() -> None:
    """It becomes optional; one that came becomes required."""
    gone = [{"id": number, "motto": "x"} for number in range(60)]
    accepted = Contract("schools", 1, NOW, KNOWN).accept(shape(gone), NOW).shape
    assert drifts(gone, accepted) == []
    assert not accepted.fields["name"].required
    assert accepted.fields["motto"].required


def test_a_map_with_arbitrary_keys_is_not_a_thousand_fields() -> None:
    """Its keys are neither kept nor compared."""
    maps = [{"id": number, "by_year": {str(number): 1, str(number + 1): 2}} for number in range(3000)]
    learned = shape(maps)
    assert list(learned.fields) == ["id", "by_year"]
    assert drifts([{"id": 1, "by_year": {"x": "y"}}], learned) == []


def test_the_policy_decides_what_happens() -> None:
    """Rows are refused with the value that broke the contract, or the run is held, or it is only said."""
    payload = rows(id="99", motto="x")
    found = drifts(payload)
    verdict = judge_drifts(found, payload)
    assert [drift.path for drift in verdict.warned] == ["motto"]
    assert not verdict.holding
    [(position, [finding])] = verdict.refused.items()
    assert (position, finding.field, finding.rule, finding.value) == (99, "id", "contract.changed_type", "99")
    strict = DriftPolicy(changed_type=DriftAction.HOLD, new_field=DriftAction.IGNORE)
    verdict = judge_drifts(found, payload, strict)
    assert [drift.path for drift in verdict.holding] == ["id"]
    assert not verdict.warned
    assert not verdict.refused


def test_what_is_no_object_has_no_shape() -> None:
    """Anything at all can be learned from and asked about."""
    odd: list[Any] = [None, 5, "x", [1], {5: 1}, {"a": [[], [1], {}]}]
    assert set(shape(odd).fields) == {"5", "a"}
    found = drifts(rows(name=...))
    assert found
    assert not any(drift.shown_by(value) for drift in found for value in odd[:4])
