"""The application of the replica: three interfaces and ``robots.txt``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from headgate.testing.faults import FaultInjector
from headgate.testing.faults.middleware import route_name
from headgate.testing.replica.directory import ROMAN, Directory, Row
from headgate.testing.replica.pages import conference_page, school_page
from headgate.testing.replica.sponsorship import sponsored_sports

_NOT_CACHED = {"Cache-Control": "no-cache, no-store"}
_ACTIVE_MEMBERS = "12"
_DIVISIONS = {roman: division for division, roman in ROMAN.items()}


class ReplicaApp:
    """The handlers of the replica.

    Args:
        directory: Returns the directory to serve; asked at every request, so the year can change.
        faults: What goes wrong on purpose.
    """

    def __init__(self, directory: Callable[[], Directory], faults: FaultInjector) -> None:
        self.requests: Counter[str] = Counter()
        """How often each route was asked, faults included: memberList, sportList, orgDetail, robots."""
        self._directory = directory
        self._faults = faults

    def build(self) -> web.Application:
        """Return the application, with counting outermost, then the faults."""
        app = web.Application(middlewares=[self._count, self._faults.middleware])
        app.router.add_get("/robots.txt", self._robots, name="robots")
        app.router.add_get("/directory/api/common/sportList", self._sport_list, name="sportList")
        app.router.add_get("/directory/api/directory/memberList", self._member_list, name="memberList")
        app.router.add_get("/directory/orgDetail", self._org_detail, name="orgDetail")
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests[route_name(request)] += 1
        return await handler(request)

    async def _robots(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._directory().robots)

    async def _sport_list(self, _request: web.Request) -> web.Response:
        return _json(self._directory().sports)

    async def _member_list(self, request: web.Request) -> web.Response:
        asked = request.query.get("division")
        known = asked is None or asked in _DIVISIONS
        if request.query.get("type") != _ACTIVE_MEMBERS or not known:
            return web.Response(body=b"", headers=_NOT_CACHED)  # the trap: 200 and nothing
        rows = self._directory().listing(None if asked is None else _DIVISIONS[asked])
        return _json(self._with_sport(rows, request.query.get("sportCode")))

    def _with_sport(self, rows: list[Row], code: str | None) -> list[Row]:
        if code is None:
            return rows
        directory = self._directory()
        return [row for row in rows if code in sponsored_sports(directory, row["orgId"])]

    async def _org_detail(self, request: web.Request) -> web.Response:
        directory = self._directory()
        asked = request.query.get("id", "")
        org_id = int(asked) if asked.isdecimal() else -1
        if row := directory.member_by_id.get(org_id):
            return _html(school_page(directory, row))
        if name := directory.conference_names.get(org_id):
            return _html(conference_page(directory, org_id, name))
        return _html("<!DOCTYPE html><html><body><h1>Not found</h1></body></html>", status=404)


def _json(rows: object) -> web.Response:
    return web.Response(body=orjson.dumps(rows), content_type="application/json", charset="utf-8", headers=_NOT_CACHED)


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", headers=_NOT_CACHED)
