"""Tables, contracts, relationships and conflicts are judged in a sync, on both databases; what was found is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field

from headgate import pipeline
from headgate.config.guard import GuardConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, SyncReport
from headgate.quality import Present, RowCount, Severity, ValidationRule, Winner
from headgate.quality.relationship import Relationship
from headgate.store import DatabaseManager, Store

GENEROUS = GuardConfig(max_delete_share=1, max_quarantine_share=1, max_drop_share=1)


class League(BaseModel):
    """A parent."""

    id: int
    name: str


class Team(BaseModel):
    """A child; the upstream's names differ from its own."""

    id: int = Field(validation_alias="teamId")
    name: str | None = None
    league_id: int | None = Field(None, validation_alias="league")
    changed: int = 0


class Games(ExtractorPlugin):
    """A source of leagues and teams that the test holds."""

    name = "games"
    relationships: ClassVar[list[Relationship]] = [  # type: ignore[misc]
        Relationship("league", "teams", ("league_id",), "leagues", ("id",))
    ]

    def __init__(self, leagues: list[Any], teams: list[Any], **options: Any) -> None:
        self.rows = {"leagues": leagues, "teams": teams}
        self.options = options

    @property
    def entities(self) -> list[EntitySpec]:
        """Parents first."""
        return [EntitySpec("leagues", League, ("id",)), EntitySpec("teams", Team, ("id",), **self.options)]

    async def records(self) -> AsyncIterator[Records]:
        """Yield whole listings."""
        for entity, rows in self.rows.items():
            yield Records(entity, rows, complete=True)


LEAGUES = [{"id": number, "name": f"League {number}"} for number in range(1, 4)]


def team(number: int, **changes: Any) -> dict[str, Any]:
    """Return a row of the upstream; a value of ``...`` takes a field away."""
    row = {"teamId": number, "name": f"Team {number}", "league": 1 + number % 3, "motto": "x", **changes}
    return {name: value for name, value in row.items() if value is not ...}


def teams(count: int = 60, **changes: Any) -> list[dict[str, Any]]:
    """Return a listing, the last row changed."""
    return [*(team(number) for number in range(count - 1)), team(count - 1, **changes)]


class World:
    """A database and a way to sync into it."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def sync(
        self, rows: list[Any], *, leagues: list[Any] = LEAGUES, quality: Any = None, **options: Any
    ) -> SyncReport:
        """Sync leagues and teams."""
        plugins = PluginManager(discover=False)
        plugins.register_extractor("games", Games(leagues, rows, **options))
        return await pipeline.sync("games", config=self.config(quality), plugins=plugins)

    def config(self, quality: Any = None) -> PipelineConfig:
        """Return the settings."""
        return PipelineConfig(database_url=self.url, batch_size=25, guard=GENEROUS, quality=quality or {})

    async def store(self) -> Store:
        """Open the store; the database ends with the test."""
        store = Store(DatabaseManager(self.url))
        await store.open()
        return store

    async def quality(self, run: str | None = None) -> dict[str, Any]:
        """Return what is kept about a run."""
        store = await self.store()
        found = await pipeline.quality_of(store, run)
        await store.db.close()
        return found.as_dict()


@pytest.fixture
def world(database_url: str) -> World:
    """A fresh database of either kind."""
    return World(database_url)


def rules(entity: dict[str, Any]) -> dict[str, int]:
    """Return how many rows broke each rule."""
    return {rule["rule"]: rule["count"] for rule in entity["rules"]}


def whole(entity: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what was found on the whole."""
    return [(finding["severity"], finding["field"], finding["rule"]) for finding in entity["run_findings"]]


