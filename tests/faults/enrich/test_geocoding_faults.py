"""Geocoding through services that fail at random: points are right, coarse or absent, never invented."""

from __future__ import annotations

import pytest

from headgate.config.policies import CacheConfig
from headgate.enrich import AddressParser
from headgate.enrich.geocoding import CensusGeocoder, GeocoderChain, NominatimGeocoder, OfflineGeocoder
from headgate.testing.clock import FakeClock
from headgate.testing.providers import CensusReplica, NominatimReplica

NO_FILE = CacheConfig(second_level="none")
FAULTS = "*:429*0.1@1s,500*0.2,503*0.1,reset*0.1,truncate*0.1,empty*0.1,html*0.1"
STREETS = ["1 Elm St", "2 Oak St", "3 Ash St", "4 Fir St", "5 Yew St", "6 Bay St", "7 Box St"]
LOCATIONS = [AddressParser.parse(f"{street}, Troy, NY 12180") for street in STREETS]
BY_CENSUS = {(street.upper(), "12180"): [(42.7 + n / 1000, -73.7)] for n, street in enumerate(STREETS[:3])}
BY_NOMINATIM = {
    f"{street}|TROY|NY|12180".upper(): {"lat": f"{42.8 + n / 1000:.3f}", "lon": "-73.6", "place_rank": 30}
    for n, street in enumerate(STREETS[3:6], start=3)
}


@pytest.mark.parametrize("seed", range(6))
async def test_points_are_right_or_coarse_whatever_fails(seed: int) -> None:
    """Each address has the point of the service that knows it, or the middle of its ZIP code."""
    clock = FakeClock()
    async with (
        CensusReplica(BY_CENSUS, faults=FAULTS, seed=seed) as census,
        NominatimReplica(BY_NOMINATIM, clock=clock.monotonic, faults=FAULTS, seed=seed) as nominatim,
        CensusGeocoder(base_url=f"{census.url}/geocoder", cache=NO_FILE, clock=clock) as first,
        NominatimGeocoder("ann@example.org", base_url=nominatim.url, cache=NO_FILE, clock=clock) as second,
    ):
        chain = GeocoderChain(first, second, OfflineGeocoder())
        points = await clock.run(chain.locate(LOCATIONS))
    middle = OfflineGeocoder().point("12180", "Troy", "NY")
    for position, point in enumerate(points):
        assert point is not None
        exact = (42.7 if position < 3 else 42.8) + position / 1000
        assert point == middle or (point.latitude == pytest.approx(exact) and point.source in {"census", "nominatim"})
    assert points[6] == middle
