"""Addresses in the forms in which they occur."""

from __future__ import annotations

import pytest

from headgate.enrich.address import AddressParser
from headgate.enrich.location import Location

PARTS = ("campus", "street", "unit", "city", "state", "zip_code", "zip4", "country")


def parts(location: Location) -> dict[str, str]:
    """Return the parts that are known."""
    return {name: value for name in PARTS if (value := getattr(location, name)) is not None}


def us(street: str, city: str, state: str, zip_code: str, **others: str) -> dict[str, str]:
    """Return the parts of an address in the United States."""
    return {"street": street, "city": city, "state": state, "zip_code": zip_code, "country": "US", **others}


GETZVILLE = us("3650 Millersport Highway", "Getzville", "NY", "14068")


@pytest.mark.parametrize(
    "text",
    [
        "3650 Millersport Highway, Getzville, NY 14068",
        "3650 Millersport Highway Getzville NY 14068",
        "3650 Millersport Highway<br>Getzville, NY 14068",
        "3650 Millersport Highway<br/>Getzville NY  14068",
        "<span>3650 Millersport Highway</span><br><span>Getzville</span><br><span>NY</span><br><span>14068</span>",
        "3650 Millersport Highway\nGetzville, New York 14068\nUSA",
        "3650 Millersport Highway | Getzville | NY | 14068",
        "3650 Millersport Highway; Getzville; NY 14068",
        "3650 Millersport Highway\tGetzville\tNY\t14068",
        "<p>3650&nbsp;Millersport Highway</p><p>Getzville, N.Y. 14068</p>",
        "<script>var a = 'Troy, NY 12180'</script>3650 Millersport Highway<!-- x --><br>Getzville, NY 14068",
        "  3650 Millersport Highway ,\u200b Getzville , NY , 14068 , United States ",
        "3650 <b>Millersport</b> Highway<div>Getzville,\n NY\n 14068</div>",
    ],
)
def test_one_address_in_many_layouts(text: str) -> None:
    """Markup, commas and case do not change what an address says."""
    location = AddressParser.parse(text)
    assert parts(location) == GETZVILLE
    assert location.unparsed == ()
    assert location.is_complete


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 College Dr, Troy, NY 12180-1234", us("1 College Dr", "Troy", "NY", "12180", zip4="1234")),
        ("1 College Dr, Troy, NY 12180 1234", us("1 College Dr", "Troy", "NY", "12180", zip4="1234")),
        (
            "1165 CENTRE PARKWAY SUITE #120 LEXINGTON KY 40517",
            us("1165 CENTRE PARKWAY", "LEXINGTON", "KY", "40517", unit="SUITE #120"),
        ),
        ("500 Main St, 2nd Floor, Troy, NY 12180", us("500 Main St", "Troy", "NY", "12180", unit="2nd Floor")),
        ("CALLE CRISTY #56, MAYAGUEZ, PR 00680", us("CALLE CRISTY #56", "MAYAGUEZ", "PR", "00680")),
        (
            "CARR. # 190 ESQ. CALLE 220<br>CAROLINA PR 00985",
            us("CARR. # 190 ESQ. CALLE 220", "CAROLINA", "PR", "00985"),
        ),
        ("PSC 3 BOX 1234, APO, AP 96266", us("PSC 3 BOX 1234", "APO", "AP", "96266")),
        ("UNIT 4500 BOX 12 FPO AE 09500", us("UNIT 4500 BOX 12", "FPO", "AE", "09500")),
        ("P.O. Box 2609<br>Pago Pago, AS 96799", us("P.O. Box 2609", "Pago Pago", "AS", "96799")),
        ("VMI PARADE LEXINGTON VA 24450", us("VMI PARADE", "LEXINGTON", "VA", "24450")),
        ("Old Main Hill<br>Logan, UT 84322", us("Old Main Hill", "Logan", "UT", "84322")),
        ("ONE SEAHAWK DRIVE NORTH EAST MD 21901", us("ONE SEAHAWK DRIVE", "NORTH EAST", "MD", "21901")),
        ("620 MICHIGAN AVENUE, NE WASHINGTON DC 20064", us("620 MICHIGAN AVENUE, NE", "WASHINGTON", "DC", "20064")),
        ("901 Flagler Dr, West Palm Beach, FL 33401", us("901 Flagler Dr", "West Palm Beach", "FL", "33401")),
        ("1 Main St St. Louis MO 63103", us("1 Main St", "St. Louis", "MO", "63103")),
        (
            "5999 S. NEW WILKE ROAD ROLLNG MEADOWS IL 60008",
            us("5999 S. NEW WILKE ROAD", "ROLLNG MEADOWS", "IL", "60008"),
        ),
    ],
)
def test_forms_of_streets_and_cities(text: str, expected: dict[str, str]) -> None:
    """Units, boxes, military mail, Puerto Rico, campuses without numbers, cities that look like streets."""
    assert parts(AddressParser.parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "campus", "street"),
    [
        ("Main Campus<br>1 Elm St<br>Troy, NY 12180", "Main Campus", "1 Elm St"),
        ("Main Campus, University Avenue, Troy, NY 12180", "Main Campus", "University Avenue"),
        ("Main Campus 1 Elm St Troy NY 12180", "Main Campus", "1 Elm St"),
        ("Hilbert College<br>8 Utopia Pkwy<br>Troy NY 12180", "Hilbert College", "8 Utopia Pkwy"),
        ("Yale University<br>Woodbridge Hall<br>New Haven, CT 06520", "Yale University", "Woodbridge Hall"),
        ("Three Rivers Career Center<br>1 Elm St<br>Troy, NY 12180", "Three Rivers Career Center", "1 Elm St"),
        ("Office of Admissions, 1 Elm St, Troy, NY 12180", "Office of Admissions", "1 Elm St"),
        ("1 Elm St<br>North Campus<br>Troy, NY 12180", "North Campus", "1 Elm St"),
        ("Main Campus University Ave Troy NY 12180", "Main Campus", "University Ave"),
        ("Main Campus Drive, Troy, NY 12180", None, "Main Campus Drive"),
        ("Strong Hall, 1450 Jayhawk Blvd, Lawrence, KS 66045", None, "Strong Hall, 1450 Jayhawk Blvd"),
        ("University Avenue<br>Box 12<br>Troy, NY 12180", None, "University Avenue, Box 12"),
        ("Main Campus<br>Provo, UT 84602", None, "Main Campus"),
    ],
)  # fmt: skip
def test_lines_before_the_street(text: str, campus: str | None, street: str) -> None:
    """A campus or an institution before the street is kept apart from it; alone it is the street."""
    location = AddressParser.parse(text)
    assert (location.campus, location.street) == (campus, street)


