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

try:
    from geopy.adapters import BaseAsyncAdapter
    from geopy.exc import GeopyError
    from geopy.geocoders import Nominatim
except ImportError:  # said when a geocoder is made
    BaseAsyncAdapter = object
    Nominatim = None

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
        if Nominatim is None:
            raise MissingExtraError("The Nominatim geocoder", "enrich")
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
        scheme, _, domain = base_url.rstrip("/").partition("://")
        self._nominatim = Nominatim(
            user_agent=user_agent,
            scheme=scheme,
            domain=domain,
            adapter_factory=lambda *, proxies, ssl_context: _Adapter(self._client, proxies, ssl_context),
        )

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location, one after the other; None where nothing was found.

        Raises:
            RetryLaterError: The service does not answer.
            UnexpectedShapeError: It answers something else than its documentation says.
        """
        return [await self._one(location) for location in locations]

    async def _one(self, location: Location) -> GeoPoint | None:
        query = {
            "street": location.street,
            "city": location.city,
            "state": location.state,
            "postalcode": location.zip_code,
        }
        query = {name: value for name, value in query.items() if value}
        if "city" not in query and "postalcode" not in query:
            return None
        try:
            found = await self._nominatim.geocode(query, country_codes=_COUNTRIES.get(location.country or "US"))
            return None if found is None else _point(found.raw)
        except (GeopyError, KeyError, TypeError, ValueError) as error:
            raise UnexpectedShapeError(
                f"Nominatim gave an answer that is not what it promises: {type(error).__name__}.",
                hint="Try again later; if it stays so, the interface has changed.",
            ) from error

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


class _Adapter(BaseAsyncAdapter):  # type: ignore[misc]  # geopy has no types
    """Lets geopy ask through the client: limits, breaker, retries and cache are the client's."""

    def __init__(self, client: HttpClient, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self._client = client

    async def get_json(self, url: str, *, timeout: float, headers: Any) -> Any:  # noqa: ARG002, ASYNC109 - geopy's own
        """Return the JSON of an answer; ``User-Agent`` and timeouts are the client's."""
        return (await self._client.request(url, expect="json")).json()

    async def get_text(self, url: str, *, timeout: float, headers: Any) -> str:  # noqa: ARG002, ASYNC109 - geopy's own
        """Return the text of an answer."""
        return (await self._client.request(url, expect="text")).text()


def _point(raw: Mapping[str, Any]) -> GeoPoint | None:
    """Read a result; one that is larger than a city is none."""
    rank = int(raw.get("place_rank", 0))
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
    return GeoPoint(float(raw["lat"]), float(raw["lon"]), precision, SOURCE)
