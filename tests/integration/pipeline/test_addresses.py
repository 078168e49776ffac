"""Schools whose addresses stand in the rows of another entity."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from fixtures.colleges import ELM, INSTITUTIONS, OAK, College, CollegeWorld
from headgate import pipeline
from headgate.errors import ConfigError
from headgate.extract import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import Enrichment, RunStatus, SyncReport
from headgate.testing.clock import FakeClock


class Page(BaseModel):
    """The page of a college."""

    college_id: int
    mail: str | None = None


COLLEGES = EntitySpec(
    "colleges", College, ("college_id",), enrichable=Enrichable("title", "site", "region", address_from="pages")
)
PAGES = EntitySpec(
    "pages", Page, ("college_id",), enrichable=Enrichable("mail", address="mail", decided_with="colleges")
)


class Site(ExtractorPlugin):
    """Lists colleges, in parts, and then has their pages."""

    name = "colleges"

    def __init__(self, pages: list[dict[str, Any]] | None, page: EntitySpec = PAGES) -> None:
        self._pages = pages
        self._page = page

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The pages only if they are read."""
        return (COLLEGES,) if self._pages is None else (COLLEGES, self._page)

    async def records(self) -> AsyncIterator[Records]:
        """Yield the colleges before their pages."""
        for part in (ELM, OAK):
            yield Records("colleges", [part], partition=part["title"], complete=True)
        if self._pages is not None:
            yield Records("pages", self._pages, complete=True)


@pytest.fixture
def world(database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> CollegeWorld:
    """Give a world with an empty database of either kind."""
    monkeypatch.chdir(tmp_path)
    return CollegeWorld(database_url)


async def sync(
    world: CollegeWorld, pages: list[dict[str, Any]] | None, clock: FakeClock | None = None, page: EntitySpec = PAGES
) -> SyncReport:
    """Sync the site, enriched."""
    manager = PluginManager(discover=False)
    manager.register_extractor("colleges", Site(pages, page))
    enrichment = Enrichment(INSTITUTIONS, clock=clock or FakeClock())
    return await pipeline.sync("colleges", config=world.config, plugins=manager, enrichment=enrichment)


def page(college_id: int, mail: str | None) -> dict[str, Any]:
    """Return the page of a college."""
    return {"college_id": college_id, "mail": mail}


async def test_a_school_is_where_its_page_says(world: CollegeWorld) -> None:
    """The address comes with the same run, though the pages come later, and what the file says stays visible."""
    report = await sync(world, [page(1, "77 River St, Suite 3, Troy, NY 12180"), page(2, None)])
    assert (report.status, report.warnings) == (RunStatus.APPLIED, ())
    assert {name: counts.new for name, counts in report.entities.items()} == {"colleges": 2, "pages": 2}
    elm, oak = (await world.stored()).values()
    assert (elm["street"], elm["unit"], elm["city"]) == ("77 River St", "Suite 3", "Troy")
    assert elm["enrichment"]["fields"]["street"]["others"] == [
        {"value": "1 MAIN ST", "source": "institutions", "confidence": elm["enrichment"]["match"]["score"]}
    ]
    assert elm["location_precision"] == "rooftop"
    assert (oak["street"], oak["enrichment"]["fields"]["street"]["source"]) == ("2 MAIN ST", "institutions")


async def test_a_run_without_pages_keeps_what_they_said(world: CollegeWorld) -> None:
    """Nothing changes, and the time is that of the page."""
    clock = FakeClock()
    await sync(world, [page(1, "77 River St, Troy, NY 12180"), page(2, None)], clock)
    before = await world.stored()
    clock.move(86_400)
    report = await sync(world, None, clock)
    assert report.status is RunStatus.UNCHANGED
    assert await world.stored() == before
    async with pipeline.open_store(world.config) as store:
        assert len(await store.history("colleges", 1)) == 1


async def test_a_page_that_has_its_address_no_longer(world: CollegeWorld) -> None:
    """The school is where its institution is; an address that is new is taken at once."""
    await sync(world, [page(1, "77 River St, Troy, NY 12180"), page(2, None)])
    report = await sync(world, [page(1, None), page(2, "8 Lake Rd, Troy, NY 12180")])
    assert report.entities["colleges"].updated == 2
    assert [row["street"] for row in (await world.stored()).values()] == ["1 MAIN ST", "8 Lake Rd"]


async def test_pages_without_a_declared_address(world: CollegeWorld) -> None:
    """The declaration is refused before anything is asked."""
    silent = EntitySpec("pages", Page, ("college_id",), enrichable=Enrichable("mail"))
    with pytest.raises(ConfigError, match="has its addresses from 'pages', which has none"):
        await sync(world, [page(1, None)], page=silent)
