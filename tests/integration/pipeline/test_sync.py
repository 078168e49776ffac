"""The whole way of a row, with a source in memory and a real database file."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, ConnectError, UnknownSourceError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, SyncReport, sync
from headgate.quality import Severity, ValidationRule
from headgate.store import DatabaseManager, Store


class Peak(BaseModel):
    """A mountain, with names that differ from the upstream's."""

    peak_id: int = Field(validation_alias="id")
    name: str
    height: int | None = None


class Peaks(ExtractorPlugin):
    """A source whose upstream is a list of batches that the test holds."""

    name = "peaks"

    def __init__(self, batches: list[Records | Exception], **rules: Any) -> None:
        self.batches = batches
        self.rules = rules
        self.warnings = ["the glacier is melting"]

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The one entity, with the rules of the test."""
        return (EntitySpec("peaks", Peak, key=("peak_id",), rules=self.rules),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield the batches, or fail where one is an error."""
        for batch in self.batches:
            if isinstance(batch, Exception):
                raise batch
            yield batch


def rows(*ids: int, **more: Any) -> list[dict[str, Any]]:
    """Return upstream rows with these ids."""
    return [{"id": number, "name": f"Peak {number}", **more} for number in ids]


class World:
    """A database, an upstream, and a way to sync them."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'peaks.db'}"
        self.config = PipelineConfig(database_url=self.url, batch_size=2)

    async def sync(
        self, *batches: Records | Exception, config: PipelineConfig | None = None, **rules: Any
    ) -> SyncReport:
        """Sync what the batches hold."""
        plugins = PluginManager(discover=False)
        plugins.register_extractor("peaks", Peaks(list(batches), **rules))
        return await sync("peaks", config=config or self.config, plugins=plugins)

    async def stored(self) -> set[int]:
        """Return the ids in the target table."""
        db = DatabaseManager(self.url)
        async with db.get_connection() as connection:
            found = (await connection.exec_driver_sql("SELECT peak_id FROM peaks")).scalars().all()
        await db.close()
        return set(found)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A fresh database in a folder without a configuration file."""
    monkeypatch.chdir(tmp_path)
    return World(tmp_path)


async def test_first_sync_is_all_new_and_the_second_is_unchanged(world: World) -> None:
    """The funnel of the first run is all new, of the second all unchanged."""
    first = await world.sync(Records("peaks", rows(1, 2, 3), complete=True))
    second = await world.sync(Records("peaks", rows(1, 2, 3), complete=True))
    assert (first.status, first.entities["peaks"].new) == (RunStatus.APPLIED, 3)
    assert (second.status, second.entities["peaks"].unchanged) == (RunStatus.UNCHANGED, 3)
    assert first.warnings == ("the glacier is melting",)
    assert await world.stored() == {1, 2, 3}


async def test_changes_name_the_fields(world: World) -> None:
    """An update is reported with the old and the new value of what changed, and the row's own name."""
    await world.sync(Records("peaks", rows(1, 2), complete=True))
    report = await world.sync(Records("peaks", [*rows(1), *rows(2, height=4158)], complete=True))
    (change,) = report.changes
    assert (change.operation, change.key, change.label) == ("updated", (2,), "Peak 2")
    assert change.fields == {"height": (None, 4158)}


async def test_a_refused_row_is_in_quarantine_and_not_deleted(world: World) -> None:
    """A stored row that comes back broken is refused and stays; the funnel adds up."""
    await world.sync(Records("peaks", rows(*range(1, 21)), complete=True))
    broken = [*rows(*range(1, 20)), {"id": "20", "name": None}]
    report = await world.sync(Records("peaks", broken, complete=True))
    funnel = report.entities["peaks"]
    assert (funnel.fetched, funnel.quarantined, funnel.valid, funnel.deleted) == (20, 1, 19, 0)
    assert 20 in await world.stored()
    assert report.metrics["validation_errors"] == 1


async def test_a_row_without_a_key_stops_deletions(world: World) -> None:
    """A refused row that could be anyone's keeps every stored row alive."""
    await world.sync(Records("peaks", rows(*range(1, 21)), complete=True))
    report = await world.sync(Records("peaks", [*rows(*range(1, 20)), {"name": "?"}], complete=True))
    assert report.entities["peaks"].deleted == 0
    assert 20 in await world.stored()


async def test_deletion_needs_a_complete_listing(world: World) -> None:
    """A row that does not come is deleted after a complete listing and never after another."""
    await world.sync(Records("peaks", rows(*range(1, 21)), complete=True))
    partial = await world.sync(Records("peaks", rows(*range(1, 20)), complete=False))
    assert partial.entities["peaks"].deleted == 0
    whole = await world.sync(Records("peaks", rows(*range(1, 20)), complete=True))
    assert whole.entities["peaks"].deleted == 1
    assert await world.stored() == set(range(1, 20))


