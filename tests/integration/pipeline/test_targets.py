"""A sync into the tables of an application: by settings, by a generated model, and with every type of PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel

from headgate.config.settings import PipelineConfig
from headgate.config.targets import TargetConfig
from headgate.drizzle.runtime import Insert, column, unset
from headgate.drizzle.runtime.models import Unset
from headgate.drizzle.runtime.tables import Column, ForeignKey, Table
from headgate.errors import ConfigError, DatabaseConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline import RunStatus, SyncReport, open_store, sync


class Given(ExtractorPlugin):
    """A source of rows that a test holds; it counts how often it is read."""

    name = "given"

    def __init__(self, specs: Sequence[EntitySpec], rows: dict[str, list[dict[str, Any]]]) -> None:
        self.specs = specs
        self.rows = rows
        self.reads = 0

    @property
    def entities(self) -> Sequence[EntitySpec]:
        """The entities of the test."""
        return self.specs

    async def records(self) -> AsyncIterator[Records]:
        """Yield all rows of each entity."""
        self.reads += 1
        for entity, rows in self.rows.items():
            yield Records(entity, rows, complete=True)


async def run(source: Given, config: PipelineConfig) -> SyncReport:
    """Sync a source."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("given", source)
    return await sync("given", config=config, plugins=plugins)


