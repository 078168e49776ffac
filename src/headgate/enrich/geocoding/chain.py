"""Several geocoders, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.enrich.geocoding.point import Geocoder, GeoPoint, with_point
from headgate.enrich.location import Location
from headgate.enrich.states import in_state
from headgate.errors import BugError, HeadgateError


class GeocoderChain:
    """Asks geocoders in order, each for what the ones before it did not find.

    A point outside the location's state is rejected, and the next geocoder is asked. A geocoder that fails is left out
    of this call, and the failure is in ``warnings``: geocoding never fails a sync.

    Args:
        geocoders: The geocoders, the most exact first; the last one is best offline.
    """

    def __init__(self, *geocoders: Geocoder) -> None:
        self._geocoders = geocoders
        self._warnings: list[str] = []

    @property
    def warnings(self) -> list[str]:
        """What went wrong since the chain was made, in it and in its geocoders."""
        return [*self._warnings, *(message for one in self._geocoders for message in getattr(one, "warnings", ()))]

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location, from the first geocoder that has one in the right state."""
        points: list[GeoPoint | None] = [None] * len(locations)
        for geocoder in self._geocoders:
            open_at = [position for position, point in enumerate(points) if point is None]
            if not open_at:
                break
            try:
                found = await geocoder.locate([locations[position] for position in open_at])
            except BugError:
                raise
            except HeadgateError as error:
                self._warnings.append(f"{type(geocoder).__name__}: {error.message}")
                continue
            for position, point in zip(open_at, found, strict=True):
                points[position] = self._accepted(locations[position], point)
        return points

    def _accepted(self, location: Location, point: GeoPoint | None) -> GeoPoint | None:
        if point is None or not location.state or in_state(location.state, point.latitude, point.longitude):
            return point
        where = ", ".join(filter(None, (location.street_line, location.city, location.state)))
        self._warnings.append(f"{point.source} gave a point outside {location.state} for {where}: it was rejected.")
        return None


async def geocode(locations: Sequence[Location], geocoder: Geocoder) -> list[Location]:
    """Return the locations with their points; those without one stay as they are."""
    return [
        location if point is None else with_point(location, point)
        for location, point in zip(locations, await geocoder.locate(locations), strict=True)
    ]
