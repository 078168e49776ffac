"""A replica of Nominatim's search, with its usage policy.

Written from the manual of Nominatim 4 (``/search``, structured queries, ``format=json``) and the usage policy of the
public service: who sends no ``User-Agent`` of their own, or asks more than once in a second, is turned away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from headgate.testing.providers.server import ProviderReplica

_STOCK_AGENTS = ("python", "aiohttp", "geopy", "curl", "mozilla")


class NominatimReplica(ProviderReplica):
    """Knows the places it is given.

    Args:
        places: Results by the query: the values of street, city, state and postalcode in capitals, joined by ``|``.
        enforce_policy: Answer 429 to a second request within a second.
        clock: Monotonic seconds.
        faults: What goes wrong; the route is ``search``.
        seed: Same seed, same requests: same faults.
    """

    def __init__(
        self,
        places: Mapping[str, Mapping[str, Any]],
        *,
        enforce_policy: bool = False,
        clock: Callable[[], float] = time.monotonic,
        faults: str | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(faults=faults, seed=seed)
        self._places = places
        self._enforce = enforce_policy
        self._clock = clock
        self._last = float("-inf")
        self.too_fast = 0
        """How often the policy was broken."""

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.get("/search", self._search, name="search")]

    async def _search(self, request: web.Request) -> web.Response:
        agent = request.headers.get("User-Agent", "").lower()
        if not agent or agent.startswith(_STOCK_AGENTS):
            return web.Response(status=403, text="Usage policy: say who you are")
        now = self._clock()
        too_fast, self._last = now - self._last < 1, now
        self.too_fast += too_fast
        if too_fast and self._enforce:
            return web.Response(status=429, text="Bandwidth limit exceeded", headers={"Retry-After": "1"})
        query = request.query
        if "q" in query and any(name in query for name in ("street", "city", "postalcode")):
            return web.json_response({"error": {"code": 400, "message": "q and structured parameters"}}, status=400)
        asked = "|".join(query.get(name, "") for name in ("street", "city", "state", "postalcode")).upper()
        found = self._places.get(asked)
        return web.json_response([] if found is None else [{"display_name": asked, "importance": 0.1, **found}])
