"""A body that nobody expects, on the whole way from a real server to both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel

from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, sync
from headgate.store import DatabaseManager, Store

DEEP = "[" * 50_000 + "]" * 50_000
BODY = (
    """[
    {"id": 1, "day": "2020-01-01", "value": "good"},
    {"id": 2, "number": NaN},
    {"id": 3, "number": -Infinity},
    {"id": 4, "value": "\\ud800"},
    {"id": 5, "value": "a\\u0000b"},
    {"id": 6, "value": 123456789012345678901234567890},
    {"id": 7, "count": "12"},
    {"id": 8, "count": 18446744073709551616},
    {"id": 9, "value": 1, "value": 2},
    {"id": 10, "value": 1, "value": 1},
    {"id": 11, "day": "0000-01-01"},
    {"id": 12, "day": "10000-01-01"},
    {"id": 13, "value": """
    + DEEP
    + """},
    {"id": 14, "unread": """
    + DEEP
    + """},
    {"id": 15, "value": \""""
    + "x" * 1_000_000
    + """"},
    {"id": 16, "count": """
    + "9" * 10_000
    + """},
    "no row at all", null, []
]"""
)


REASONS = {
    None: "(row): must be an object with fields, not str",
    2: "number: cannot be stored: it holds the number nan",
    3: "number: cannot be stored: it holds the number -inf",
    4: "value: cannot be stored: it holds half of a surrogate pair, which is not a character",
    5: "value: cannot be stored: it holds a NUL character",
    6: "value: cannot be stored: it holds an integer of more than 64 bits",
    8: "count: cannot be stored: it holds an integer of more than 64 bits",
    9: "value: came 2 times with different values: 1, 2",
    11: "day: Input should be a valid date in the format YYYY-MM-DD, year 0 is out of range",
    12: "day: Input should be a valid date, its year 10000 lies beyond 9999",
    13: "value: cannot be stored: it holds more than 200 levels of nesting",
    16: "count: Unable to parse input string as an integer, exceeded maximum size",
}


class Thing(BaseModel):
    """A model that minds little."""

    id: int
    day: date | None = None
    number: float | None = None
    count: int | None = None
    value: Any = None


class Things(RobustExtractor, ExtractorPlugin):
    """Asks for one listing."""

    name = "things"
    url = ""
    entities = (EntitySpec("things", Thing, key=("id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield it."""
        yield Records("things", await self.robust_http_request(self.url), complete=True)


async def test_every_odd_row_of_a_body_ends_where_a_person_finds_it(database_url: str) -> None:
    """As a valid row or in quarantine with a reason, and none of them costs another one anything."""

    async def listing(_: web.Request) -> web.Response:
        return web.Response(text=BODY, content_type="application/json")

    app = web.Application()
    app.router.add_get("/things", listing)
    config = PipelineConfig(database_url=database_url, guard=GuardConfig(max_quarantine_share=1.0))
    plugins = PluginManager(discover=False)
    plugins.register_extractor("things", Things)
    async with TestServer(app) as server:
        Things.url = str(server.make_url("/things"))
        report = await sync("things", config=config, plugins=plugins)
    assert report.status is RunStatus.APPLIED
    db = DatabaseManager(config.database_url)
    store = Store(db)
    await store.open()
    reasons = {
        record.key[0] if record.key else None: record.reasons async for record in store.quarantined(entity="things")
    }
    await db.close()
    assert {key: said for key, (said, *_) in reasons.items()} == REASONS
    assert report.entities["things"].new == 5
