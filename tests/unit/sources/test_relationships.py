"""What must hold between the entities of the directory."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.quality.relationship import CheckKind, RelationshipTracker, refuse_unknown_names
from headgate.sources.ncaa import RobustNCAExtractor
from headgate.sources.ncaa.extractor import CONFERENCES, RELATIONSHIPS, SCHOOLS
from headgate.sources.ncaa.models import Conference, School


def school(division: int, conference: int | None) -> School:
    """Return a school of a division."""
    row: dict[str, Any] = {"orgId": 1, "nameOfficial": "A", "division": division, "conferenceId": conference}
    return School.model_validate(row)


def test_relationships_name_what_exists() -> None:
    """Entities and fields."""
    assert RobustNCAExtractor.relationships is RELATIONSHIPS
    refuse_unknown_names(RELATIONSHIPS, {spec.name: spec.model.model_fields for spec in (SCHOOLS, CONFERENCES)})


@pytest.mark.parametrize(
    ("division", "conference", "broken"),
    [
        (1, 923, set()),
        (1, 0, set()),
        (1, None, {("division_one_conference", CheckKind.NO_REFERENCE)}),
        (2, None, set()),
        (1, 5, {("conference", CheckKind.ORPHAN), ("division_one_conference", CheckKind.ORPHAN)}),
        (3, 5, {("conference", CheckKind.ORPHAN)}),
    ],
)
def test_a_division_one_school_has_a_conference_unless_it_is_independent(
    division: int, conference: int | None, broken: set[tuple[str, CheckKind]]
) -> None:
    """Conference 0 stands for the independents."""
    tracker = RelationshipTracker(RELATIONSHIPS)
    tracker.add("schools", [school(division, conference)])
    tracker.add(
        "conferences",
        [
            Conference.model_validate({"conferenceId": number, "conferenceName": "C", "divisions": [1]})
            for number in (0, 923)
        ],
    )
    assert {(breach.relationship.name, breach.kind) for breach in tracker.breaches()} == broken