async def fetch(url: str, *statements: str) -> list[dict[str, Any]]:
    """Run statements and return the rows of the last one."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [dict(row) for row in await connection.fetch(statements[-1])]
    finally:
        await connection.close()


class Product(BaseModel):
    """Something of everything."""

    sku: str
    price: Decimal
    kind: str | None = None
    tags: list[str] = []
    attributes: dict[str, Any] | None = None
    plain: dict[str, Any] | None = None
    seen_at: datetime | None = None
    local_at: datetime | None = None
    day: date | None = None
    uid: UUID | None = None
    stock: int | None = None
    weight: float | None = None
    organic: bool | None = None
    kinds: list[str] | None = None
    internal: str | None = None


PRODUCTS = """
CREATE SCHEMA shop;
CREATE TYPE shop.kind AS ENUM ('fruit', 'nut');
CREATE DOMAIN shop.sku AS varchar(8) CHECK (VALUE <> '');
CREATE TABLE shop."Products" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku shop.sku NOT NULL UNIQUE,
    price numeric(8, 2) NOT NULL, kind shop.kind NOT NULL DEFAULT 'nut', tags text[] NOT NULL, attributes jsonb,
    plain json, seen_at timestamptz, local_at timestamp(0), day date, uid uuid, stock smallint, weight real,
    organic boolean,
    kinds shop.kind[], cents integer GENERATED ALWAYS AS ((price * 100)::integer) STORED,
    made_at timestamptz NOT NULL DEFAULT now()
)
"""
TOML = """
[targets.products]
table = "shop.Products"
columns = { internal = false }
"""
FULL = {
    "sku": "apple",
    "price": "1.50",
    "kind": "fruit",
    "tags": ["red", 'with "quotes", {braces}'],
    "attributes": {"a": [1, None]},
    "plain": {"b": 1},
    "seen_at": "2026-01-02T03:04:05.123456+02:00",
    "local_at": "2026-01-02T03:04:05+02:00",
    "day": "2026-01-02",
    "uid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "stock": 7,
    "weight": 0.5,
    "organic": True,
    "kinds": ["nut", "fruit"],
    "internal": "kept in the history",
}
SPECS = (EntitySpec("products", Product, ("sku",)),)


def configured(tmp_path: Path, url: str, text: str = TOML) -> PipelineConfig:
    """Return settings from a file."""
    (tmp_path / "headgate.toml").write_text(text, encoding="utf-8")
    return PipelineConfig(tmp_path / "headgate.toml", database_url=url)


async def test_every_type_arrives_as_itself(tmp_path: Path, postgres_url: str) -> None:
    """Enums, arrays, JSON, numbers, times with and without zone, and uuids; what is missing gets the default."""
    await fetch(postgres_url, PRODUCTS, "SELECT 1")
    config = configured(tmp_path, postgres_url)
    source = Given(SPECS, {"products": [FULL, {"sku": "pea", "price": 2}]})
    report = await run(source, config)
    assert report.entities["products"].new == 2
    query = "SELECT *, attributes #>> '{a,0}' AS inner FROM shop.\"Products\" ORDER BY id"
    apple, pea = await fetch(postgres_url, query)
    expected = {
        "id": 1,
        "price": Decimal("1.50"),
        "kind": "fruit",
        "tags": ["red", 'with "quotes", {braces}'],
        "inner": "1",
        "seen_at": datetime(2026, 1, 2, 1, 4, 5, 123456, UTC),
        "local_at": datetime(2026, 1, 2, 1, 4, 5),  # noqa: DTZ001 - as it is in UTC
        "day": date(2026, 1, 2),
        "uid": UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
        "stock": 7,
        "weight": 0.5,
        "organic": True,
        "kinds": ["nut", "fruit"],
        "cents": 150,
    }
    assert {name: apple[name] for name in expected} == expected
    assert (pea["id"], pea["kind"], pea["tags"], pea["stock"]) == (2, "nut", [], None)
    assert (await run(source, config)).status is RunStatus.UNCHANGED
    async with open_store(config) as store:
        assert [problem async for problem in store.examine()] == []
        assert [row["internal"] async for row in store.as_of("products", store.context.now())] == [
            "kept in the history",
            None,
        ]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("kind", "stone", "invalid input value for enum"),
        ("kinds", ["nut", "stone"], "invalid input value for enum"),
        ("price", "1234567.00", "numeric field overflow"),
        ("stock", 40_000, "out of range"),
        ("sku", "much too long", "value too long"),
        ("sku", "", "violates check constraint"),
        ("seen_at", "0001-01-01T00:00:00+00:00", None),
    ],
)
async def test_value_a_column_cannot_hold_costs_its_row(
    tmp_path: Path, postgres_url: str, field: str, value: object, said: str | None
) -> None:
    """The others go on; the report, the quarantine and the quality say how many and why."""
    await fetch(postgres_url, PRODUCTS, "SELECT 1")
    config = configured(tmp_path, postgres_url)
    good = [{"sku": f"p{number}", "price": 1} for number in range(9)]
    report = await run(Given(SPECS, {"products": [*good, {**FULL, field: value}]}), config)
    funnel = report.entities["products"]
    assert (funnel.fetched, funnel.new, funnel.quarantined) == ((10, 9, 1) if said else (10, 10, 0))
    assert [(found.rule, found.rows) for found in report.findings] == ([("target", 1)] if said else [])
    assert len(await fetch(postgres_url, 'SELECT 1 FROM shop."Products"')) == funnel.new
    async with open_store(config) as store:
        reasons = [record.reasons[0] async for record in store.quarantined()]
    assert [said in reason for reason in reasons if said] == [True] * funnel.quarantined


async def test_wrong_target_is_found_before_the_source_is_read(tmp_path: Path, postgres_url: str) -> None:
    """No request is made for rows that could not land anywhere."""
    await fetch(postgres_url, PRODUCTS, 'ALTER TABLE shop."Products" DROP COLUMN weight', "SELECT 1")
    source = Given(SPECS, {"products": [FULL]})
    with pytest.raises(DatabaseConfigError, match="no column for the field 'weight'"):
        await run(source, configured(tmp_path, postgres_url))
    assert source.reads == 0


async def test_target_that_takes_no_row_is_taken_for_wrong(tmp_path: Path, postgres_url: str) -> None:
    """A thousand refused rows and none that fits is a mistake in the settings, not in the data."""
    await fetch(postgres_url, PRODUCTS, "SELECT 1")
    text = TOML.replace("internal = false", 'internal = "kind", kind = false')
    rows = [{"sku": f"p{number}", "price": 1, "internal": "x"} for number in range(1_100)]
    with pytest.raises(DatabaseConfigError, match=r"refuses 1,000 rows of 'products' and more.*enum"):
        await run(Given(SPECS, {"products": rows}), configured(tmp_path, postgres_url, text))
    assert await fetch(postgres_url, 'SELECT 1 FROM shop."Products"') == []


async def test_settings_say_what_is_wrong_with_them(tmp_path: Path) -> None:
    """Unknown words, contradictions and a target without a table are told with their place."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    for text, said in [
        ('[targets.products]\ntable = "a"\ncolums = {}', r"targets\.products\.colums"),
        ('[targets.products]\ntable = "a"\ndelete = "soft"', "a column deleted_at where delete is soft"),
        ('[targets.products.references.a]\nentity = "b"\ntable = "c"', "either an entity or a table"),
        ('[targets.products.references.a]\ntable = "c"', "as match"),
    ]:
        with pytest.raises(ConfigError, match=said):
            configured(tmp_path, url, text)
    with pytest.raises(ConfigError, match=r"targets\.products names no table"):
        await run(Given(SPECS, {}), configured(tmp_path, url, '[targets.products]\nkey = ["sku"]'))
    report = await run(Given(SPECS, {"products": [FULL]}), configured(tmp_path, url, '[targets.other]\ntable = "b"'))
    assert any("a target for 'other'" in warning for warning in report.warnings)