async def test_orphan_is_refused_and_found_in_the_report(world: World) -> None:
    """The row is in quarantine, the funnel adds up, and the report says so by rule."""
    report = await world.sync(teams(league=99))
    funnel = report.entities["teams"]
    assert (report.status, funnel.fetched, funnel.quarantined, funnel.new) == (RunStatus.APPLIED, 60, 1, 59)
    assert [(found.rule, found.severity, found.rows) for found in report.findings] == [("league.orphan", "error", 1)]
    entity = (await world.quality())["entities"]["teams"]
    assert (entity["invalid"], entity["valid"], rules(entity)) == (1, 59, {"league.orphan": 1})
    assert entity["score"] == pytest.approx(100 * (1 - 1 / 60), abs=0.01)
    assert "neither in this run nor in the database" in entity["rules"][0]["examples"][0]["message"]


async def test_orphans_hold_the_run_or_wait_for_their_parent(world: World) -> None:
    """The configuration changes the policy; a late parent settles it."""
    hold = {"teams": {"orphans": {"league": "hold"}}}
    held = await world.sync(teams(league=99), quality=hold)
    assert held.status is RunStatus.HELD
    assert "league.orphan" in held.reasons[0]
    late = {"teams": {"orphans": {"league": "late"}}}
    assert (await world.sync(teams(league=99), quality=late)).entities["teams"].new == 60
    await world.sync(teams(league=99), quality=late)
    assert whole((await world.quality())["entities"]["teams"]) == [("info", "league_id", "league.orphan")]
    await world.sync(teams(league=99), leagues=[*LEAGUES, {"id": 99, "name": "Late"}], quality=late)
    assert whole((await world.quality())["entities"]["teams"]) == []


async def test_parent_that_would_leave_stored_children_behind_holds_the_run(world: World) -> None:
    """There is no row to refuse, so a person decides; afterwards it is reported and holds nothing."""
    await world.sync(teams())
    held = await world.sync(teams(), leagues=LEAGUES[:2])
    assert held.status is RunStatus.HELD
    assert "20 stored teams lose the leagues that they refer to" in held.reasons[0]
    store = await world.store()
    await pipeline.approve(store, held.run)
    await store.db.close()
    after = await world.sync(teams(), leagues=LEAGUES[:2])
    assert after.status is RunStatus.UNCHANGED
    assert any("20 stored teams refer to leagues that are not there" in warning for warning in after.warnings)


async def test_contract_is_learned_watched_and_accepted(world: World) -> None:
    """A new field is safe; a missing one that the model reads refuses its row; a person widens the contract."""
    assert (await world.sync(teams())).warnings == ()
    report = await world.sync(teams(name=..., city="Teaneck"))
    assert report.entities["teams"].quarantined == 1
    assert [warning.partition(":")[2].partition(":")[0] for warning in report.warnings] == [" city, contract.new_field"]
    entity = (await world.quality())["entities"]["teams"]
    assert rules(entity) == {"contract.missing_field": 1}
    assert [(drift["kind"], drift["path"], drift["breaking"], drift["action"]) for drift in entity["drift"]] == [
        ("missing_field", "name", True, "quarantine"),
        ("new_field", "city", False, "warn"),
    ]
    assert "Teaneck" in entity["drift"][0]["sample"]
    store = await world.store()
    [shown] = await pipeline.contracts_of(store, "games", entity="teams")
    assert (shown.contract.version, shown.accepted_by, len(shown.drift)) == (1, None, 2)
    [accepted] = await pipeline.accept_contracts(store, "games", by="ann")
    assert (accepted.contract.version, accepted.accepted_by) == (2, "ann")
    assert await pipeline.accept_contracts(store, "games", by="ann") == []
    await store.db.close()
    report = await world.sync(teams(name=..., city="Teaneck"))
    assert (report.entities["teams"].quarantined, report.warnings) == (0, ())


async def test_field_that_the_model_does_not_read_refuses_nothing(world: World) -> None:
    """Its drift is reported, and every row goes on."""
    await world.sync(teams())
    report = await world.sync(teams(motto=5))
    assert report.entities["teams"].quarantined == 0
    assert "contract.changed_type" in report.warnings[0]


