"""Without the extra the errors say what to install."""

from __future__ import annotations

import sys

import pytest

from headgate.enrich import AddressParser
from headgate.enrich.address.city import _is_installed
from headgate.enrich.gazetteer import load_gazetteer
from headgate.enrich.geocoding import NominatimGeocoder, OfflineGeocoder
from headgate.errors import MissingExtraError


@pytest.fixture(autouse=True)
def _forget_what_is_installed() -> object:
    load_gazetteer.cache_clear()
    yield
    load_gazetteer.cache_clear()
    _is_installed.cache_clear()


def test_reading_and_locating_need_the_data_of_zip_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package with the places is named by its extra."""
    monkeypatch.setitem(sys.modules, "zipcodes", None)
    for call in (lambda: AddressParser.parse("1 Elm St, Troy, NY 12180"), OfflineGeocoder):
        with pytest.raises(MissingExtraError) as caught:
            call()
        assert caught.value.extra == "enrich"


def test_reading_needs_usaddress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without usaddress no address is read, not even one that would not need it."""
    monkeypatch.setitem(sys.modules, "usaddress", None)
    _is_installed.cache_clear()
    with pytest.raises(MissingExtraError):
        AddressParser.parse("1 Elm St, Troy, NY 12180")


def test_nominatim_needs_geopy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without geopy no geocoder is made."""
    monkeypatch.setitem(sys.modules, "geopy.geocoders", None)
    monkeypatch.delitem(sys.modules, "headgate.enrich.geocoding.through_geopy", raising=False)
    with pytest.raises(MissingExtraError):
        NominatimGeocoder("ann@example.org")
