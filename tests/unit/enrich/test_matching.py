"""Members to institutions: what counts as evidence, and when nothing is chosen."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.enrich import Match, MatchKind, match
from headgate.errors import UnexpectedShapeError


def member(
    name: str, *, site: str | None = None, state: str = "NY", private: bool = False, org_id: int = 1
) -> dict[str, Any]:
    """Return a row of the member list."""
    return {
        "orgId": org_id, "nameOfficial": name, "webSiteUrl": site, "memberOrgAddress": {"state": state},
        "privateFlag": "Y" if private else "N",
    }  # fmt: skip


def institution(ipeds_id: str, name: str, **others: Any) -> dict[str, Any]:
    """Return a row of the institutions file."""
    row = {
        "IPEDSID": ipeds_id, "NAME": name, "STATE": "NY", "CITY": "TROY", "WEBSITE": "NOT AVAILABLE", "ALIAS": "",
        "TYPE": "1", "STATUS": "A", "CLOSE_DATE": "-2", "LEVEL_": "1", "DEG_GRANT": "1", "TOT_ENROLL": "5000",
    }  # fmt: skip
    return row | others


# other institutions, so that some words are common and others rare
OTHERS = [
    institution(f"9{number:03d}", name, STATE=state)
    for number, (name, state) in enumerate(
        (f"{word} {kind}", state)
        for word in ("NORTHERN", "SOUTHERN", "CENTRAL", "GRAND", "LAKE")
        for kind in ("UNIVERSITY", "COLLEGE", "STATE UNIVERSITY", "COMMUNITY COLLEGE")
        for state in ("NY", "OH")
    )
]


def one(the_member: dict[str, Any], *institutions: dict[str, Any]) -> Match:
    """Match one member."""
    return match([the_member], [*institutions, *OTHERS])[0]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("St. Bonaventure University", "SAINT BONAVENTURE UNIVERSITY"),
        ("Prairie A&M University", "PRAIRIE A & M UNIVERSITY"),
        ("Prairie A&M University", "PRAIRIE AGRICULTURAL AND MECHANICAL UNIVERSITY"),
        ("State University of New York at Cortland", "SUNY CORTLAND"),
        ("University of Massena, Amherst", "UNIVERSITY OF MASSENA-AMHERST"),
        ("Union College (New York)", "UNION COLLEGE NY"),
        ("York College (New York)", "YORK COLLEGE OF NEW YORK"),
        ("LeMoyne-Owen College", "LE MOYNE-OWEN COLLEGE"),
        ("Ohio Valley University", "OHIO VALLEY UNIVERSITY-MAIN CAMPUS"),
        ("The University of Tampico", "UNIVERSITY OF TAMPICO"),
        ("King\u2019s College", "KINGS COLLEGE"),
        ("Université Laval", "UNIVERSITE LAVAL"),
    ],
)
def test_one_name_in_two_spellings(ours: str, theirs: str) -> None:
    """Abbreviations, saints, systems, own states, campuses and accents do not keep a name from being found."""
    found = one(member(ours), institution("7", theirs))
    assert found.institution_id == "7"
    assert found.evidence["name"] > 0


def test_name_and_site_make_a_match_certain() -> None:
    """Independent evidence that agrees is certain."""
    found = one(
        member("Elm University", site="https://www.elm.edu/home"),
        institution("7", "ELM UNIVERSITY", WEBSITE="elm.edu/"),
    )
    assert (found.kind, found.institution_id) == (MatchKind.CERTAIN, "7")
    assert found.evidence.keys() >= {"domain", "name", "state"}


def test_a_college_that_was_renamed_is_found_by_its_site_or_alias() -> None:
    """A new name with the old site, and an old name among the aliases."""
    by_site = one(member("Elm University", site="www.elm.edu"), institution("7", "ELM COLLEGE", WEBSITE="www.elm.edu"))
    by_alias = one(member("Elms College"), institution("7", "COLLEGE OF OUR LADY", ALIAS="ELMS COLLEGE | OLE"))
    assert (by_site.institution_id, by_alias.institution_id) == ("7", "7")
    assert by_alias.evidence["alias"] > 0


def test_a_shared_domain_decides_nothing() -> None:
    """Of several institutions under one domain the name decides."""
    shared = [
        institution(str(n), f"CITY UNIVERSITY OF NEW YORK {name} COLLEGE", WEBSITE="www.cuny.edu")
        for n, name in enumerate(("HUNTER", "BARUCH", "QUEENS"))
    ]
    assert one(member("Baruch College", site="www.baruch.cuny.edu"), *shared).institution_id == "1"


def test_two_equals_are_ambiguous() -> None:
    """Two institutions of the same name are never guessed between; both are shown."""
    twins = [institution(number, "COLUMBIA COLLEGE", CITY=city) for number, city in (("1", "TROY"), ("2", "ALBANY"))]
    found = one(member("Columbia College"), *twins)
    assert (found.kind, found.institution_id) == (MatchKind.AMBIGUOUS, None)
    assert {candidate.institution_id for candidate in found.candidates[:2]} == {"1", "2"}


@pytest.mark.parametrize(
    "difference",
    [{"STATUS": "D", "CLOSE_DATE": "12/07/2018"}, {"TYPE": "2"}, {"LEVEL_": "3"}, {"STATE": "OH"}],
    ids=["closed", "private", "short courses", "other state"],
)
def test_what_tells_namesakes_apart(difference: dict[str, str]) -> None:
    """Of two with the same name the open, public, four-year one in the same state is meant."""
    found = one(
        member("Columbia College"),
        institution("1", "COLUMBIA COLLEGE", **difference),
        institution("2", "COLUMBIA COLLEGE"),
    )
    assert found.institution_id == "2"


@pytest.mark.parametrize("how", [{"TOT_ENROLL": "50000"}, {"ALIAS": "ESU MAIN"}])
def test_the_main_campus_bears_the_name(how: dict[str, str]) -> None:
    """A member without a campus is the campus that is by far the largest, or is called the main one."""
    campuses = [
        institution(str(n), f"ELMIRA STATE UNIVERSITY-{where}", WEBSITE="www.esu.edu")
        for n, where in enumerate(("WEST", "TEMPE", "DOWNTOWN"))
    ]
    assert one(member("Elmira State University", site="esu.edu"), *campuses).institution_id is None
    campuses[1] |= how
    assert one(member("Elmira State University", site="esu.edu"), *campuses).institution_id == "1"


def test_one_institution_is_not_two_members() -> None:
    """Of two members that claim an institution the one with the better claim has it; of two equals neither."""
    school = institution("7", "ELM UNIVERSITY", WEBSITE="www.elm.edu")
    better = [member("Elm University", site="elm.edu", org_id=1), member("Elm University", org_id=2)]
    assert [found.institution_id for found in match(better, [school, *OTHERS])] == ["7", None]
    equal = [member("Elm University", org_id=1), member("Elm University", org_id=2)]
    assert [found.kind for found in match(equal, [school, *OTHERS])] == [MatchKind.AMBIGUOUS] * 2


def test_a_member_without_an_institution_has_none() -> None:
    """A member abroad, or one nobody knows, is matched with nothing."""
    found = one(member("Simon Fraser University", site="www.sfu.ca", state="BC"), institution("7", "SIMON COLLEGE"))
    assert (found.kind, found.institution_id) == (MatchKind.NONE, None)


@pytest.mark.parametrize(
    "row", [{"orgId": 1}, {"orgId": 1, "nameOfficial": "", "webSiteUrl": "#", "memberOrgAddress": None}]
)
def test_rows_with_holes_match_nothing(row: dict[str, Any]) -> None:
    """A row without name, site and state does no harm."""
    assert one(row, institution("7", "ELM UNIVERSITY")).kind is MatchKind.NONE


@pytest.mark.parametrize(("rows", "others"), [([{"nameOfficial": "Elm"}], []), ([], [{"NAME": "ELM"}]), (["x"], [])])
def test_rows_without_an_id_are_refused(rows: list[Any], others: list[Any]) -> None:
    """A row that nothing can be said about is an error of the data, by name."""
    with pytest.raises(UnexpectedShapeError, match=r"(member|institution) list has no .(orgId|IPEDSID)"):
        match(rows, others)


def test_no_institutions_and_no_members() -> None:
    """Nothing against nothing is nothing."""
    assert match([], []) == []
    assert match([member("Elm University")], [])[0].kind is MatchKind.NONE
