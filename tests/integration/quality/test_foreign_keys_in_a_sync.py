"""Models generated from a Drizzle schema bring their foreign keys into a sync without another word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.config.targets import TargetConfig
from headgate.drizzle.runtime import Row, column
from headgate.drizzle.runtime.tables import Column, ForeignKey, Table
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import SyncReport
from headgate.pipeline.foreign_keys import foreign_keys_of
from headgate.quality.relationship import Relationship

CONFERENCE = Table("conference", "pg", (Column("id", "id", "id", "integer"),), primary_key=("id",))
SCHOOL = Table(
    "school",
    "pg",
    (Column("id", "id", "id", "integer"), Column("conference_id", "conferenceId", "conf_id", "integer")),
    primary_key=("id",),
    foreign_keys=(ForeignKey(("conf_id",), "conference", ("id",)), ForeignKey(("id",), "elsewhere", ("id",))),
)


class Conference(Row):
    """As the generator writes it."""

    __table__ = CONFERENCE
    id: int


class School(Row):
    """As the generator writes it, with a name for each of the three worlds."""

    __table__ = SCHOOL
    id: int
    conference_id: int | None = column("conferenceId", "conf_id")


MANAGED = TargetConfig(managed=True)
SPECS = (
    EntitySpec("conferences", Conference, ("id",), target=MANAGED),
    EntitySpec("schools", School, ("id",), target=MANAGED),
)


class Directory(ExtractorPlugin):
    """A source whose models were generated."""

    name = "directory"
    entities: ClassVar[tuple[EntitySpec, ...]] = SPECS  # type: ignore[misc]

    def __init__(self, schools: list[Any]) -> None:
        self.schools = schools

    async def records(self) -> AsyncIterator[Records]:
        """Yield both listings, schools by their TypeScript keys."""
        yield Records("conferences", [{"id": number} for number in range(3)], complete=True)
        yield Records("schools", self.schools, complete=True)


async def sync(url: str, rows: list[Any], /, **quality: Any) -> SyncReport:
    """Sync the schools."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("directory", Directory(rows))
    return await pipeline.sync("directory", config=PipelineConfig(database_url=url, quality=quality), plugins=plugins)


SCHOOLS = [{"id": number, "conferenceId": number % 3} for number in range(40)]


async def test_an_orphan_of_a_foreign_key_is_refused(database_url: str) -> None:
    """A row whose parent is missing goes to quarantine under the name of its column; a null refers to nothing."""
    report = await sync(database_url, [*SCHOOLS, {"id": 50, "conferenceId": 9}, {"id": 51, "conferenceId": None}])
    assert [(found.rule, found.rows) for found in report.findings] == [("conf_id.orphan", 1)]
    funnel = report.entities["schools"]
    assert (funnel.fetched, funnel.quarantined, funnel.new) == (42, 1, 41)


async def test_its_orphan_policy_can_be_set(database_url: str) -> None:
    """The configuration knows it by the same name, and no other."""
    late = [*SCHOOLS, {"id": 50, "conferenceId": 9}]
    report = await sync(database_url, late, schools={"orphans": {"conf_id": "late"}})
    assert report.entities["schools"].new == 41
    with pytest.raises(ConfigError, match="conf_id"):
        await sync(database_url, SCHOOLS, schools={"orphans": {"conference": "late"}})


def test_a_declared_relationship_takes_the_place_of_the_foreign_key() -> None:
    """What the source says about the same fields wins."""
    declared = Relationship("conference", "schools", ("conference_id",), "conferences", ("id",))
    assert [one.name for one in foreign_keys_of(SPECS, ())] == ["conf_id"]
    assert list(foreign_keys_of(SPECS, [declared])) == []