async def test_contract_policy_of_the_configuration(world: World) -> None:
    """Hold, ignore, or no contract at all."""
    await world.sync(teams())
    held = await world.sync(teams(motto=5), quality={"teams": {"contract": {"changed_type": "hold"}}})
    assert held.status is RunStatus.HELD
    assert "contract.changed_type" in held.reasons[0]
    for contract in ({"changed_type": "ignore"}, "off"):
        report = await world.sync(teams(motto=5), quality={"teams": {"contract": contract}})
        assert (report.status, report.warnings) == (RunStatus.UNCHANGED, ())


async def test_contract_is_not_learned_from_a_run_that_is_not_applied(world: World) -> None:
    """Nor from a handful of rows, nor from rows that the rules refuse."""
    low = ValidationRule("low", lambda number: number < 1000, "is high", Severity.CRITICAL)
    held = await world.sync([*teams(), team(5000)], rules={"id": low})
    assert held.status is RunStatus.HELD
    await world.sync(teams(5))
    store = await world.store()
    with pytest.raises(ConfigError, match="no contract with the source"):
        await pipeline.contracts_of(store, "games")
    await store.db.close()
    broken = ValidationRule("low", lambda number: number < 1000, "is high")
    await world.sync([*teams(), team(5000, surprise=True)], rules={"id": broken})
    store = await world.store()
    [report] = await pipeline.contracts_of(store, "games", entity="teams")
    assert "surprise" not in report.contract.shape.fields
    await store.db.close()


async def test_table_rules_compare_with_the_last_applied_run(world: World) -> None:
    """A finding holds the run; a held run is not what the next one is compared with."""
    table_rules = [RowCount(change=0.2)]
    await world.sync(teams(60), table_rules=table_rules)
    for _ in range(2):
        held = await world.sync(teams(90), table_rules=table_rules)
        assert held.status is RunStatus.HELD
        assert "90 rows after 60" in held.reasons[0]
    quality = {"teams": {"table": [{"rule": "row_count", "least": 1000, "severity": "warning"}]}}
    warned = await world.sync(teams(61), quality=quality)
    assert "61 rows are fewer than the 1000 demanded" in warned.warnings[0]
    entity = (await world.quality())["entities"]["teams"]
    assert entity["score"] == 99.0


async def test_score_below_the_least_holds_the_run(world: World) -> None:
    """The threshold of the configuration."""
    held = await world.sync(teams(league=99), quality={"teams": {"least_score": 99}})
    assert held.status is RunStatus.HELD
    assert "the quality score is 98.33, and at least 99 is demanded" in held.reasons[0]


@pytest.mark.parametrize(
    ("duplicates", "stored"),
    [("first", "A"), ("last", "C"), ({"newest": "changed"}, "B"), (None, None)],
)
async def test_winner_of_conflicting_rows(world: World, duplicates: Any, stored: str | None) -> None:
    """First, last, newest by a field, or none: then all of them are in quarantine."""
    rivals = [team(7, name=name, changed=changed) for name, changed in (("A", 1), ("B", 3), ("C", 2))]
    rows = [rivals[0], *teams(7), *(team(number) for number in range(8, 60)), *rivals[1:], rivals[2]]
    quality = {} if duplicates is None else {"teams": {"duplicates": duplicates}}
    for expected_new in (59 + (stored is not None), 0):
        report = await world.sync(rows, quality=quality)
        funnel = report.entities["teams"]
        assert (funnel.new, funnel.fetched) == (expected_new, 63)
        assert (funnel.duplicates, funnel.quarantined) == ((3, 0) if stored else (0, 4))
    entity = (await world.quality())["entities"]["teams"]
    assert rules(entity) == ({} if stored else {"conflicting_duplicate": 4})
    db = DatabaseManager(world.url)
    async with db.get_connection() as connection:
        found = (await connection.exec_driver_sql("SELECT name FROM teams WHERE id = 7")).scalars().all()
    await db.close()
    assert found == ([stored] if stored else [])


