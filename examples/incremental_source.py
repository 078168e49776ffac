"""An incremental source: the orders of a shop, by region, where only what changed since the last run is asked for."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from headgate import EntitySpec, ExtractorPlugin, PipelineConfig, PluginManager, Records, RobustExtractor, sync
from headgate.quality import Winner

REGIONS = ("north", "south")


class Order(BaseModel):
    """An order; the upstream says when it was changed last."""

    id: int
    state: str
    updated_at: datetime


class Shop(RobustExtractor, ExtractorPlugin):
    """Reads the orders of each region, page by page, oldest change first."""

    name = "shop"
    # an order that changes while the pages are read comes twice: the newer row goes on
    entities = (EntitySpec("orders", Order, key=("id",), winner=Winner.NEWEST, newest_by="updated_at"),)

    def __init__(self, db_manager: Any, *, base_url: str, **policies: Any) -> None:
        super().__init__(db_manager, **policies)
        self.base_url = base_url

    async def records(self) -> AsyncIterator[Records]:
        """Yield every region; one that an interrupted run has read to its end is not asked for again."""
        for region in REGIONS:
            async for batch in self.progress.resumable("orders", region, self._region(region)):
                yield batch

    async def _region(self, region: str) -> AsyncIterator[Records]:
        """Follow the pages of one region from where the last run left it."""
        since = self.progress.updated_since("orders", region)
        query = {"region": region} | ({"updated_since": since.isoformat()} if since else {})
        while True:
            body = await self.robust_http_request(f"{self.base_url}/orders?{urlencode(query)}")
            orders, token = body["orders"], body["next"]
            cursor = max((order["updated_at"] for order in orders), default=None)
            # only a run that read everything can tell what is gone
            yield Records("orders", orders, region, complete=token is None and since is None, cursor=cursor)
            if token is None:
                return
            query["page"] = token


async def main(base_url: str, database_url: str, *, full: bool = False) -> None:
    plugins = PluginManager()
    plugins.register_extractor("shop", Shop)
    config = PipelineConfig(database_url=database_url)
    report = await sync("shop", config=config, base_url=base_url, plugins=plugins, full=full)
    orders = report.entities["orders"]
    print(
        f"{report.status}: {orders.fetched} fetched, {orders.new} new, {orders.updated} updated, {orders.deleted} gone"
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], full="--full" in sys.argv))