async def test_too_many_deletions_are_held(world: World) -> None:
    """A run that would delete a third is held, applies nothing, and says why."""
    await world.sync(Records("peaks", rows(*range(9)), complete=True))
    report = await world.sync(Records("peaks", rows(*range(6)), complete=True))
    assert report.status is RunStatus.HELD
    assert "3 of 9" in report.reasons[0]
    assert await world.stored() == set(range(9))


async def test_an_empty_upstream_is_held(world: World) -> None:
    """An upstream that lists nothing is held unless the settings allow it."""
    await world.sync(Records("peaks", rows(1), complete=True))
    report = await world.sync(Records("peaks", [], complete=True))
    assert report.status is RunStatus.HELD
    generous = GuardConfig(max_delete_share=1, max_drop_share=1, allow_empty=True)
    allowed = PipelineConfig(database_url=world.url, guard=generous)
    assert (await world.sync(Records("peaks", [], complete=True), config=allowed)).status is RunStatus.APPLIED
    assert await world.stored() == set()


async def test_a_critical_rule_holds_the_run(world: World) -> None:
    """One row that breaks a critical rule holds everything."""
    low = ValidationRule(
        "not_below_sea", lambda height: height is None or height > 0, "below the sea", Severity.CRITICAL
    )
    wet = [*rows(*range(1, 20)), *rows(99, height=-5)]
    report = await world.sync(Records("peaks", wet, complete=True), height=[low])
    assert report.status is RunStatus.HELD
    assert "not_below_sea" in report.reasons[0]


async def test_findings_are_counted_by_rule(world: World) -> None:
    """A warning keeps its row and is counted; so is what refused a row, once for each row and rule."""
    high = ValidationRule("high", lambda height: height is None or height > 4000, "low", Severity.WARNING)
    mixed = [*rows(1, 2, height=5), *rows(3, height=5000), {"id": "x", "name": 1}]
    report = await world.sync(Records("peaks", mixed, complete=True), height=[high])
    assert [asdict(found) for found in report.findings] == [
        {"entity": "peaks", "rule": "high", "severity": "warning", "rows": 2},
        {"entity": "peaks", "rule": "model.int_parsing", "severity": "error", "rows": 1},
        {"entity": "peaks", "rule": "model.string_type", "severity": "error", "rows": 1},
    ]
    assert report.entities["peaks"].valid == 3


async def test_a_failing_source_fails_the_run_and_applies_nothing(world: World) -> None:
    """An upstream that breaks half-way leaves the database as it was, and the run on record."""
    broken = ConnectError("refused", url="http://peaks.example")
    with pytest.raises(ConnectError):
        await world.sync(Records("peaks", rows(1), complete=True), broken)
    db = DatabaseManager(world.url)
    store = Store(db)
    await store.open()
    (record,) = await store.runs()
    await db.close()
    assert (record.status.value, record.error) == ("failed", "refused")


async def test_rows_of_an_undeclared_entity_are_an_error(world: World) -> None:
    """A source that yields what it does not declare is told so."""
    with pytest.raises(ConfigError, match="does not declare"):
        await world.sync(Records("lakes", rows(1)))


async def test_duplicates_are_counted_and_conflicts_are_refused(world: World) -> None:
    """The same row twice counts as a duplicate; the same key with two contents puts both aside."""
    twice = [*rows(1, 2, 2), *rows(3), *rows(3, height=1), *rows(*range(10, 20))]
    funnel = (await world.sync(Records("peaks", twice, complete=True))).entities["peaks"]
    assert (funnel.fetched, funnel.duplicates, funnel.quarantined, funnel.valid) == (15, 1, 2, 12)


async def test_unknown_source(world: World) -> None:
    """A source that does not exist is an error before anything is asked."""
    with pytest.raises(UnknownSourceError):
        await sync("peeks", config=world.config, plugins=PluginManager(discover=False))


async def test_a_factory_gets_only_the_options_it_takes(world: World) -> None:
    """A plain plug-in class is made without the client's options."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("peaks", lambda base_url: Peaks([Records("peaks", rows(1), complete=bool(base_url))]))
    report = await sync("peaks", config=world.config, plugins=plugins, base_url="http://127.0.0.1")
    assert report.entities["peaks"].new == 1


async def test_a_factory_that_makes_something_else(world: World) -> None:
    """A factory that makes no extractor is told so."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("peaks", object)  # type: ignore[arg-type, return-value]
    with pytest.raises(ConfigError, match="no extractor"):
        await sync("peaks", config=world.config, plugins=plugins)
