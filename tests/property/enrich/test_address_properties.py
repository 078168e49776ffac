"""What holds for every text that is given as an address."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.enrich.address import AddressParser
from headgate.enrich.states import STATES

PIECES = st.sampled_from(
    [
        "1 Main St", "ONE ELM", "Troy", "NY", "12180", "12180-1234", ",", "<br>", "</span>", "<span>", "&nbsp;", "\n",
        "Suite 4", "#5", "P.O. Box 3", "Canada", "V5A 1S6", "BC", "USA", "<script>", "<!--", "-->", "Puerto Rico", " ",
        "é", "\x00", "Main Campus", "United Kingdom", "2138", ".", "MA", "St", "University", "00680",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map(" ".join), st.lists(PIECES, max_size=12).map("".join))


@settings(deadline=None)  # the first address loads the gazetteer
@given(TEXTS)
def test_no_text_raises_and_nothing_is_invented(text: str) -> None:
    """Every part of a location stands in the text, codes are valid, and coordinates are never made up."""
    location = AddressParser.parse(text)
    assert location.latitude is None
    assert location.longitude is None
    assert location.zip_code is None or len(location.zip_code) in {5, 7}
    assert location.country != "US" or location.state is None or location.state in STATES
    assert location.is_complete or location.unparsed
    # a city takes over no letter that was not there
    plain = [character for character in text if character.isalnum()]
    assert "&" in text or location.city is None or set(filter(str.isalnum, location.city)) <= set(plain)


@settings(deadline=None)  # the first address loads the gazetteer
@given(TEXTS)
def test_reading_twice_gives_the_same(text: str) -> None:
    """The parser keeps nothing from one address to the next."""
    first = AddressParser.parse(text)
    AddressParser.parse("1 Main St, Troy, NY 12180")
    assert AddressParser.parse(text) == first
