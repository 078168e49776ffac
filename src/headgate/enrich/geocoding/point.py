"""What a geocoder answers, and what a geocoder is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from headgate.enrich.location import Location, Precision, Unparsed
from headgate.enrich.states import in_state


class GeoPoint(NamedTuple):
    """A point, how exact it is, and who gave it.

    Attributes:
        latitude: Degrees, WGS 84.
        longitude: Degrees, WGS 84.
        precision: How exact it is.
        source: Who gave it.
    """

    latitude: float
    longitude: float
    precision: Precision
    source: str


class Geocoder(Protocol):
    """Finds points. Bring your own by writing one method."""

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location, in the same order; None where it knows none.

        Raises:
            HeadgateError: It cannot answer at all, now or ever.
        """
        ...


_EARTH = 6371.0
"""Mean radius in kilometres."""


def kilometres(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Return the distance of two points, each latitude and longitude in degrees, along the surface (haversine)."""
    south, west, north, east = map(math.radians, (*here, *there))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))


def with_point(location: Location, point: GeoPoint | None) -> Location:
    """Return the location with a point; one outside the location's state is rejected, with the reason."""
    if point is None:
        return location
    if location.state and not in_state(location.state, point.latitude, point.longitude):
        reason = f"{point.source} gave a point outside {location.state}: it was rejected"
        rejected = Unparsed(f"{point.latitude:.5f}, {point.longitude:.5f}", reason)
        return replace(location, unparsed=(*location.unparsed, rejected))
    return replace(
        location,
        latitude=point.latitude,
        longitude=point.longitude,
        precision=point.precision,
        source=point.source,
    )
