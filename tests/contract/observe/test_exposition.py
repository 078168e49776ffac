"""The page of metrics over a real database of either kind, and the answers of a web server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from fixtures.peaks import World, listing, peaks
from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.metrics import MetricsRegistry
from headgate.observe import endpoints
from headgate.observe.exposition import metrics_page
from headgate.store import DatabaseManager

OPENMETRICS = "application/openmetrics-text"


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world with an empty database of either kind."""
    monkeypatch.chdir(tmp_path)
    return World(database_url)


async def values(url: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a page by name and labels."""
    async with DatabaseManager(url) as db:
        page = await metrics_page(db, registry=MetricsRegistry())
    return {(name, *labels.values()): value for name, labels, value in page.samples()}


async def test_what_stands_in_the_database(world: World) -> None:
    """Rows by fate, freshness, status, quarantine and quality of the last run are on the page."""
    await world.sync(listing(*peaks(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))
    await world.sync(listing(*peaks(1, 2, 3, 4, 5, 6, 7, 8, 9), {"id": 10, "name": None}))
    found = await values(world.config.database_url)
    assert found["headgate_database_up",] == 1
    assert found["headgate_last_run_status", "peaks", "applied"] == 1
    assert found["headgate_last_run_status", "peaks", "failed"] == 0
    assert found["headgate_last_run_rows", "peaks", "peaks", "unchanged"] == 9
    assert found["headgate_last_run_rows", "peaks", "peaks", "quarantined"] == 1
    assert found["headgate_entity_rows", "peaks", "peaks"] == 10
    assert found["headgate_quarantined_rows", "peaks", "peaks"] == 1
    assert 0 <= found["headgate_entity_freshness_seconds", "peaks", "peaks"] < 600
    assert found["headgate_quality_score", "peaks", "peaks"] == pytest.approx(90)
    assert found["headgate_held_runs", "peaks"] == 0


async def test_a_held_run_is_seen_and_freshness_does_not_come_from_it(world: World) -> None:
    """A run that the guard holds waits on the page, and what it listed counts only once it is applied."""
    held = await world.sync(listing(*peaks(1)))
    assert held.status is pipeline.RunStatus.APPLIED
    before = (await values(world.config.database_url))["headgate_entity_freshness_seconds", "peaks", "peaks"]
    assert (await world.sync(listing())).status is pipeline.RunStatus.HELD
    found = await values(world.config.database_url)
    assert found["headgate_held_runs", "peaks"] == 1
    assert found["headgate_held_run_age_seconds", "peaks"] > 0
    assert found["headgate_last_run_status", "peaks", "held"] == 1
    assert found["headgate_entity_freshness_seconds", "peaks", "peaks"] > before


async def test_an_incomplete_run_does_not_refresh_what_was_once_listed_whole(world: World) -> None:
    """A run that could not list an entity to its end leaves its freshness as it was."""
    await world.sync(listing(*peaks(1, 2)))
    await world.sync(listing(*peaks(1), complete=False))
    async with world.store() as store:
        [source] = await store.overview()
        first = (await store.runs())[-1]
    assert source.entities[0].listed_at == first.started_at


async def test_an_empty_database_is_up_and_tells_nothing(world: World) -> None:
    """Of a database that no run has touched, the page says only that it is there; nothing is created in it."""
    async with DatabaseManager(world.config.database_url) as db:
        async with db.get_connection():
            pass
        page = await metrics_page(db, registry=MetricsRegistry())
        assert [name for name, _, _ in page.samples()] == [
            "headgate_build_info",
            "headgate_page_cleaned_labels",
            "headgate_page_omitted_samples",
            "headgate_database_up",
            "headgate_database_read_seconds",
            "headgate_outbox_events",
        ]


async def test_a_database_that_is_away_does_not_take_the_page_with_it(tmp_path: Path) -> None:
    """Without its database the page says so, and has everything else."""
    for url in (f"sqlite:///{tmp_path / 'none.db'}", "postgresql://nobody@127.0.0.1:1/nothing"):
        found = await values(url)
        assert found["headgate_database_up",] == 0
        assert any(name[0] == "headgate_build_info" for name in found)
    assert not (tmp_path / "none.db").exists()


async def test_the_answer_is_valid_in_both_formats(world: World) -> None:
    """What a scraper is given passes the strict parser, and promtool where there is one."""
    await world.sync(listing(*peaks(1, 2)))
    async with DatabaseManager(world.config.database_url) as db:
        strict = await endpoints.metrics(db, f"{OPENMETRICS}; version=1.0.0")
        plain = await endpoints.metrics(db)
    assert (strict.status, plain.status) == (200, 200)
    assert strict.content_type.startswith(OPENMETRICS)
    assert len(list(parse_openmetrics(strict.body.decode()))) > 10
    if promtool := shutil.which("promtool"):
        checked = subprocess.run([promtool, "check", "metrics"], input=plain.body, capture_output=True, check=False)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


async def test_alive_and_ready(world: World) -> None:
    """Alive is whoever answers; ready is who has a database with the tables of this version."""
    assert orjson.loads(endpoints.live().body) == {"status": "alive"}
    async with DatabaseManager(world.config.database_url) as db:
        before = await endpoints.ready(db, world.config)
        await world.sync(listing(*peaks(1)))
        after = await endpoints.ready(db, world.config)
    assert before.status == 503
    assert orjson.loads(before.body)["migrations"]["status"] == "unhealthy"
    assert after.status == 200
    report = orjson.loads(after.body)
    assert report["status"] == "healthy"
    assert report["database"]["response_ms"] >= 0


async def test_redis_that_is_away_is_no_reason_not_to_be_ready(world: World) -> None:
    """Redis is a help, not a need: without it the process is degraded, and ready."""
    await world.sync(listing(*peaks(1)))
    config = PipelineConfig(database_url=world.config.database_url, redis_url="redis://:hunter2@127.0.0.1:1/0")
    async with DatabaseManager(config.database_url) as db:
        answer = await endpoints.ready(db, config)
    assert answer.status == 200
    assert orjson.loads(answer.body)["redis"]["status"] == "degraded"
    assert b"hunter2" not in answer.body
