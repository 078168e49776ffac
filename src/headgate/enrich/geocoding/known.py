"""Points that the institutions file already has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headgate.enrich.gazetteer import city_key
from headgate.enrich.geocoding.point import GeoPoint
from headgate.enrich.location import Location, Precision

SOURCE = "institutions"


class KnownPoints:
    """Gives the coordinates of institutions whose address is the one asked for: same street line, same ZIP code.

    Args:
        rows: Rows of the institutions file: ``ADDRESS``, ``ZIP``, ``LATITUDE``, ``LONGITUDE``.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._points: dict[tuple[str, str], GeoPoint | None] = {}
        for row in rows:
            key = _key(str(row.get("ADDRESS") or ""), str(row.get("ZIP") or ""))
            point = _point(row)
            if key is None or point is None:
                continue
            # two institutions under one address, each with a point of its own: either may be meant
            known = self._points.setdefault(key, point)
            if known is not None and known != point and max(abs(known[0] - point[0]), abs(known[1] - point[1])) > _NEAR:
                self._points[key] = None

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return the known point of each location, or None."""
        keys = [_key(location.street_line or "", location.zip_code or "") for location in locations]
        return [None if key is None else self._points.get(key) for key in keys]


_NEAR = 0.01
"""Degrees, about a kilometre."""


def _key(street: str, zip_code: str) -> tuple[str, str] | None:
    key = city_key(street.split())
    return (key, zip_code) if key and key != "NOTAVAILABLE" and zip_code else None


def _point(row: Mapping[str, Any]) -> GeoPoint | None:
    try:
        latitude, longitude = float(row["LATITUDE"]), float(row["LONGITUDE"])
    except (KeyError, TypeError, ValueError):
        return None
    return GeoPoint(latitude, longitude, Precision.ROOFTOP, SOURCE)