@pytest.mark.parametrize(
    "text",
    [
        "8888 University Drive, Burnaby, BC V5A 1S6",
        "8888 University Drive, Burnaby, British Columbia v5a1s6, Canada",
        "<span>8888 University Drive</span><br><span>Burnaby</span><br><span>BC</span><br><span>V5A 1S6</span>",
    ],
)
def test_canadian_members(text: str) -> None:
    """Addresses in Canada have a province and a postal code."""
    assert parts(AddressParser.parse(text)) == {
        "street": "8888 University Drive", "city": "Burnaby", "state": "BC", "zip_code": "V5A 1S6", "country": "CA",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "known", "reason"),
    [
        ("", {}, "there is no text"),
        ("hello world", {}, "no state and no ZIP code"),
        ("10 Downing Street, London, United Kingdom", {"country": "United Kingdom"}, "not read"),
        ("1 Elm St, Boston, NY 02115", us("1 Elm St", "Boston", "NY", "02115"), "belongs to Massachusetts, not to New"),
        ("1 Elm St, Cambridge, MA 2138", us("1 Elm St", "Cambridge", "MA", "02138"), "lost its leading zero"),
        ("1 Elm St, Albany 12207", us("1 Elm St", "Albany", "NY", "12207"), "follows from the ZIP code"),
        (
            "1 Elm St, Albany, NY",
            {"street": "1 Elm St", "city": "Albany", "state": "NY", "country": "US"},
            "there is no ZIP code",
        ),
        (
            "1 Elm St, Albany, NY 12207; 2 Elm St, Troy, NY 12180",
            us("1 Elm St", "Albany", "NY", "12207"),
            "behind the ZIP code of the first address",
        ),
        ("1 Elm St<br>Troy, NY 12180<br>Fax: 518-555-0100", us("1 Elm St", "Troy", "NY", "12180"), "no part of"),
        ("12 Rue X, 75001 Paris", {"street": "12 Rue X"}, "not known what this is"),
    ],
)
def test_what_is_not_understood_is_said(text: str, known: dict[str, str], reason: str) -> None:
    """Every doubt is a reason beside what is known."""
    location = AddressParser.parse(text)
    assert parts(location) == known
    assert reason in " ".join(piece.reason for piece in location.unparsed)


