"""Nominatim, the geocoder of OpenStreetMap, through geopy and Headgate's own client."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig
from headgate.enrich.geocoding.point import GeoPoint
from headgate.enrich.location import Location, Precision
from headgate.errors import ConfigError, MissingExtraError, UnexpectedShapeError
from headgate.http import HttpClient, Transport
from headgate.metrics import ExtractionMetrics

SOURCE = "nominatim"
BASE_URL = "https://nominatim.openstreetmap.org"

_DAY = 86_400.0
# a little below the one per second that is allowed: what leaves a second apart can arrive a little closer
_POLITE = 0.95
_CONTACT = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+").fullmatch
_COUNTRIES = {"US": ["us", "pr", "gu", "vi", "as", "mp"], "CA": ["ca"]}
_HOUSE = 28
_STREET = 26
_CITY = 13


class NominatimGeocoder:
    """Looks addresses up in OpenStreetMap (© OpenStreetMap contributors, ODbL: say so where you show the points).

    Keeps to the usage policy of the public service: one request per second at the most, one at a time, who asks and how
    to reach them in ``User-Agent``, answers kept for thirty days. Use it as an asynchronous context manager.

    Args:
        contact: Your mail address or web site.
        base_url: Where the service is; your own server has no limit but its own.
        requests_per_second: The pace; more than 1 only for a server of your own.
        transport: What carries requests, instead of the network.
        cache: What is kept of answers; None keeps them for thirty days.
        metrics: Where requests are counted.
        clock: Where the time comes from.

    Raises:
        ConfigError: The contact is none, or the public service is to be asked faster than it allows.
        MissingExtraError: geopy is not installed.
    """

    def __init__(
        self,
        contact: str,
        *,
        base_url: str = BASE_URL,
        requests_per_second: float = _POLITE,
        transport: Transport | None = None,
        cache: CacheConfig | None = None,
        metrics: ExtractionMetrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        try:
            from headgate.enrich.geocoding.through_geopy import NominatimSearch  # noqa: PLC0415 - an extra
        except ImportError:
            raise MissingExtraError("The Nominatim geocoder", "enrich") from None
        if not _CONTACT(contact):
            raise ConfigError(
                f"'{contact}' is no way to reach you.",
                hint="Nominatim's usage policy asks for a mail address or a web site: give yours.",
            )
        if requests_per_second > 1 and base_url.rstrip("/") == BASE_URL:
            raise ConfigError(
                "The public Nominatim service allows one request per second.",
                hint="Leave requests_per_second at 1, or name a server of your own as base_url.",
            )
        user_agent = f"headgate/0.1 ({contact})"
        self._client = HttpClient(
            http=HttpConfig(user_agent=user_agent, respect_robots=False),
            rate_limit=RateLimitConfig(requests_per_second=requests_per_second, burst_size=1, concurrent_limit=1),
            cache=cache or CacheConfig(memory_ttl=30 * _DAY, redis_ttl=30 * _DAY),
            transport=transport,
            metrics=metrics,
            clock=clock,
        )
        self._search = NominatimSearch(self._client, base_url, user_agent)

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location, one after the other; None where nothing was found.

        Raises:
            RetryLaterError: The service does not answer.
            UnexpectedShapeError: It answers something else than its documentation says.
        """
        return [await self._one(location) for location in locations]

    async def _one(self, location: Location) -> GeoPoint | None:
        parts = {
            "street": location.street,
            "city": location.city,
            "state": location.state,
            "postalcode": location.zip_code,
        }
        query = {name: value for name, value in parts.items() if value}
        if "city" not in query and "postalcode" not in query:
            return None
        found = await self._search.first(query, _COUNTRIES.get(location.country or "US"))
        return None if found is None else _point(found)

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        """Return the geocoder."""
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()


def _point(raw: Mapping[str, Any]) -> GeoPoint | None:
    """Read a result; one that is larger than a city is none."""
    try:
        rank = int(raw.get("place_rank", 0))
        latitude, longitude = float(raw["lat"]), float(raw["lon"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnexpectedShapeError(
            f"Nominatim gave a result that is not what it promises: {type(error).__name__}.",
            hint="Try again later; if it stays so, the interface has changed.",
        ) from error
    if raw.get("type") == "postcode":
        precision = Precision.ZIP
    elif rank >= _HOUSE:
        precision = Precision.ROOFTOP
    elif rank >= _STREET:
        precision = Precision.STREET
    elif rank >= _CITY:
        precision = Precision.CITY
    else:
        return None
    return GeoPoint(latitude, longitude, precision, SOURCE)
