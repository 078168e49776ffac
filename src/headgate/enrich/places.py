"""Where institutions are, by their rows in the file, and whether their schools are there too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.enrich.geocoding.offline import OfflineGeocoder
from headgate.enrich.geocoding.point import GeoPoint, kilometres, with_point
from headgate.enrich.location import Location, Precision
from headgate.enrich.states import in_world

FAR = 50.0
"""Kilometres between an address and its institution beyond which the address is that of another place."""

_NOTHING = {"", "NOT AVAILABLE"}


def place_of_institution(row: Mapping[str, Any], source: str) -> Location | None:
    """Return where an institution is, as its row in the file says; None if it says nothing.

    A point outside the state of the address is not believed.
    """
    street, city, state, zip_code, zip4 = (_text(row, name) for name in ("ADDRESS", "CITY", "STATE", "ZIP", "ZIP4"))
    if city is None and zip_code is None:
        return None
    place = Location(street=street, city=city, state=state, zip_code=zip_code, zip4=zip4, country="US")
    try:
        point = GeoPoint(float(row["LATITUDE"]), float(row["LONGITUDE"]), Precision.ROOFTOP, source)
    except (KeyError, TypeError, ValueError):
        return place
    return with_point(place, point) if state is not None and in_world(point.latitude, point.longitude) else place


def point_of_institution(location: Location, institution: Location | None) -> GeoPoint | None:
    """Return the institution's point for the address of its school; None if the address is that of another place.

    It is another place if its state is another one, or if the middle of its ZIP code or city is far away.
    """
    if institution is None or institution.latitude is None or institution.longitude is None:
        return None
    if location.state != institution.state:
        return None
    there = institution.latitude, institution.longitude
    middle = OfflineGeocoder().point(location.zip_code, location.city, location.state)
    if middle is not None and kilometres((middle.latitude, middle.longitude), there) > FAR:
        return None
    return GeoPoint(*there, Precision.ROOFTOP, institution.source or "")


def _text(row: Mapping[str, Any], column: str) -> str | None:
    text = str(row.get(column) or "").strip()
    return None if text.upper() in _NOTHING else text
