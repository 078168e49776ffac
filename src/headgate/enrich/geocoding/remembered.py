"""Points that a geocoder gave before: kept for long, because addresses stay where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.enrich.gazetteer import city_key
from headgate.enrich.geocoding.point import Geocoder, GeoPoint
from headgate.enrich.known_figures import Known, KnownFigures
from headgate.enrich.location import Location, Precision
from headgate.errors import BugError, HeadgateError

_DAY = 86_400.0


class RememberedPoints:
    """Asks a geocoder once for each address, and remembers what it said; also that it knew nothing.

    A geocoder that fails is answered for by what it said last, however old that is; an address it was never asked for
    has no point then, and the failure is in ``warnings``.

    Args:
        geocoder: Who is asked.
        known: Where points are kept.
        name: The word under which they are kept, and that warnings begin with.
        keep: Seconds after which an address is asked for again.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        geocoder: Geocoder,
        known: KnownFigures,
        *,
        name: str,
        keep: float = 90 * _DAY,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._geocoder = geocoder
        self._known = known
        self._name = name
        self._keep = keep
        self._clock = clock
        self.warnings: list[str] = []
        """What went wrong since it was made."""

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location, from memory where it is there."""
        keys = [_key(location) for location in locations]
        known = dict(await self._known.recall(self._name, list(dict.fromkeys(keys))))
        oldest = self._clock.time() - self._keep
        asked = {key: one for key, one in zip(keys, locations, strict=True) if not _is_fresh(known.get(key), oldest)}
        if asked:
            known |= await self._ask(asked)
        return [_point(known.get(key), self._name) for key in keys]

    async def _ask(self, asked: Mapping[str, Location]) -> dict[str, Known]:
        try:
            points = await self._geocoder.locate(list(asked.values()))
        except BugError:
            raise
        except HeadgateError as error:
            self.warnings.append(f"{self._name}: {error.message} What it said before is used.")
            return {}
        now = self._clock.time()
        found = {key: Known(_figures(point), now, None) for key, point in zip(asked, points, strict=True)}
        await self._known.remember(self._name, found)
        return found


def _key(location: Location) -> str:
    """Return the form in which addresses are compared: street, city, state, ZIP code and country without blanks."""
    parts = (location.street_line, location.city, location.state, location.zip_code, location.country)
    return "|".join(city_key((part or "").split()) for part in parts)


def _is_fresh(known: Known | None, oldest: float) -> bool:
    return known is not None and known.fetched_at >= oldest


def _figures(point: GeoPoint | None) -> dict[str, str | float]:
    if point is None:
        return {}
    return {"latitude": point.latitude, "longitude": point.longitude, "precision": point.precision.value}


def _point(known: Known | None, source: str) -> GeoPoint | None:
    if known is None or not known.figures:
        return None
    figures = known.figures
    return GeoPoint(
        float(figures["latitude"]), float(figures["longitude"]), Precision(str(figures["precision"])), source
    )
