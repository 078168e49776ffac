"""Geocoders against replicas of their services."""

from __future__ import annotations

import pytest

from headgate.config.policies import CacheConfig
from headgate.enrich import AddressParser, Location, Precision
from headgate.enrich.geocoding import (
    CensusGeocoder,
    GeocoderChain,
    KnownPoints,
    NominatimGeocoder,
    OfflineGeocoder,
    geocode,
)
from headgate.enrich.geocoding.census import _read_batch
from headgate.errors import ConfigError, HeadgateError, RetryLaterError, UnexpectedShapeError
from headgate.testing.clock import FakeClock
from headgate.testing.providers import CensusReplica, NominatimReplica

NO_FILE = CacheConfig(second_level="none")
ELM = AddressParser.parse("1 Elm St, Troy, NY 12180")
OAK = AddressParser.parse("2 Oak St, Troy, NY 12180")
TIE = AddressParser.parse("3 Tie St, Troy, NY 12180")
NOWHERE = AddressParser.parse("4 Nowhere St, Troy, NY 12180")
STREETS = {
    ("1 ELM ST", "12180"): [(42.73, -73.69)],
    ("2 OAK ST", "12180"): [(42.74, -73.68)],
    ("3 TIE ST", "12180"): [(42.70, -73.60), (42.71, -73.61)],
}


def census(replica: CensusReplica, clock: FakeClock | None = None) -> CensusGeocoder:
    """Make a geocoder that asks the replica, on a clock that stands still."""
    return CensusGeocoder(base_url=f"{replica.url}/geocoder", cache=NO_FILE, clock=clock or FakeClock())


async def test_census_answers_few_addresses_one_by_one() -> None:
    """A match has a point on the street, a tie and an unknown address have none, and answers are cached."""
    async with CensusReplica(STREETS) as replica, census(replica) as geocoder:
        for _ in range(2):
            found = await geocoder.locate([ELM, TIE, NOWHERE, Location(city="Troy")])
            assert [point and (point.latitude, point.longitude, point.precision) for point in found] == [
                (42.73, -73.69, Precision.STREET), None, None, None,
            ]  # fmt: skip
        assert replica.requests == {"address": 3}


async def test_census_answers_many_addresses_in_a_batch() -> None:
    """A batch is one request, its answers find their addresses in any order, and foreign ones are not sent."""
    foreign = Location(street="8888 University Drive", city="Burnaby", state="BC", country="CA")
    asked = [NOWHERE, ELM, foreign, OAK, TIE, ELM]
    async with CensusReplica(STREETS) as replica, census(replica) as geocoder:
        found = await geocoder.locate(asked)
        assert [point and point.latitude for point in found] == [None, 42.73, None, 42.74, None, 42.73]
        assert replica.requests == {"addressbatch": 1}


async def test_a_street_with_commas_quotes_and_accents_survives_the_batch() -> None:
    """The file of addresses is CSV: what stands in a street does not break it."""
    street = 'José "Pepe" St, Bldg 2'
    odd = Location(street=street, city="Troy", state="NY", zip_code="12180", country="US")
    async with CensusReplica({(street.upper(), "12180"): [(42.0, -73.0)]}) as replica, census(replica) as geocoder:
        assert [point and point.latitude for point in await geocoder.locate([odd] * 5)] == [42.0] * 5


@pytest.mark.parametrize("fault", ["500", "429", "reset"])
async def test_a_batch_is_tried_again(fault: str) -> None:
    """A fault that passes is not seen."""
    clock = FakeClock()
    async with CensusReplica(STREETS, faults=f"addressbatch:{fault}x1") as replica, census(replica, clock) as geocoder:
        found = await clock.run(geocoder.locate([ELM] * 5))
        assert all(point is not None for point in found)
        assert replica.requests["addressbatch"] == 2


async def test_a_service_that_stays_down_is_an_error_to_retry_later() -> None:
    """Nothing is invented when the service fails for good."""
    clock = FakeClock()
    async with CensusReplica(STREETS, faults="*:503") as replica, census(replica, clock) as geocoder:
        with pytest.raises(RetryLaterError):
            await clock.run(geocoder.locate([ELM]))


@pytest.mark.parametrize("fault", ["empty", "html", "truncate"])
async def test_an_answer_that_is_no_table_is_refused(fault: str) -> None:
    """A batch that comes back incomplete is an error, not a table of addresses that do not exist."""
    clock = FakeClock()
    async with CensusReplica(STREETS, faults=f"*:{fault}") as replica, census(replica, clock) as geocoder:
        with pytest.raises(HeadgateError):
            await clock.run(geocoder.locate([ELM] * 5))


@pytest.mark.parametrize(
    "text",
    [
        '"1"',
        '"1","x","y"',
        '"1","x","Match","Exact","x","no,coordinates"',
        '"one","x","Tie"',
        '"1","x","Match","Exact","x","1"',
    ],
)
def test_a_table_of_another_shape_is_refused(text: str) -> None:
    """What cannot be read is said, with the address of the service."""
    with pytest.raises(UnexpectedShapeError, match="http://census"):
        _read_batch(text, "http://census")


