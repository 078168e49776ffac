"""Nominatim's search as geopy knows it, carried by Headgate's own client. Imported only when it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geopy.adapters import BaseAsyncAdapter
from geopy.exc import GeopyError
from geopy.geocoders import Nominatim

from headgate.errors import UnexpectedShapeError
from headgate.http import HttpClient


class NominatimSearch:
    """Asks the search of a Nominatim server.

    Args:
        client: What carries the requests.
        base_url: Where the server is.
        user_agent: Who asks; geopy wants one of its own.
    """

    def __init__(self, client: HttpClient, base_url: str, user_agent: str) -> None:
        scheme, _, domain = base_url.rstrip("/").partition("://")
        self._nominatim = Nominatim(
            user_agent=user_agent,
            scheme=scheme,
            domain=domain,
            adapter_factory=lambda *, proxies, ssl_context: _Adapter(client, proxies, ssl_context),
        )

    async def first(self, query: Mapping[str, str], countries: Sequence[str] | None) -> Mapping[str, Any] | None:
        """Return the first result as the server gave it; None if there is none.

        Raises:
            RetryLaterError: The server does not answer.
            UnexpectedShapeError: It answers something else than its documentation says.
        """
        try:
            found = await self._nominatim.geocode(dict(query), country_codes=countries)
            raw: Mapping[str, Any] | None = None if found is None else found.raw
        except (GeopyError, KeyError, TypeError, ValueError) as error:
            raise UnexpectedShapeError(
                f"Nominatim gave an answer that is not what it promises: {type(error).__name__}.",
                hint="Try again later; if it stays so, the interface has changed.",
            ) from error
        return raw


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
