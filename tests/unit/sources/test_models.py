"""Rows of the directory as models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from headgate.quality import compile_rules, validate_and_process_batch
from headgate.sources.ncaa import (
    Conference,
    Division,
    Gender,
    MembershipStatus,
    School,
    Sport,
    State,
    Subdivision,
)
from headgate.sources.ncaa.models import USABLE_URLS


def member(**changes: Any) -> dict[str, Any]:
    """Return a row of the listing, with some values changed."""
    row = {
        "orgId": 2,
        "nameOfficial": "Abilene Christian University",
        "deactive": "N",
        "academicYear": 2022,
        "division": 1,
        "subdivision": 0,
        "conferenceId": 923,
        "conferenceName": "Western Athletic Conference",
        "reclassYear": None,
        "reclassDivision": None,
        "reclassSubdivision": None,
        "webSiteUrl": "www.acu.edu",
        "athleticWebUrl": "www.acusports.com",
        "provisionalMember": False,
        "memberOrgAddress": {"orgId": None, "city": None, "state": "TX", "postalCode": None},
        "privateFlag": "Y",
        "historicallyBlackFlag": "N",
        "sportRegion": "SOUTH REGION",
    }
    return {**row, **changes}


def test_recorded_members(recorded_ncaa: Path) -> None:
    """All 942 recorded members are valid, and the one with two URLs in one field is reported."""
    rows = json.loads((recorded_ncaa / "member_list_type12_2022.json").read_bytes())
    result = compile_rules(School, row_rules=[USABLE_URLS]).process(rows)
    assert (len(result.valid), len(result.invalid)) == (942, 0)
    assert [flagged.row["webSiteUrl"] for flagged in result.flagged] == ["www.pomona.edu; www.pitzer.edu"]
    assert sum(school.region is None for school in result.valid) == 1
    sites = [school.website for school in result.valid]
    # two pairs share a site: one of them only once the closing slash is gone
    assert {site for site in sites if site and sites.count(site) > 1} == {
        "https://www.fdu.edu",
        "https://www.sjcny.edu",
    }


def test_school() -> None:
    """Flags become booleans, the state comes out of the address, blanks go."""
    school = School.model_validate(member(nameOfficial=" Abilene Christian University ", nickname=" "))
    assert school.name == "Abilene Christian University"
    assert (school.private, school.hbcu, school.deactivated) == (True, False, False)
    assert school.state is State.TX
    assert school.division is Division.I
    assert school.subdivision is None
    assert school.nickname is None


def test_nobody_is_kept() -> None:
    """No model has a field for a person, whatever an upstream sends."""
    school = School.model_validate(member(presidentName="A Person", headCoach="Another"))
    assert "Person" not in school.model_dump_json()
    assert "Another" not in school.model_dump_json()


def test_unknown_fields_are_ignored() -> None:
    """A field of tomorrow is no error."""
    assert School.model_validate(member(fieldOfTomorrow=[1])) == School.model_validate(member())


def test_missing_region() -> None:
    """A member without a region, even without the field, is valid."""
    row = member()
    del row["sportRegion"]
    assert School.model_validate(row).region is None
    assert School.model_validate(member(sportRegion=None)).region is None


@pytest.mark.parametrize(("year", "process", "calendar"), [(0, 0, None), (3, 3, None), (2020, None, 2020)])
def test_reclassification(year: int, process: int | None, calendar: int | None) -> None:
    """A year of the process and a calendar year are told apart, with the target beside them."""
    school = School.model_validate(member(reclassYear=year, reclassDivision=2, reclassSubdivision=2))
    assert (school.reclass_process_year, school.reclass_calendar_year) == (process, calendar)
    assert school.reclass_division is Division.II
    assert school.reclass_subdivision is Subdivision.FCS


@pytest.mark.parametrize(
    "broken",
    [
        {"orgId": "2"},
        {"orgId": True},
        {"orgId": None},
        {"orgId": {"unexpected": 2}},
        {"nameOfficial": " "},
        {"nameOfficial": 7},
        {"division": 4},
        {"division": True},
        {"division": [1]},
        {"conferenceId": "none"},
        {"privateFlag": "maybe"},
        {"privateFlag": {"unexpected": "Y"}},
        {"memberOrgAddress": "not an address"},
        {"memberOrgAddress": {"state": "Texas"}},
        {"memberOrgAddress": {"state": ["TX"]}},
        {"webSiteUrl": {"unexpected": "x"}},
        {"reclassYear": 500},
        {"reclassYear": "soon"},
        {"reclassYear": [2020]},
        {"sportRegion": 5},
    ],
)
def test_wrong_types_are_errors_of_the_row(broken: dict[str, Any]) -> None:
    """A value of a wrong type refuses its row with a reason and harms no other."""
    valid, invalid = validate_and_process_batch([member(), member(**broken), member(orgId=3)], School)
    assert [school.org_id for school in valid] == [2, 3]
    assert [item.index for item in invalid] == [1]


def test_recorded_sports(recorded_ncaa: Path) -> None:
    """All 108 rows are valid; trimmed, one of them repeats another exactly."""
    rows = json.loads((recorded_ncaa / "sport_list.json").read_bytes())
    valid, invalid = validate_and_process_batch(rows, Sport)
    assert (len(valid), len(invalid)) == (108, 0)
    assert len({sport.model_dump_json() for sport in valid}) == 107


@pytest.mark.parametrize(("code", "gender"), [("MBA", Gender.MEN), ("WST", Gender.WOMEN), ("XES", Gender.MIXED)])
def test_gender_of_a_sport(code: str, gender: Gender) -> None:
    """The first letter of the code says who plays."""
    assert Sport.model_validate({"label": "Sport ", "value": code, "active": None}).gender is gender


@pytest.mark.parametrize("code", ["ABA", "MB", "MBAA", "mba", 7, None, {"a": 1}])
def test_wrong_sport_code(code: object) -> None:
    """Another code is an error of the field that has it."""
    with pytest.raises(ValidationError) as caught:
        Sport.model_validate({"label": "Sport", "value": code})
    assert {error["loc"] for error in caught.value.errors()} == {("value",)}


def test_conference_name_is_trimmed() -> None:
    """A blank at the end of a conference's name goes."""
    conference = Conference.model_validate({"conferenceId": 1, "conferenceName": "A ", "divisions": ["I"]})
    assert conference.name == "A"


def test_models_read_what_they_wrote() -> None:
    """A model read back from its own values is the same."""
    school = School.model_validate(member(reclassYear=2020, reclassDivision=3))
    assert School.model_validate(school.model_dump(mode="json")) == school


@pytest.mark.parametrize(
    ("text", "division", "subdivision"),
    [
        ("Division II", Division.II, None),
        ("D-I FCS", Division.I, Subdivision.FCS),
        ("Division I-FBS", Division.I, Subdivision.FBS),
        ("III", Division.III, None),
        ("division 3", Division.III, None),
        ("", None, None),
        ("Visiting", None, None),
    ],
)
def test_division_in_text(text: str, division: Division | None, subdivision: Subdivision | None) -> None:
    """A page writes divisions in words."""
    assert Division.from_text(text) is division
    assert Subdivision.from_text(text) is subdivision


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Active", MembershipStatus.ACTIVE),
        (" provisional year 1 ", MembershipStatus.PROVISIONAL),
        ("Something new", MembershipStatus.OTHER),
        (" ", None),
    ],
)
def test_membership_status(text: str, status: MembershipStatus | None) -> None:
    """A status that nobody knows yet is other, not an error."""
    assert MembershipStatus.from_text(text) is status
