"""A replica of the College Scorecard API.

Written from the API documentation of the College Scorecard: ``/v1/schools`` with ``fields``, ``id`` (one or several,
separated by commas), ``page`` (from 0) and ``per_page`` (20, at most 100); the key in ``X-Api-Key`` or ``api_key``; an
answer has ``metadata`` (total, page, per_page) and ``results`` with flat names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from headgate.testing.providers.server import ProviderReplica

_DEFAULT_PAGE = 20
_LARGEST_PAGE = 100


class ScorecardReplica(ProviderReplica):
    """Knows the schools it is given.

    Args:
        schools: Rows with flat names: ``id``, ``school.name``, ``latest.student.size``, ...
        key: The key that is accepted.
        faults: What goes wrong; the route is ``schools``.
        seed: Same seed, same requests: same faults.
    """

    def __init__(
        self, schools: Sequence[Mapping[str, Any]], *, key: str = "a-key", faults: str | None = None, seed: int = 0
    ) -> None:
        super().__init__(faults=faults, seed=seed)
        self._schools = schools
        self._key = key

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.get("/ed/collegescorecard/v1/schools", self._answer, name="schools")]

    async def _answer(self, request: web.Request) -> web.Response:
        query = request.query
        given = request.headers.get("X-Api-Key") or query.get("api_key")
        if given != self._key:
            code = "API_KEY_INVALID" if given else "API_KEY_MISSING"
            return web.json_response({"error": {"code": code, "message": "Get one at api.data.gov"}}, status=403)
        ids = {int(one) for one in query["id"].split(",")} if "id" in query else None
        found = [school for school in self._schools if ids is None or school["id"] in ids]
        page, size = int(query.get("page", 0)), min(int(query.get("per_page", _DEFAULT_PAGE)), _LARGEST_PAGE)
        fields = query["fields"].split(",") if "fields" in query else None
        rows = [
            {name: school.get(name) for name in fields} if fields else dict(school)
            for school in found[page * size : (page + 1) * size]
        ]
        return web.json_response({"metadata": {"page": page, "total": len(found), "per_page": size}, "results": rows})
