"""Rows that nobody expects, on the whole way from the source to both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel

from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, sync


class Thing(BaseModel):
    """A model that minds little."""

    id: int
    value: Any = None


def nested(levels: int) -> list[Any]:
    """Return a list in a list, and so on."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ODD: list[Any] = ["\ud800", "a\0b", float("nan"), float("inf"), 2**70, 10**5000, nested(100_000), {"\ud800": 1}]
ROWS: list[Any] = [
    *({"id": number, "value": value} for number, value in enumerate(ODD)),
    *({"id": value} for value in ODD),
    *ODD,
    {"\udfff": None},
    {"id": 1000, "value": "good"},
]


class Things(ExtractorPlugin):
    """A source of odd rows."""

    name = "things"
    entities = (EntitySpec("things", Thing, key=("id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield all of them as one complete listing."""
        yield Records("things", ROWS, complete=True)


async def test_every_odd_row_ends_in_quarantine_and_the_good_one_is_applied(database_url: str) -> None:
    """Nothing raises, and the funnel adds up."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("things", Things())
    config = PipelineConfig(database_url=database_url, guard=GuardConfig(max_quarantine_share=1.0))
    report = await sync("things", config=config, plugins=plugins)
    funnel = report.entities["things"]
    assert report.status is RunStatus.APPLIED
    assert (funnel.fetched, funnel.quarantined, funnel.new) == (len(ROWS), len(ROWS) - 1, 1)
