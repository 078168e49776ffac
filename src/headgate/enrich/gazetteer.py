"""The places of the United States by ZIP code: their names, and where they are.

The data ships with the package ``zipcodes`` (names and types: unitedstateszipcodes.org and USPS; points: GeoNames,
CC BY 4.0); nothing is downloaded.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from headgate.enrich.states import in_state
from headgate.errors import MissingExtraError

Point = tuple[float, float]
"""Latitude and longitude in degrees, WGS 84."""

_LONG_FORMS = {
    "ST": "SAINT", "STE": "SAINTE", "FT": "FORT", "MT": "MOUNT", "MTN": "MOUNTAIN", "HTS": "HEIGHTS", "SPGS": "SPRINGS",
    "SPRGS": "SPRINGS", "BCH": "BEACH", "JCT": "JUNCTION", "CTR": "CENTER", "VLY": "VALLEY", "HBR": "HARBOR",
    "N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST",
}  # fmt: skip
_ASCII_ONLY = {ord(character): None for character in ".,'’`#()"}  # noqa: RUF001 - the typographic apostrophe is meant


class Place(NamedTuple):
    """What is known about a ZIP code.

    Attributes:
        state: Two letters.
        names: Names of its city, the one the USPS prefers first.
        point: Its middle; None if it is not known, or known to be wrong.
    """

    state: str
    names: tuple[str, ...]
    point: Point | None


@lru_cache(maxsize=16_384)
def word_key(word: str) -> str:
    """Return the form in which one word of a city's name is compared."""
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word)
        word = "".join(character for character in decomposed if not unicodedata.combining(character))
    parts = word.upper().replace("-", " ").translate(_ASCII_ONLY).split()
    return "".join([_LONG_FORMS.get(part, part) for part in parts])


def city_key(words: Sequence[str]) -> str:
    """Return the form in which names of cities are compared: ``("St.", "Louis")`` and ``("Saint", "Louis")`` are one.

    Blanks are left out: ``De Kalb`` is ``DeKalb``.
    """
    return joined_key([word_key(word) for word in words])


def joined_key(keys: Sequence[str]) -> str:
    """Return the key of a name from the keys of its words."""
    return "".join(keys).replace("AIRFORCEBASE", "AFB")


class Gazetteer:
    """Names and points of ZIP codes, cities by state.

    Args:
        places: What is known, by ZIP code.
    """

    def __init__(self, places: dict[str, Place]) -> None:
        self._places = places
        self._of_zip: dict[str, dict[str, int]] = {}
        self._zips_of: dict[str, list[str]] = defaultdict(list)
        self._wider: dict[str, dict[str, int]] = {}
        self._points: dict[tuple[str, str], Point] = {}
        points: dict[tuple[str, str], list[Point]] = defaultdict(list)
        for zip_code, place in places.items():
            self._zips_of[zip_code[:3]].append(zip_code)
            self._zips_of[place.state].append(zip_code)
            if place.point is not None and place.names:
                points[place.state, city_key(place.names[0].split())].append(place.point)
        self._points = {name: _middle(found) for name, found in points.items()}

    def place(self, zip_code: str) -> Place | None:
        """Return what is known about a ZIP code."""
        return self._places.get(zip_code)

    def point_of_city(self, city: str, state: str) -> Point | None:
        """Return the middle of the ZIP codes of a city."""
        return self._points.get((state, city_key(city.split())))

    def cities_of_zip(self, zip_code: str) -> dict[str, int]:
        """Return the keys of the names of a ZIP code's city; the value is the rank, 0 for what the USPS prefers."""
        found = self._of_zip.get(zip_code)
        if found is None:
            place = self._places.get(zip_code)
            found = _ranked(place.names) if place else {}
            self._of_zip[zip_code] = found
        return found

    def cities_of_region(self, region: str) -> dict[str, int]:
        """Return the keys of all cities of a state, or of the ZIP codes that begin with three digits."""
        found = self._wider.get(region)
        if found is None:
            found = {}
            for zip_code in self._zips_of.get(region, ()):
                found.update(self.cities_of_zip(zip_code))
            self._wider[region] = found
        return found


def _ranked(names: Iterable[str]) -> dict[str, int]:
    ranked: dict[str, int] = {}
    for rank, name in enumerate(names):
        ranked.setdefault(city_key(name.split()), rank)
    return ranked


def _middle(points: Sequence[Point]) -> Point:
    """Return the point with the median latitude and longitude: one that is wrong does not move it far."""
    latitudes, longitudes = sorted(point[0] for point in points), sorted(point[1] for point in points)
    half = len(points) // 2
    return latitudes[half], longitudes[half]


@cache
def load_gazetteer() -> Gazetteer:
    """Return the gazetteer; read once per process, in about a second.

    Raises:
        MissingExtraError: The package with the data is not installed.
    """
    try:
        import zipcodes  # noqa: PLC0415 - an extra: imported where it is needed
    except ImportError:
        raise MissingExtraError("Reading and locating addresses", "enrich") from None
    places = {}
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]
        names = (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"])
        places[row["zip_code"]] = Place(row["state"], names, _point(row["state"], row["lat"], row["long"]))
    return Gazetteer(places)


def _point(state: str, latitude: str, longitude: str) -> Point | None:
    """Return a point of the data; None where it has none (written 0) or one outside the state."""
    point = float(latitude or 0), float(longitude or 0)
    return point if point != (0.0, 0.0) and in_state(state, *point) else None