@pytest.mark.parametrize("filler", ["x", "<br ", "<script>", "NY 12180 ", "&amp;", "1 Main St, ", "\n", "<!--", "A1A"])
def test_a_megabyte_of_text_is_read_to_a_bound(filler: str) -> None:
    """Of a very long text the beginning is read, and the length is reported."""
    location = AddressParser.parse(filler * (1_000_000 // len(filler)))
    assert any("were read" in piece.reason for piece in location.unparsed)
    assert sum(len(piece.text) for piece in location.unparsed) < 2000


@pytest.mark.parametrize("value", [None, b"1 Elm St", 12, ["1 Elm St"]])
def test_values_that_are_no_text_do_no_harm(value: object) -> None:
    """A value of another type gives a location without an address."""
    assert AddressParser.parse(value).city is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "Address: 100 College Rd, Suffern, NY 10901-3699",
        "<strong>Mailing Address:</strong> 100 College Rd<br>Suffern, NY 10901-3699",
        "Our location: 100 College Rd, Suffern, NY 10901-3699",
        "Street: 100 College Rd, City: Suffern, State: NY, Zip Code: 10901-3699",
        "100 College Rd, Suffern, N.Y. 10901-3699",
        "100 College Rd, Suffern (NY) 10901-3699",
        "100 College Rd, Suffern, NY10901-3699",
        "100 College Rd\nSuffern, NY109013699 USA",
    ],
)
def test_labels_and_ways_to_write_a_state(text: str) -> None:
    """A label is no part of a street, and dots, brackets or a missing blank hide no state."""
    found = AddressParser.parse(text)
    assert (found.street, found.city, found.state) == ("100 College Rd", "Suffern", "NY")
    assert (found.zip_code, found.zip4, found.unparsed) == ("10901", "3699", ())


def test_letters_before_five_digits_that_are_no_state() -> None:
    """Only a state that has this ZIP code is taken off it."""
    assert AddressParser.parse("100 College Rd, Suffern, TX10901").state is None


@pytest.mark.parametrize(
    "text",
    [
        "1 Elm St / Troy / NY / 12180", "1 Elm St \u2022 Troy, NY 12180", "1 Elm St \u00b7 Troy \u00b7 NY 12180",
        "1 Elm St \u2013 Troy, NY \u2013 12180", "1 Elm St - Troy, NY - 12180", "(1 Elm St, Troy, NY 12180)",
        "1 Elm St, Troy NY US 12180", "1 Elm St, Troy, NY, USA 12180",
    ],
)  # fmt: skip
def test_strokes_bullets_brackets_and_the_country_before_the_zip_code(text: str) -> None:
    """What stands between the parts belongs to none of them."""
    assert parts(AddressParser.parse(text)) == us("1 Elm St", "Troy", "NY", "12180")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1 Elm St, PO Box 12, Troy, NY 12180", "PO Box 12"),
        ("1 Elm St P.O. Drawer 12 Troy NY 12180", "P.O. Drawer 12"),
        ("1 Elm St<br>P. O. Box 12<br>Troy, NY 12180", "P. O. Box 12"),
        ("Suite 4, 1 Elm St, Troy, NY 12180", "Suite 4"),
        ("Suite 4<br>1 Elm St<br>Troy, NY 12180", "Suite 4"),
        ("3rd Floor, 1 Elm St, Troy, NY 12180", "3rd Floor"),
        ("#5, 1 Elm St, Troy, NY 12180", "#5"),
    ],
)
def test_boxes_behind_and_units_before_the_street(text: str, unit: str) -> None:
    """The street is the street alone, and the box is kept whole."""
    assert parts(AddressParser.parse(text)) == us("1 Elm St", "Troy", "NY", "12180", unit=unit)


@pytest.mark.parametrize("text", ["1 Elm, ZZ 99999", "1 Elm, 99999", "1 Elm, QQ 00000"])
def test_a_zip_code_of_no_post_office_places_nothing(text: str) -> None:
    """No state is made of its first digits, and the reason is said."""
    location = AddressParser.parse(text)
    assert (location.state, location.city) == (None, None)
    assert any("no post office is known" in one.reason for one in location.unparsed)


@pytest.mark.parametrize(
    "text", ["1 Elm St, Springfield, XX 62701", "1 Elm St Springfield XX 62701", "1 Elm St\nSpringfield\nXX 62701"]
)
def test_two_letters_that_are_no_state_are_no_city(text: str) -> None:
    """The ZIP code says the state, and the reason names the letters."""
    location = AddressParser.parse(text)
    assert parts(location) == us("1 Elm St", "Springfield", "IL", "62701")
    assert [one.reason for one in location.unparsed] == ["'XX' is no state; the state follows from the ZIP code"]


def test_the_quarter_of_a_street_is_no_city() -> None:
    """SE at the end of a street stays there."""
    location = AddressParser.parse("123 5TH ST SE 55455")
    assert (location.street, location.city, location.state) == ("123 5TH ST SE", None, "MN")


def test_canada_may_stand_before_the_postal_code() -> None:
    """It is the country, not the city."""
    location = AddressParser.parse("8888 University Drive, Burnaby, British Columbia, Canada V5A 1S6")
    assert (location.street, location.city, location.state, location.country) == (
        "8888 University Drive", "Burnaby", "BC", "CA",
    )  # fmt: skip
