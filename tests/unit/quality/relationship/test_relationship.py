"""References between entities."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import ConfigError
from headgate.quality import Severity
from headgate.quality.relationship import (
    CheckKind,
    Condition,
    Operator,
    OrphanPolicy,
    Relationship,
    RelationshipTracker,
    plan_checks,
    refuse_unknown_names,
)


def link(**changes: Any) -> Relationship:
    """Return the relationship of schools and conferences."""
    return Relationship("membership", "schools", ("conference",), "conferences", ("id",), **changes)


def breaches(
    relationship: Relationship, schools: list[dict[str, Any]], conferences: list[int]
) -> list[tuple[CheckKind, Any]]:
    """Check some schools, batch by batch, children first."""
    tracker = RelationshipTracker([relationship])
    for school in schools:
        tracker.add("schools", [school])
    tracker.add("conferences", [{"id": number} for number in conferences])
    return [(breach.kind, breach.row or breach.reference) for breach in tracker.breaches()]


def test_missing_parents_are_found_whatever_the_order() -> None:
    """A null is no reference; children may come before their parents."""
    schools = [{"id": 1, "conference": 7}, {"id": 2, "conference": 8}, {"id": 3, "conference": None}]
    assert breaches(link(), schools, [7]) == [(CheckKind.ORPHAN, schools[1])]
    assert breaches(link(required=True), schools, [7, 8]) == [(CheckKind.NO_REFERENCE, schools[2])]


def test_parents_in_the_database_count() -> None:
    """Only those that are missing in the run are asked for."""
    tracker = RelationshipTracker([link()])
    tracker.add("schools", [{"conference": 7}, {"conference": 8}, {"conference": 9}])
    tracker.add("conferences", [{"id": 7}])
    assert tracker.wanted() == {"membership": {(8,), (9,)}}
    assert [breach.reference for breach in tracker.breaches({"membership": {(8,)}})] == [(9,)]


def test_a_condition_limits_whom_it_is_about() -> None:
    """A Division I school has a conference unless it is independent."""
    conditional = link(
        required=True,
        when=(Condition("division", Operator.EQUALS, "I"),),
        unless=(Condition("independent", Operator.EQUALS, True),),
    )
    schools = [
        {"id": 1, "division": "I", "independent": False, "conference": None},
        {"id": 2, "division": "I", "independent": True, "conference": None},
        {"id": 3, "division": "II", "independent": False, "conference": None},
        {"id": 4, "division": None, "independent": False, "conference": 99},
    ]
    assert breaches(conditional, schools, []) == [(CheckKind.NO_REFERENCE, schools[0])]


def test_children_are_counted() -> None:
    """Too few and too many for a parent."""
    schools = [{"conference": number} for number in (1, 1, 1, 2)]
    assert breaches(link(least=1, most=2), schools, [1, 2, 3]) == [
        (CheckKind.TOO_MANY, (1,)),
        (CheckKind.TOO_FEW, (3,)),
    ]


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        (OrphanPolicy.QUARANTINE, Severity.ERROR),
        (OrphanPolicy.HOLD, Severity.CRITICAL),
        (OrphanPolicy.LATE, Severity.INFO),
    ],
)
def test_the_policy_sets_the_severity_of_an_orphan(policy: OrphanPolicy, severity: Severity) -> None:
    """And the finding says which parent is missing."""
    tracker = RelationshipTracker([link(orphan=policy)])
    tracker.add("schools", [{"conference": 8}])
    [breach] = tracker.breaches()
    assert (breach.finding.severity, breach.finding.field, breach.finding.rule) == (
        severity,
        "conference",
        "membership.orphan",
    )
    assert "conferences [8]" in breach.finding.message


@pytest.mark.parametrize(
    ("operator", "value", "true_of"),
    [
        ("equals", 1, [1]),
        ("differs", 1, [2]),
        ("is_in", (1, 3), [1]),
        ("is_null", None, [None]),
        ("is_not_null", None, [1, 2]),
    ],
)
def test_conditions_compare_as_sql_does(operator: str, value: Any, true_of: list[Any]) -> None:
    """Nothing but a question about nulls is true of a null."""
    condition = Condition("n", operator, value)  # type: ignore[arg-type]
    assert [n for n in (1, 2, None) if condition.holds({"n": n})] == true_of


def test_checks_are_planned_for_what_a_run_touches() -> None:
    """One question each, and none about entities that did not change."""
    full = link(required=True, least=1, most=9)
    assert [check.kind for check in plan_checks([full])] == list(CheckKind)
    assert [check.kind for check in plan_checks([link()], touched=["conferences"])] == [CheckKind.ORPHAN]
    assert plan_checks([full], touched=["sports"]) == []


def test_what_cannot_be_checked_is_refused() -> None:
    """Where it is declared, or as soon as the entities are known."""
    entities = {"schools": ["id", "conference"], "conferences": ["id"]}
    refuse_unknown_names([link()], entities)
    wrong = [
        lambda: Relationship("x", "a", ("b", "c"), "d", ("e",)),
        lambda: Relationship("x", "a", (), "d", ()),
        lambda: link(least=3, most=2),
        lambda: Condition("n", "like", "x"),  # type: ignore[arg-type]
        lambda: Condition("n", Operator.EQUALS),
        lambda: Condition("n", Operator.IS_IN, "ab"),
        lambda: refuse_unknown_names([link(when=(Condition("divison", Operator.IS_NULL),))], entities),
        lambda: refuse_unknown_names([link()], {"school": [], "conferences": ["id"]}),
        lambda: refuse_unknown_names([link()], {**entities, "conferences": ["org_id"]}),
    ]
    for make in wrong:
        with pytest.raises(ConfigError):
            make()
