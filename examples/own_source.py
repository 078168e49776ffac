"""A source of one's own: the books of a library, page by page, kept in step with a database."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel

from headgate import EntitySpec, ExtractorPlugin, PipelineConfig, PluginManager, Records, RobustExtractor, sync


class Book(BaseModel):
    """A book: the fields are the columns."""

    isbn: str
    title: str
    year: int | None = None


class Library(RobustExtractor, ExtractorPlugin):
    """What is particular to this upstream: its entities, and how its pages follow each other."""

    name = "library"
    entities = (EntitySpec("books", Book, key=("isbn",)),)

    def __init__(self, db_manager: Any, *, base_url: str, **policies: Any) -> None:
        super().__init__(db_manager, **policies)
        self.base_url = base_url

    async def records(self) -> AsyncIterator[Records]:
        """Follow the pages; the last one proves that the listing is complete."""
        page: int | None = 1
        while page is not None:
            body = await self.robust_http_request(f"{self.base_url}/books?page={page}")
            page = body["next"]
            yield Records("books", body["books"], complete=page is None)


async def main(base_url: str, database_url: str) -> None:
    plugins = PluginManager()
    plugins.register_extractor("library", Library)
    config = PipelineConfig(database_url=database_url)
    report = await sync("library", config=config, base_url=base_url, plugins=plugins)
    print(report.status, report.entities["books"])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
