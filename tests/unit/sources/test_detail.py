"""The page of a school or a conference."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import UnexpectedShapeError
from headgate.sources.ncaa import (
    ConferenceDetail,
    Division,
    MembershipStatus,
    SchoolDetail,
    SponsoredSport,
    Subdivision,
)
from headgate.sources.ncaa.detail import parse_conference_page, parse_school_page
from headgate.testing.replica import invent_directory, load_directory
from headgate.testing.replica.pages import conference_page, people_on, school_page

URL = "https://web3.ncaa.org/directory/orgDetail?id=112"

PAGE = """<!DOCTYPE html>
<html><body>
<div class="container"><h1><img src="/images/logos/112.gif">
 <span>University of California,</span> <span>San Diego </span></h1>
<h4>
  Tritons </h4>
<div>
  <address><span>1 Example Drive</span><br/><span>Suite 2</span><br/>
   <span>La Jolla,</span> <span>CA</span> <span>92093-0531</span></address>
  <span>D-I FCS</span> | <span> Reclassifying</span>
  <a href="/directory/orgDetail?id=904">Big West Conference</a>
  <div>Since: <span>2000</span></div>
  <div>Public/Private: <span>Public</span></div>
  <div>HBCU: <span>No</span></div>
  <div>Pronunciation: <span>san dee-AY-go </span></div>
</div></div>
<div class="institutionDetail"><div class="row">
 <div class="col-md-4"><div class="list-group">
  <a class="list-group-item active">Institution</a><a class="list-group-item" href="www.UCSD.edu/">site</a>
  <li class="list-group-item"><a title="Facebook" href="https://www.facebook.com/UCSanDiego/">f</a></li>
  <li class="list-group-item"><a title="Twitter" href="#">t</a></li>
 </div></div>
 <div class="col-md-4"><div class="list-group">
  <a class="list-group-item active">Athletics</a><a class="list-group-item" href="http://null">site</a>
  <li class="list-group-item"><a title="Instagram" href="https://www.instagram.com/ucsdtritons">i</a></li>
 </div></div></div>
<section>
 <div class="panel-heading">Administration</div>
 <table><tr><td>President</td><td>Aldith Ashgrove</td><td></td><td></td></tr></table>
 <div class="panel-heading">Sponsored Sports for the <span>2026-2027</span> Academic Year</div>
 <table><thead><tr><th>Sport</th><th>Head Coach</th><th>Division</th><th>Conference</th><th></th></tr></thead><tbody>
  <tr><td>Women's Stunt </td><td>Bram Bellwether</td><td>III</td><td></td><td></td></tr>
  <tr><td>Baseball</td><td>Corwen Candlewick</td><td>I</td><td></td><td></td></tr>
  <tr><td>Baseball</td><td>Dulcie Dunmarrow</td><td>I</td>
   <td><a href="/directory/orgDetail?id=904">Big West</a></td><td></td></tr>
 </tbody></table>
