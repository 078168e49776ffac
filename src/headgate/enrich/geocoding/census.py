"""The geocoder of the US Census Bureau: free, without a key, for addresses in the United States."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.enrich.geocoding.point import GeoPoint
from headgate.enrich.location import Location, Precision
from headgate.errors import UnexpectedShapeError
from headgate.http import HttpClient, Transport
from headgate.metrics import ExtractionMetrics

SOURCE = "census"
BASE_URL = "https://geocoding.geo.census.gov/geocoder"

_BATCH_FROM = 5
_BATCH_SIZE = 1000
_BATCH_SECONDS = 300.0
_VERDICTS = {"Match", "No_Match", "Tie"}


class CensusGeocoder:
    """Interpolates points along streets: one request per address, or one per thousand of them.

    Use it as an asynchronous context manager. An address that could be in two places (a tie) has no point.

    Args:
        base_url: Where the service is.
        benchmark: The version of the street file.
        transport: What carries requests, instead of the network.
        cache: What is kept of answers to single requests.
        metrics: Where requests are counted.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        *,
        base_url: str = BASE_URL,
        benchmark: str = "Public_AR_Current",
        transport: Transport | None = None,
        cache: CacheConfig | None = None,
        metrics: ExtractionMetrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._benchmark = benchmark
        # robots.txt is for those who follow links; an interface that is offered to programs has terms of its own
        self._client = HttpClient(
            http=HttpConfig(respect_robots=False, deadline=2 * _BATCH_SECONDS),
            rate_limit=RateLimitConfig(requests_per_second=5, burst_size=5, concurrent_limit=2),
            # a batch is a question: asking it twice changes nothing
            retry=RetryConfig(retry_non_idempotent=True),
            cache=cache,
            transport=transport,
            metrics=metrics,
            clock=clock,
        )

    async def locate(self, locations: Sequence[Location]) -> list[GeoPoint | None]:
        """Return a point for each location in the United States that has a street; None for all others.

        Raises:
            RetryLaterError: The service does not answer.
            UnexpectedShapeError: It answers something else than its documentation says.
        """
        points: list[GeoPoint | None] = [None] * len(locations)
        asked = [position for position, location in enumerate(locations) if _can_be_asked(location)]
        if len(asked) < _BATCH_FROM:
            for position in asked:
                points[position] = await self._one(locations[position])
            return points
        for start in range(0, len(asked), _BATCH_SIZE):
            part = asked[start : start + _BATCH_SIZE]
            found = await self._batch({position: locations[position] for position in part})
            for position, point in found.items():
                points[position] = point
        return points

    async def _one(self, location: Location) -> GeoPoint | None:
        response = await self._client.request(
            f"{self._base_url}/locations/address",
            params={
                "street": location.street,
                "city": location.city,
                "state": location.state,
                "zip": location.zip_code,
                "benchmark": self._benchmark,
                "format": "json",
            },
            expect="json",
        )
        try:
            matches = response.json()["result"]["addressMatches"]
            points = {(float(one["coordinates"]["y"]), float(one["coordinates"]["x"])) for one in matches}
        except (KeyError, TypeError, ValueError) as error:
            raise _unexpected(response.url) from error
        return GeoPoint(*points.pop(), Precision.STREET, SOURCE) if len(points) == 1 else None

    async def _batch(self, locations: Mapping[int, Location]) -> dict[int, GeoPoint]:
        body, content_type = _form(locations, self._benchmark)
        response = await self._client.request(
            f"{self._base_url}/locations/addressbatch",
            "POST",
            data=body,
            headers={"Content-Type": content_type},
            expect="text",
            timeout=_BATCH_SECONDS,
        )
        found = _read_batch(response.text(), response.url)
        if found.keys() != locations.keys():
            raise _unexpected(response.url)
        return {position: point for position, point in found.items() if point is not None}

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


def _can_be_asked(location: Location) -> bool:
    return location.country == "US" and bool(location.street) and bool(location.zip_code or location.city)


def _form(locations: Mapping[int, Location], benchmark: str) -> tuple[bytes, str]:
    """Return the form with the file of addresses (id, street, city, state, ZIP code), and its content type."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for position, location in locations.items():
        writer.writerow([position, location.street, location.city, location.state, location.zip_code])
    boundary = f"headgate{secrets.token_hex(16)}"
    name = 'Content-Disposition: form-data; name="'
    parts = (
        f'{name}benchmark"\r\n\r\n{benchmark}',
        f'{name}addressFile"; filename="addresses.csv"\r\nContent-Type: text/csv\r\n\r\n{file.getvalue()}',
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return body.encode(), f"multipart/form-data; boundary={boundary}"


def _read_batch(text: str, url: str) -> dict[int, GeoPoint | None]:
    """Read the answer: id, address, Match or No_Match or Tie, and for a match its kind, address and coordinates."""
    found: dict[int, GeoPoint | None] = {}
    try:
        for row in csv.reader(io.StringIO(text)):
            if not row:
                continue
            point = None
            if row[2] not in _VERDICTS:
                raise _unexpected(url)
            if row[2] == "Match":
                longitude, latitude = row[5].split(",")
                point = GeoPoint(float(latitude), float(longitude), Precision.STREET, SOURCE)
            found[int(row[0])] = point
    except (IndexError, ValueError, csv.Error) as error:
        raise _unexpected(url) from error
    return found


def _unexpected(url: Any) -> UnexpectedShapeError:
    return UnexpectedShapeError(
        f"The geocoder of the Census Bureau gave an answer that is not what it promises: {url}.",
        hint="Try again later; if it stays so, the interface has changed.",
    )
