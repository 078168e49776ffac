"""What holds for every list of members and institutions."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.enrich import MatchKind, match

WORDS = st.sampled_from(
    ["Elm", "Oak", "Saint", "St.", "University", "College", "of", "New York", "(Ohio)", "A&M", "SUNY", "-", "é"]
)
NAMES = st.one_of(st.lists(WORDS, max_size=5).map(" ".join), st.text(max_size=12))
SITES = st.one_of(
    st.sampled_from(["elm.edu", "www.elm.edu/", "https://a.elm.edu/x", "oak.edu; elm.edu", "#", ""]),
    st.text(max_size=8),
)
STATES = st.sampled_from(["NY", "OH", "BC", "", None])
ANYTHING = st.one_of(st.none(), st.integers(), st.text(max_size=5))

MEMBER = st.fixed_dictionaries(
    {
        "nameOfficial": NAMES,
        "webSiteUrl": st.one_of(st.none(), SITES),
        "memberOrgAddress": st.one_of(st.none(), st.builds(lambda state: {"state": state}, STATES)),
        "privateFlag": st.sampled_from(["Y", "N", None]),
    }
)
INSTITUTION = st.fixed_dictionaries(
    {"NAME": NAMES, "WEBSITE": SITES, "STATE": STATES, "ALIAS": NAMES, "CITY": ANYTHING, "TYPE": ANYTHING},
    optional={"STATUS": ANYTHING, "TOT_ENROLL": ANYTHING, "LEVEL_": ANYTHING, "CLOSE_DATE": ANYTHING},
)


def numbered(rows: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    """Give each row an id of its own."""
    return [{**row, field: number} for number, row in enumerate(rows, start=1)]


MEMBERS = st.lists(MEMBER, max_size=5).map(lambda rows: numbered(rows, "orgId"))
INSTITUTIONS = st.lists(INSTITUTION, max_size=6).map(lambda rows: numbered(rows, "IPEDSID"))


@settings(deadline=None)  # no property depends on the speed of the machine
@given(MEMBERS, INSTITUTIONS)
def test_every_member_has_one_answer_and_no_institution_two_members(
    members: list[dict[str, Any]], institutions: list[dict[str, Any]]
) -> None:
    """Whatever stands in the rows: one match per member in order, a choice only where it is sure enough."""
    found = match(members, institutions)
    assert [one.member_id for one in found] == [member["orgId"] for member in members]
    chosen = [one.institution_id for one in found if one.institution_id is not None]
    assert len(chosen) == len(set(chosen))
    known = {str(row["IPEDSID"]) for row in institutions}
    for one in found:
        assert 0 <= one.score <= 1
        assert (one.institution_id in known) == (one.kind in {MatchKind.CERTAIN, MatchKind.PROBABLE})


@settings(deadline=None)  # no property depends on the speed of the machine
@given(MEMBERS, INSTITUTIONS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    members: list[dict[str, Any]], institutions: list[dict[str, Any]], rng: Any
) -> None:
    """Shuffled rows give the same matches."""
    expected = {one.member_id: (one.institution_id, one.kind) for one in match(members, institutions)}
    rng.shuffle(members)
    rng.shuffle(institutions)
    assert {one.member_id: (one.institution_id, one.kind) for one in match(members, institutions)} == expected


@settings(deadline=None)  # no property depends on the speed of the machine
@given(MEMBERS, INSTITUTIONS, st.data())
def test_a_decision_always_wins(
    members: list[dict[str, Any]], institutions: list[dict[str, Any]], data: st.DataObject
) -> None:
    """What a person decided is the answer, whatever the evidence says."""
    ids = st.sampled_from([None, *(str(row["IPEDSID"]) for row in institutions)])
    decisions = {str(member["orgId"]): data.draw(ids) for member in members[:1]}
    for one in match(members, institutions, decisions=decisions):
        if str(one.member_id) in decisions:
            assert one.institution_id == decisions[str(one.member_id)]
        elif one.institution_id is not None:
            assert one.institution_id not in decisions.values()