PLACES = {
    "1 ELM ST|TROY|NY|12180": {"lat": "42.73", "lon": "-73.69", "place_rank": 30, "type": "university"},
    "2 OAK ST|TROY|NY|12180": {"lat": "42.74", "lon": "-73.68", "place_rank": 26, "type": "residential"},
    "|TROY||": {"lat": "42.7", "lon": "-73.7", "place_rank": 16, "type": "city"},
    "|NEW YORK||": {"lat": "43", "lon": "-75", "place_rank": 8, "type": "administrative"},
}


async def test_nominatim_says_how_exact_a_point_is() -> None:
    """Houses, streets and cities are told apart; what is larger than a city is no point."""
    asked = [ELM, OAK, Location(city="Troy"), Location(city="New York"), NOWHERE, Location(street="1 Elm St")]
    clock = FakeClock()
    async with NominatimReplica(PLACES, clock=clock.monotonic) as replica:
        async with NominatimGeocoder("ann@example.org", base_url=replica.url, cache=NO_FILE, clock=clock) as geocoder:
            found = await clock.run(geocoder.locate(asked))
        assert [point and point.precision.value for point in found] == ["rooftop", "street", "city", None, None, None]
        assert replica.user_agents == {"headgate/0.1 (ann@example.org)"}


async def test_nominatim_is_asked_once_a_second_and_not_twice_for_the_same() -> None:
    """The usage policy is kept: one request per second, answers remembered."""
    clock = FakeClock()
    async with NominatimReplica(PLACES, enforce_policy=True, clock=clock.monotonic) as replica:
        async with NominatimGeocoder("https://a.example", base_url=replica.url, cache=NO_FILE, clock=clock) as geocoder:
            started = clock.monotonic()
            await clock.run(geocoder.locate([ELM, OAK, NOWHERE, ELM, OAK]))
        assert clock.monotonic() - started >= 2
        assert replica.requests == {"search": 3}
        assert replica.too_fast == 0


def test_nominatim_wants_to_know_who_asks_and_is_not_hurried() -> None:
    """Without a contact, or faster than the public service allows, no geocoder is made."""
    for arguments in ({"contact": "me"}, {"contact": "ann@example.org", "requests_per_second": 2.0}):
        with pytest.raises(ConfigError):
            NominatimGeocoder(**arguments)  # type: ignore[arg-type]


async def test_the_chain_asks_the_next_for_what_is_missing_or_in_the_wrong_state() -> None:
    """Known points first, then the service, then offline; a point in another state is rejected and said."""
    known = KnownPoints(
        [
            {"ADDRESS": "1 ELM ST", "ZIP": "12180", "LATITUDE": "42.7", "LONGITUDE": "-73.7"},
            {"ADDRESS": "2 OAK ST", "ZIP": "12180", "LATITUDE": "34.0", "LONGITUDE": "-118.0"},
        ]
    )
    async with CensusReplica({("2 OAK ST", "12180"): [(34.0, -118.0)]}) as replica, census(replica) as geocoder:
        chain = GeocoderChain(known, geocoder, OfflineGeocoder())
        found = await geocode([ELM, OAK, Location(street="no address")], chain)
    assert [location.source for location in found] == ["institutions", "gazetteer", None]
    assert [location.precision for location in found] == [Precision.ROOFTOP, Precision.ZIP, None]
    assert sum("outside NY" in warning for warning in chain.warnings) == 2


async def test_a_geocoder_that_is_down_never_fails_the_chain() -> None:
    """The failure is a warning, and the next one answers."""
    clock = FakeClock()
    async with CensusReplica(STREETS, faults="*:500") as replica, census(replica, clock) as geocoder:
        chain = GeocoderChain(geocoder, OfflineGeocoder())
        points = await clock.run(chain.locate([ELM]))
    assert points[0] is not None
    assert points[0].precision is Precision.ZIP
    assert chain.warnings[0].startswith("CensusGeocoder: ")


async def test_parse_and_geocode_needs_no_network() -> None:
    """By default the point is the middle of the ZIP code; another geocoder can be given."""
    offline = await AddressParser.parse_and_geocode("1 Elm St<br>Troy, NY 12180")
    assert (offline.city, offline.precision, offline.source) == ("Troy", Precision.ZIP, "gazetteer")
    assert await AddressParser.parse_and_geocode("no address") == AddressParser.parse("no address")
    async with CensusReplica(STREETS) as replica, census(replica) as geocoder:
        exact = await AddressParser.parse_and_geocode("1 Elm St, Troy, NY 12180", geocoder=geocoder)
    assert (exact.latitude, exact.precision) == (42.73, Precision.STREET)
