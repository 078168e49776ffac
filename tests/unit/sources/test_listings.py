"""What listings say, and whether they are believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import DataError, UnexpectedShapeError
from headgate.sources.ncaa import Division
from headgate.sources.ncaa.listings import agree, conferences_of, in_division, keys_of, rows_of, sport_codes
from headgate.sources.ncaa.readings import settle

URL = "http://directory.example/list"


def rows(*ids: Any) -> list[dict[str, Any]]:
    """Return rows with these ids."""
    return [{"orgId": one} for one in ids]


@pytest.mark.parametrize(
    "body",
    [None, {}, {"rows": []}, "text", 7, [1, 2], [[]], [{"id": 1}], [{"organisationId": 1, "nameOfficial": "x"}]],
)
def test_another_shape(body: object) -> None:
    """What is not a list with the key is an error of the data, and says where."""
    with pytest.raises(UnexpectedShapeError, match=r"directory\.example") as caught:
        rows_of(body, "orgId", url=URL)
    assert isinstance(caught.value, DataError)
    assert caught.value.exit_code == 5


def test_broken_rows_are_left_for_validation() -> None:
    """One broken row does not make the listing another shape: validation refuses it by itself."""
    body = [{"orgId": 1}, 7, {"other": 2}]
    assert rows_of(body, "orgId", url=URL) == body


def test_agreement() -> None:
    """Two answers agree if they show the same keys, in any order and however often."""
    assert agree(rows(1, 2, 3), rows(3, 2, 1, 1), "orgId")
    assert not agree(rows(1, 2), rows(1, 2, 3), "orgId")
    assert not agree(rows(1, 2, 3), rows(1, 2), "orgId")


def test_nothing_proves_nothing() -> None:
    """Two empty answers agree about nothing."""
    assert not agree([], [], "orgId")


@pytest.mark.parametrize("broken", [{"orgId": None}, {"orgId": True}, {"orgId": {"x": 1}}, {"orgId": [1]}, {}, 7, None])
def test_a_row_without_key_proves_nothing(broken: object) -> None:
    """A row whose key cannot be read could be anyone, so the listing is not believed."""
    assert keys_of([{"orgId": 1}, broken], "orgId") is None
    assert not agree([{"orgId": 1}, broken], [{"orgId": 1}, broken], "orgId")


def test_settle_on_agreement() -> None:
    """The first answer that agrees with any counterpart is the listing."""
    listing = settle([rows(1), rows(1, 2)], [rows(1, 2), rows(2)], key="orgId", what="it")
    assert (listing.rows, listing.complete, listing.doubt) == (rows(1, 2), True, None)


def test_settle_without_agreement() -> None:
    """Without agreement there is every row that anyone has, no proof, and a sentence that says so."""
    listing = settle([rows(1, 2), rows(2, 3)], [rows(4)], key="orgId", what="division II")
    assert sorted(row["orgId"] for row in listing.rows) == [1, 2, 3, 4]
    assert not listing.complete
    assert "division II is not proven complete" in str(listing.doubt)
    assert "2, 2" in str(listing.doubt)


@given(st.sets(st.integers(1, 40), min_size=1), st.data())
def test_a_lost_row_is_never_proven_away(ids: set[int], data: st.DataObject) -> None:
    """If one of two answers is whole and the other lost rows, no proof comes out and no row is lost."""
    lost = data.draw(st.sets(st.sampled_from(sorted(ids)), min_size=1))
    listing = settle([rows(*(ids - lost))], [rows(*ids)], key="orgId", what="it")
    assert not listing.complete
    assert {row["orgId"] for row in listing.rows} == ids


def test_cut_to_a_division() -> None:
    """The undivided listing is cut by what each row says; a row without a division is in none."""
    members = [{"orgId": 1, "division": 1}, {"orgId": 2, "division": 2}, {"orgId": 3, "division": "?"}, 7]
    assert in_division(members, Division.II) == [members[1]]


def test_recorded_conferences(recorded_ncaa: Path) -> None:
    """The recorded members name 98 conferences, the independents among them, who play in two divisions."""
    members = json.loads((recorded_ncaa / "member_list_type12_2022.json").read_bytes())
    conferences = conferences_of(members)
    assert len(conferences) == 98
    assert conferences[0] == {"conferenceId": 0, "conferenceName": "Independent", "divisions": ["II", "III"]}


def test_conference_written_differently() -> None:
    """A blank at the end makes no second conference, and the most frequent form of a name stands."""
    members = [{"conferenceId": 5, "conferenceName": name, "division": 1} for name in ("Lakes ", "Lakes", "The Lakes")]
    assert conferences_of(members) == [{"conferenceId": 5, "conferenceName": "Lakes", "divisions": ["I"]}]


@pytest.mark.parametrize("broken", [7, None, {}, {"conferenceId": "5"}, {"conferenceId": None}, {"conferenceId": True}])
def test_member_without_conference(broken: object) -> None:
    """A member whose conference cannot be read adds none."""
    assert conferences_of([broken]) == []


def test_conference_without_a_readable_name() -> None:
    """A conference whose name is of a wrong type is left for validation to refuse."""
    conferences = conferences_of([{"conferenceId": 5, "conferenceName": {"x": 1}, "division": 1}])
    assert conferences == [{"conferenceId": 5, "conferenceName": "", "divisions": ["I"]}]


def test_sport_codes() -> None:
    """Names are trimmed, and broken rows are left out."""
    sports = [{"label": "Stunt ", "value": "WST"}, {"label": None, "value": "X"}, 7]
    assert sport_codes(sports) == {"Stunt": "WST"}
