"""A replica of the geocoder of the US Census Bureau: single requests and batches.

Written from the "Geocoding Services Web Application Programming Interface" (July 2024): ``locations/address`` answers
JSON, ``locations/addressbatch`` takes a form with the fields ``benchmark`` and ``addressFile`` (id, street, city,
state, ZIP code, no header, 10,000 rows at the most) and answers CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from aiohttp import web

from headgate.testing.providers.server import ProviderReplica

_LARGEST_BATCH = 10_000
Point = tuple[float, float]


class CensusReplica(ProviderReplica):
    """Knows the streets it is given.

    Args:
        streets: Latitudes and longitudes by street and ZIP code, in capitals; several points make a tie.
        faults: What goes wrong; the routes are ``address`` and ``addressbatch``.
        seed: Same seed, same requests: same faults.
    """

    def __init__(
        self, streets: Mapping[tuple[str, str], Sequence[Point]], *, faults: str | None = None, seed: int = 0
    ) -> None:
        super().__init__(faults=faults, seed=seed)
        self._streets = streets

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of single requests and batches."""
        return [
            web.get("/geocoder/locations/address", self._address, name="address"),
            web.post("/geocoder/locations/addressbatch", self._batch, name="addressbatch"),
        ]

    async def _address(self, request: web.Request) -> web.Response:
        query = request.query
        if "benchmark" not in query or not query.get("street"):
            return web.json_response({"errors": ["benchmark and street are required"], "status": "400"}, status=400)
        matches = [
            {
                "matchedAddress": f"{query['street'].upper()}, {query.get('city', '').upper()}, {query.get('zip', '')}",
                "coordinates": {"x": longitude, "y": latitude},
                "tigerLine": {"tigerLineId": "76355984", "side": "L"},
            }
            for latitude, longitude in self._points(query["street"], query.get("zip", ""))
        ]
        return web.json_response({"result": {"input": {"address": dict(query)}, "addressMatches": matches}})

    async def _batch(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form.get("addressFile")
        if "benchmark" not in form or not isinstance(file, web.FileField):
            return web.Response(status=400, text="benchmark and addressFile are required")
        rows = list(csv.reader(io.StringIO(file.file.read().decode())))
        if len(rows) > _LARGEST_BATCH:
            return web.Response(status=413, text="more than 10000 records")
        answer = io.StringIO(newline="")
        writer = csv.writer(answer, quoting=csv.QUOTE_ALL)
        # the real one answers in no particular order
        for number, street, city, state, zip_code in reversed(rows):
            asked = f"{street}, {city}, {state}, {zip_code}"
            points = self._points(street, zip_code)
            if len(points) == 1:
                latitude, longitude = points[0]
                where = f"{longitude},{latitude}"
                writer.writerow([number, asked, "Match", "Exact", asked.upper(), where, "76355984", "L"])
            else:
                writer.writerow([number, asked, "Tie" if points else "No_Match"])
        return web.Response(text=answer.getvalue(), content_type="text/csv")

    def _points(self, street: str, zip_code: str) -> Sequence[Point]:
        return self._streets.get((street.upper(), zip_code), ())
