"""Points without a network: the middle of the ZIP code, else of the city."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.enrich.gazetteer import Gazetteer, city_key, load_gazetteer
from headgate.enrich.geocoding.point import GeoPoint
from headgate.enrich.location import Location, Precision

SOURCE = "gazetteer"


class OfflineGeocoder:
    """Gives the middle of the ZIP code, or of the city where there is none or the two contradict each other.

    Args:
        gazetteer: The places; None loads those of the package ``zipcodes``.

    Raises:
        MissingExtraError: The extra ``enrich`` is not installed.
    """

    def __init__(self, gazetteer: Gazetteer | None = None) -> None:
        self._gazetteer = gazetteer or load_gazetteer()

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location; None where neither ZIP code nor city is known."""
        return [self.point(location.zip_code, location.city, location.state) for location in locations]

    def point(self, zip_code: str | None, city: str | None, state: str | None) -> GeoPoint | None:
        """Return a point in the given state, or None.

        The ZIP code is believed if its state is the given one. If its city is another one and the given city is known
        to lie in the state under other ZIP codes altogether, one of the two is wrong, and the city is believed.
        """
        gazetteer = self._gazetteer
        place = gazetteer.place(zip_code) if zip_code else None
        if place is not None and place.point is not None and (state is None or place.state == state):
            point = place.point
            if city is None or self._can_be_in(city, zip_code or "", state):
                return GeoPoint(point[0], point[1], Precision.ZIP, SOURCE)
        centre = gazetteer.point_of_city(city, state) if city and state else None
        return GeoPoint(*centre, Precision.CITY, SOURCE) if centre is not None else None

    def _can_be_in(self, city: str, zip_code: str, state: str | None) -> bool:
        """Say whether a city can have a ZIP code: by name, because it is near, or because nothing else is known."""
        key = city_key(city.split())
        if key in self._gazetteer.cities_of_zip(zip_code) or key in self._gazetteer.cities_of_region(zip_code[:3]):
            return True
        return state is None or self._gazetteer.point_of_city(city, state) is None