LEAGUE = Table(
    "leagues",
    "pg",
    (
        Column("id", "id", "id", "serial", nullable=False, has_default=True),
        Column("ncaa_id", "ncaaId", "ncaa_id", "integer", nullable=False),
        Column("name", "name", "name", "text", nullable=False),
    ),
    primary_key=("id",),
    natural_keys=(("ncaa_id",),),
)
TEAM = Table(
    "teams",
    "pg",
    (
        Column("id", "id", "id", "serial", nullable=False, has_default=True),
        Column("ncaa_id", "ncaaId", "ncaa_id", "integer", nullable=False),
        Column("league_id", "leagueId", "league_id", "integer"),
        Column("active", "active", "active", "boolean", nullable=False, has_default=True),
        Column("created_at", "createdAt", "created_at", "timestamp with time zone", nullable=False, has_default=True),
        Column("deleted_at", "deletedAt", "deleted_at", "timestamp with time zone"),
    ),
    primary_key=("id",),
    natural_keys=(("ncaa_id",),),
    foreign_keys=(ForeignKey(("league_id",), "leagues", ("id",)),),
)
APPLICATION = """
CREATE TABLE leagues (id serial PRIMARY KEY, ncaa_id integer NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE teams (id serial PRIMARY KEY, ncaa_id integer NOT NULL UNIQUE, league_id integer REFERENCES leagues (id),
    active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
INSERT INTO leagues (id, ncaa_id, name) VALUES (900, 5, 'known before')
"""


class LeagueInsert(Insert):
    """As the generator writes it."""

    __table__ = LEAGUE
    id: int | Unset = unset()
    ncaa_id: int = column("ncaaId")
    name: str


class TeamInsert(Insert):
    """As the generator writes it."""

    __table__ = TEAM
    id: int | Unset = unset()
    ncaa_id: int = column("ncaaId")
    league_id: int | Unset | None = unset("leagueId")
    active: bool | Unset = unset()
    created_at: datetime | Unset = unset("createdAt")
    deleted_at: datetime | Unset | None = unset("deletedAt")


GENERATED = (EntitySpec("teams", TeamInsert, ("ncaa_id",)), EntitySpec("leagues", LeagueInsert, ("ncaa_id",)))
TEAMS = [{"ncaaId": number, "leagueId": number % 2 or None} for number in range(20)]


def world(teams: list[dict[str, Any]]) -> Given:
    """Return a source of generated models, children first."""
    return Given(GENERATED, {"teams": teams, "leagues": [{"ncaaId": 1, "name": "A"}, {"ncaaId": 5, "name": "B"}]})


async def test_generated_models_need_no_other_word(postgres_url: str) -> None:
    """Table, columns, natural key, foreign keys, order, defaults and soft deletion follow from the models."""
    await fetch(postgres_url, APPLICATION, "SELECT 1")
    config = PipelineConfig(database_url=postgres_url)
    report = await run(
        world([*TEAMS, {"ncaaId": 50, "leagueId": 9}, {"ncaaId": 51, "leagueId": 5, "active": False}]), config
    )
    assert [(found.rule, found.rows) for found in report.findings] == [("league_id.orphan", 1)]
    query = "SELECT t.*, l.ncaa_id AS league FROM teams t LEFT JOIN leagues l ON l.id = t.league_id ORDER BY t.ncaa_id"
    found = await fetch(postgres_url, query)
    assert [(row["ncaa_id"], row["league"]) for row in found[:3]] == [(0, None), (1, 1), (2, None)]
    assert (found[-1]["league_id"], found[-1]["active"], found[-2]["active"]) == (900, False, True)
    assert all(row["created_at"] and row["deleted_at"] is None for row in found)
    await run(world([*TEAMS[1:], {"ncaaId": 51, "leagueId": 5, "active": False}]), config)
    gone = await fetch(postgres_url, "SELECT ncaa_id FROM teams WHERE deleted_at IS NOT NULL")
    assert [row["ncaa_id"] for row in gone] == [0]


async def test_generated_model_without_its_table_asks_for_the_migrations(postgres_url: str) -> None:
    """Headgate makes no table in the place of one that an application is to make, unless it is told to."""
    config = PipelineConfig(database_url=postgres_url)
    with pytest.raises(DatabaseConfigError, match="'teams', which the database does not have") as error:
        await run(world(TEAMS), config)
    assert "migrations" in (error.value.hint or "")
    managed = {name: TargetConfig(managed=True) for name in ("teams", "leagues")}
    report = await run(world([]), PipelineConfig(database_url=postgres_url, targets=managed))
    assert report.entities["leagues"].new == 2


async def test_generated_model_of_another_database_lands_in_a_table_of_headgate(tmp_path: Path) -> None:
    """A trial run into SQLite needs no PostgreSQL."""
    report = await run(world(TEAMS[:1]), PipelineConfig(database_url=f"sqlite:///{tmp_path / 'trial.db'}"))
    assert report.entities["teams"].new == 1
