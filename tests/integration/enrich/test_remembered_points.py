"""Points that were asked for once: kept for long, and the answer for a geocoder that is down."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from headgate.config.policies import CacheConfig
from headgate.enrich import AddressParser, MemoryKnownFigures, Precision
from headgate.enrich.geocoding import CensusGeocoder, GeocoderChain, OfflineGeocoder, RememberedPoints, geocode
from headgate.testing.clock import FakeClock
from headgate.testing.providers import CensusReplica

UNCACHED = CacheConfig(enabled=False)
ELM = AddressParser.parse("1 Elm St, Troy, NY 12180")
SHOUTED = AddressParser.parse("1 ELM ST, TROY, NY 12180-0001")
OAK = AddressParser.parse("2 Oak St, Troy, NY 12180")
DAY = 86_400.0


@pytest.fixture
async def census() -> AsyncIterator[CensusReplica]:
    """Serve the geocoder of the Census Bureau, which knows one street."""
    async with CensusReplica({("1 ELM ST", "12180"): [(42.73, -73.69)]}) as replica:
        yield replica


async def test_an_address_is_asked_for_once(census: CensusReplica) -> None:
    """In whatever form it comes again it is answered from memory, until it is too old; so is one that is not found."""
    clock = FakeClock()
    async with CensusGeocoder(base_url=f"{census.url}/geocoder", cache=UNCACHED, clock=clock) as geocoder:
        points = RememberedPoints(geocoder, MemoryKnownFigures(), name="census", keep=90 * DAY, clock=clock)
        first = await clock.run(points.locate([ELM, OAK, ELM]))
        assert first[0] is not None
        assert (first[0].precision, first[0].source, first[1], first[2]) == (
            Precision.STREET, "census", None, first[0],
        )  # fmt: skip
        asked = sum(census.requests.values())
        assert asked == 2
        clock.move(80 * DAY)
        assert await clock.run(points.locate([SHOUTED, OAK])) == [first[0], None]
        assert sum(census.requests.values()) == asked
        clock.move(20 * DAY)
        assert await clock.run(points.locate([ELM])) == [first[0]]
        assert sum(census.requests.values()) == asked + 1


async def test_a_geocoder_that_is_down_is_answered_for(census: CensusReplica) -> None:
    """What it said is used however old it is; what it never said comes from the next geocoder, with a warning."""
    clock, known = FakeClock(), MemoryKnownFigures()
    async with CensusGeocoder(base_url=f"{census.url}/geocoder", cache=UNCACHED, clock=clock) as geocoder:
        points = RememberedPoints(geocoder, known, name="census", keep=DAY, clock=clock)
        before = await clock.run(points.locate([ELM]))
        census.faults.reset("*:503")
        clock.move(30 * DAY)
        located = await clock.run(geocode([ELM, OAK], GeocoderChain(points, OfflineGeocoder())))
    assert before[0] is not None
    assert (located[0].latitude, located[0].precision) == (before[0].latitude, Precision.STREET)
    assert located[1].precision is Precision.ZIP
    assert points.warnings[0].startswith("census: ")