async def test_trend_goes_back_over_earlier_runs(world: World) -> None:
    """Scores oldest first, and for each rule how often the run before broke it."""
    first = await world.sync(teams(league=99))
    await world.sync([*teams(58), team(58, league=98), team(59, league=99)])
    found = await world.quality()
    assert [round(point["score"], 1) for point in found["trend"]] == [98.4, 96.8]
    assert found["entities"]["teams"]["rules"][0]["before"] == 1
    assert (await world.quality(first.run))["run"] == first.run
    assert (await world.quality(first.run))["entities"]["teams"]["rules"][0]["before"] is None


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        ({"teams": {"fields": {"name": "not_emty"}}}, "not_emty"),
        ({"teams": {"fields": {"nmae": "not_empty"}}}, "nmae"),
        ({"teams": {"table": [{"rule": "null_share", "field": "nmae", "most": 0}]}}, "nmae"),
        ({"teams": {"rows": [{"rule": "complare"}]}}, "complare"),
        ({"teams": {"rows": [{"rule": "present", "fields": ["nmae"]}]}}, "nmae"),
        ({"teams": {"rows": [{"rule": "present", "fields": ["name"], "when": {"league_id": "x"}}]}}, "league_id"),
        ({"teams": {"duplicates": "best"}}, "best"),
        ({"teams": {"duplicates": {"newest": "nmae"}}}, "nmae"),
        ({"teams": {"contract": {"new_feld": "warn"}}}, "new_feld"),
        ({"teams": {"contract": {"new_field": "wran"}}}, "wran"),
        ({"teams": {"contract": 5}}, "quality.teams.contract"),
        ({"teams": {"orphans": {"leage": "hold"}}}, "leage"),
        ({"teams": {"orphans": {"league": "keep"}}}, "keep"),
        ({"teams": {"least_score": 101}}, "101"),
        ({"teams": {"field": {}}}, "'field'"),
    ],
)
async def test_what_does_not_exist_is_an_error_before_any_row_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, quality: Any, message: str
) -> None:
    """A name, a field or a word of the configuration."""

    def asked(_self: Games) -> AsyncIterator[Records]:
        pytest.fail("the source was asked")

    monkeypatch.setattr(Games, "records", asked)
    with pytest.raises(ConfigError, match=message):
        await world.sync([], quality=quality)


async def test_rules_for_an_entity_that_is_not_there_are_said(world: World) -> None:
    """They may be meant for another source, and they may be misspelt."""
    report = await world.sync(teams(), quality={"teems": {"fields": {"name": "not_empty"}}})
    assert report.warnings == ("The configuration has rules for 'teems', which this run has not: they are not used.",)


async def test_configured_rule_replaces_the_one_of_the_source(world: World) -> None:
    """Of two rules with one name on one field, the configured one counts."""
    report = await world.sync(
        teams(name=" "), rules={"name": "not_empty"},
        quality={"teams": {"fields": {"name": {"rule": "not_empty", "severity": "warning"}}}},
    )  # fmt: skip
    assert report.entities["teams"].quarantined == 0
    assert [(found.rule, found.severity) for found in report.findings] == [("not_empty", "warning")]


async def test_rule_on_rows_of_the_configuration(world: World) -> None:
    """It judges whole rows, and takes the place of the source's rule of its name on its fields."""
    named = {"rule": "present", "fields": ["name"], "when": {"league_id": 1}}
    rows = [team(1, name=None, league=1), team(2, name=None, league=2), team(3)]
    report = await world.sync(rows, quality={"teams": {"rows": [named]}})
    assert [(found.rule, found.severity, found.rows) for found in report.findings] == [("present", "error", 1)]
    assert report.entities["teams"].quarantined == 1
    warning = {**named, "severity": "warning"}
    ruled = [Present(["name"], when={"league_id": 1})]
    report = await world.sync(rows, quality={"teams": {"rows": [warning]}}, row_rules=ruled)
    assert [(found.rule, found.severity, found.rows) for found in report.findings] == [("present", "warning", 1)]


async def test_winner_in_the_declaration(world: World) -> None:
    """What the source says holds where the configuration says nothing."""
    report = await world.sync([team(1), team(1, name="other")], winner=Winner.LAST)
    assert (report.entities["teams"].duplicates, report.changes[-1].label) == (1, "other")
