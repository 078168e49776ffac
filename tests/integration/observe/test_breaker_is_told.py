"""A host that hangs: its breaker is told to sinks, metrics, alerts and health; so is a handler that fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.peaks import Peak
from fixtures.raw_server import RawServer, hang, json_reply
from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.events.kinds import PipelineEvent
from headgate.events.pipeline_events import PipelineEvents
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.health import ComponentHealth, HealthStatus
from headgate.metrics import PROCESS
from headgate.observe.exposition import metrics_page
from headgate.observe.readiness import readiness
from headgate.store import DatabaseManager


class Hills(RobustExtractor, ExtractorPlugin):
    """Asks one page until it answers, three times at the most."""

    name = "hills"
    url = ""
    pause = 0.0

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The one entity."""
        return (EntitySpec("hills", Peak, key=("peak_id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield the page."""
        for _ in range(3):
            try:
                rows = await self.robust_http_request(self.url, expect="json")
            except HeadgateError:
                await asyncio.sleep(self.pause)
            else:
                yield Records("hills", rows, complete=True)
                return
        await self.robust_http_request(self.url)


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with empty counters."""
    monkeypatch.setattr(PROCESS, "_ended", {})


def settings(database_url: str, told: Path, *, recovery: float) -> PipelineConfig:
    """Return settings with a file as a sink, and a breaker that opens at the second failure."""
    return PipelineConfig(
        database_url=database_url,
        circuit={"failure_threshold": 2, "recovery_timeout": recovery},
        max_retries=1,
        retry={"base_delay": 0},
        timeout_seconds=0.1,
        http={"respect_robots": False},
        cache={"second_level": "none"},
        events={"sinks": {"log": {"type": "file", "path": told}}},
    )


def source(url: str, *, pause: float = 0.0) -> PluginManager:
    """Return the sources: one, that asks a URL."""
    Hills.url, Hills.pause = url, pause
    plugins = PluginManager(discover=False)
    plugins.register_extractor("hills", Hills)
    return plugins


def breaker_events(told: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what a sink was told of breakers."""
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    return [(line["type"], line["data"]) for line in lines if ".breaker." in line["type"]]


async def part(config: PipelineConfig, name: str) -> ComponentHealth:
    """Return the health of a part."""
    async with DatabaseManager(config.database_url) as db:
        return (await readiness(db, config)).components[name]


async def test_a_host_that_hangs_is_told_everywhere(database_url: str, raw_server: RawServer, tmp_path: Path) -> None:
    """The breaker opens: a sink is told, the page of metrics and the health report say so after the run."""
    raw_server.routes = {"/": hang}
    told = tmp_path / "events.jsonl"
    config = settings(database_url, told, recovery=60)
    with pytest.raises(HeadgateError):
        await pipeline.sync("hills", config=config, plugins=source(raw_server.url + "/"))
    assert breaker_events(told) == [("headgate.breaker.opened", {"host": raw_server.url})]
    async with DatabaseManager(database_url) as db:
        samples = [(name, dict(labels), value) for name, labels, value in (await metrics_page(db)).samples()]
    about = {"source": "hills", "host": raw_server.url}
    assert ("headgate_circuit_breaker_state", {**about, "state": "open"}, 1) in samples
    assert ("headgate_circuit_breaker_state", {**about, "state": "closed"}, 0) in samples
    assert ("headgate_circuit_breaker_transitions_total", {**about, "to": "open"}, 1) in samples
    health = await part(config, "circuit_breakers")
    assert health.status is HealthStatus.DEGRADED
    assert health.message == f"Not closed at the end of the last run: {raw_server.url} (hills, open)."


async def test_a_host_that_is_well_again_is_told(database_url: str, raw_server: RawServer, tmp_path: Path) -> None:
    """Both the opening and the closing arrive, in their order, and the health report has nothing to say."""
    answers = iter([hang, hang])

    async def first_hang(*request: Any) -> None:
        answer = next(answers, None)
        if answer is not None:
            await answer(*request)
        else:
            request[2].write(json_reply(b'[{"id": 1, "name": "One"}]'))

    raw_server.routes = {"/": first_hang}
    told = tmp_path / "events.jsonl"
    config = settings(database_url, told, recovery=0.05)
    await pipeline.sync("hills", config=config, plugins=source(raw_server.url + "/", pause=0.1))
    assert [kind for kind, _ in breaker_events(told)] == ["headgate.breaker.opened", "headgate.breaker.closed"]
    assert (await part(config, "circuit_breakers")).status is HealthStatus.HEALTHY


async def test_handlers_that_fail_are_seen_from_outside(
    database_url: str, raw_server: RawServer, tmp_path: Path
) -> None:
    """What handlers did not take stands in the health report until a run whose handlers took everything."""
    raw_server.routes = {"/": json_reply(b'[{"id": 1, "name": "One"}]')}
    config = settings(database_url, tmp_path / "events.jsonl", recovery=60)
    plugins = source(raw_server.url + "/")

    async def fail(_event: PipelineEvent) -> None:
        raise SystemExit(1)

    async def give_up(_event: PipelineEvent) -> None:
        raise asyncio.CancelledError

    async def take(_event: PipelineEvent) -> None:
        pass

    async with PipelineEvents() as events:
        ends = [events.subscribe(handler) for handler in (fail, give_up, take)]
        report = await pipeline.sync("hills", config=config, plugins=plugins, events=events)
        assert report.status is pipeline.RunStatus.APPLIED
        assert events.counts.handled > 0
        assert events.counts.failed == 2 * events.counts.handled
        health = await part(config, "handlers")
        assert health.status is HealthStatus.DEGRADED
        assert f"{events.counts.failed} failed" in (health.message or "")
        for end in ends[:2]:
            end()
        await pipeline.sync("hills", config=config, plugins=plugins, events=events)
    assert (await part(config, "handlers")).status is HealthStatus.HEALTHY