</section></div>
</body></html>"""


def test_school_page() -> None:
    """Everything a page says about a school is read, and nothing about people."""
    values = parse_school_page(PAGE, url=URL, sport_codes={"Baseball": "MBA"})
    detail = SchoolDetail.model_validate(values)
    assert detail.org_id == 112
    assert detail.name == "University of California, San Diego"
    assert detail.nickname == "Tritons"
    assert detail.logo_url == "https://web3.ncaa.org/images/logos/112.gif"
    assert str(detail.address_html).startswith("<span>1 Example Drive</span><br>")
    assert (detail.city, detail.state, detail.postal_code) == ("La Jolla", "CA", "92093-0531")
    assert (detail.division, detail.subdivision) == (Division.I, Subdivision.FCS)
    assert detail.membership_status is MembershipStatus.RECLASSIFYING
    assert detail.conference_id == 904
    assert (detail.since, detail.private, detail.hbcu) == ("2000", False, False)
    assert detail.pronunciation == "san dee-AY-go"
    assert (detail.website, detail.athletics_website) == ("https://www.ucsd.edu", None)
    assert (detail.facebook, detail.twitter) == ("https://www.facebook.com/UCSanDiego", None)
    assert detail.athletics_instagram == "https://www.instagram.com/ucsdtritons"
    assert not any(name in str(values) for name in ("Aldith", "Bram", "Corwen", "Dulcie"))


def test_a_sport_with_two_head_coaches_is_one_sponsorship() -> None:
    """A sport stands there once, with the conference that any of its lines has."""
    values = parse_school_page(PAGE, url=URL, sport_codes={"Baseball": "MBA"})
    assert SchoolDetail.model_validate(values).sponsored_sports == [
        SponsoredSport(sport="Baseball", code="MBA", division=Division.I, conference_id=904),
        SponsoredSport(sport="Women's Stunt", code=None, division=Division.III, conference_id=None),
    ]


def test_independent() -> None:
    """The link of an independent has no text: its id still says that it belongs to no conference."""
    page = PAGE.replace(
        '<a href="/directory/orgDetail?id=904">Big West Conference</a>', '<a href="/directory/orgDetail?id=0"></a>'
    )
    assert parse_school_page(page, url=URL)["conference_id"] == 0
    unlinked = PAGE.replace('<a href="/directory/orgDetail?id=904">Big West Conference</a>', "<a></a>")
    assert parse_school_page(unlinked, url=URL)["conference_id"] is None


@pytest.mark.parametrize(
    "page",
    [
        "",
        "plain text",
        "<html><body><h1>We are sorry</h1><p>Something went wrong.</p></body></html>",
        PAGE.replace("institutionDetail", "redesigned"),
        PAGE.replace("Sponsored Sports", "Teams"),
        PAGE[: PAGE.index("Corwen")],
        PAGE[: PAGE.index("</body>")],
    ],
)
def test_no_such_page(page: str) -> None:
    """An error page, another design and a page that ends in the middle are errors, never half a school."""
    with pytest.raises(UnexpectedShapeError, match="id=112"):
        parse_school_page(page, url=URL)


def test_sparse_page() -> None:
    """What a page does not have is empty, and nothing else is taken for it."""
    page = (
        '<h1>Nowhere College</h1><div class="institutionDetail"><section>'
        '<div class="panel-heading">Sponsored Sports</div><table></table></section></div>'
    )
    detail = SchoolDetail.model_validate(parse_school_page(page, url=URL))
    assert detail.name == "Nowhere College"
    kept = detail.model_dump(exclude_none=True, exclude={"org_id", "name"})
    assert kept == {"sponsored_sports": []}


def test_every_cut_page_is_refused() -> None:
    """Wherever a page is cut, it is refused: half of the sports are never taken for all."""
    directory = invent_directory(3)
    page = school_page(directory, directory.members[0]).rstrip()
    for end in range(0, len(page) - 1, 97):
        with pytest.raises(UnexpectedShapeError):
            parse_school_page(page[:end], url=URL)


def test_pages_of_the_replica(recorded_ncaa: Path) -> None:
    """The replica's pages are read back to what they were made from, without the people on them."""
    directory = load_directory(recorded_ncaa)
    for row in directory.members[::50]:
        url = f"http://127.0.0.1:8000/directory/orgDetail?id={row['orgId']}"
        page = school_page(directory, row)
        detail = SchoolDetail.model_validate(parse_school_page(page, url=url))
        assert detail.name == row["nameOfficial"]
        assert detail.division is Division.from_code(row["division"])
        assert detail.conference_id == row["conferenceId"]
        assert detail.private is (row["privateFlag"] == "Y")
        people = people_on(page)
        assert len(people) > 4
        assert not [person for person in people if person in detail.model_dump_json()]


def test_conference_page() -> None:
    """The page of a conference has the same structure, without sports."""
    page = conference_page(invent_directory(3), 904, "Big West Conference")
    detail = ConferenceDetail.model_validate(parse_conference_page(page, url=URL))
    assert (detail.name, detail.athletics_website) == ("Big West Conference", None)
    assert detail.website is not None


@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    """Whatever is cut out of a page or put into it, it is a page or an error of its shape."""
    start = data.draw(st.integers(0, len(PAGE)))
    end = data.draw(st.integers(start, len(PAGE)))
    damaged = PAGE[:start] + data.draw(st.text("<>/=\"' a1h\x00&;", max_size=8)) + PAGE[end:]
    try:
        values = parse_school_page(damaged, url=URL)
    except UnexpectedShapeError:
        return
    assert values["org_id"] == 112
    assert all(sport["sport"] for sport in values["sponsored_sports"])
