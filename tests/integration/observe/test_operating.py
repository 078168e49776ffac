"""At the end of a run: metrics are pushed or left in a file, alerts are told by a real web hook, once."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families as parse

from fixtures.peaks import World, listing, peaks
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.extract.records import Records
from headgate.metrics.registry import PROCESS
from headgate.observe.operating import operated
from headgate.pipeline import SilentObserver


class Listener(SilentObserver):
    """Keeps what a person who watches would read."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def on_event(self, message: str) -> None:
        """Keep it."""
        self.said.append(message)


class Hook:
    """A server that keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.pushed: list[tuple[str, str, str | None, str]] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        """Keep a message or a push."""
        if request.method == "PUT":
            authorization = request.headers.get("Authorization")
            self.pushed.append((request.method, request.raw_path, authorization, await request.text()))
        elif self.status == 200:
            self.sent.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with empty counters: a process counts all its runs, those of other tests among them."""
    monkeypatch.setattr(PROCESS, "_ended", {})


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """Start the server."""
    taken = Hook()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", taken.take)
    async with TestServer(app) as server:
        taken.port = server.port
        yield taken


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world with an empty database in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return World(f"sqlite:///{tmp_path / 'store.db'}")


async def run(world: World, *rows: dict[str, Any]) -> list[str]:
    """Sync as the command does; return what the person who watches is told."""
    listener = Listener()
    async with operated("peaks", world.config, observer=listener) as watched:
        await world.sync(listing(*rows), observer=watched)
    return listener.said


def configure(world: World, **sections: Any) -> None:
    """Give the world other settings, with the same database."""
    world.config = PipelineConfig(database_url=world.config.database_url, **sections)


def to(port: int, **more: Any) -> dict[str, Any]:
    """Return the settings of alerts with one target."""
    return {"targets": {"ops": {"url": f"json://127.0.0.1:{port}/hook"}}, **more}


async def test_an_alert_is_told_once_and_so_is_its_end(world: World, hook: Hook) -> None:
    """A held run is told at once, not again by the next run, and its end when it is over."""
    configure(world, alerts=to(hook.port))
    assert await run(world, *peaks(1, 2)) == []
    assert hook.sent == []
    await run(world)
    assert [message["title"] for message in hook.sent] == ["headgate: 1 alert"]
    assert "run_held (source=peaks) is 1" in hook.sent[0]["message"]
    await run(world)
    assert len(hook.sent) == 1
    await run(world, *peaks(1, 2))  # supersedes what was held
    assert [message["title"] for message in hook.sent[1:]] == ["headgate: 1 over"]
    await run(world, *peaks(1, 2))
    assert len(hook.sent) == 2


async def test_a_target_that_was_down_is_told_later(world: World, hook: Hook) -> None:
    """What could not be sent is said to the watcher, and sent by the next run; the run itself is not harmed."""
    configure(world, alerts=to(hook.port))
    await run(world, *peaks(1, 2))
    hook.status = 500
    [problem] = await run(world)
    assert problem == "The target 'ops' could not be told (headgate: 1 alert): it was refused."
    hook.status = 200
    assert await run(world) == []
    assert len(hook.sent) == 1


async def test_only_what_is_severe_enough_is_sent(world: World, hook: Hook) -> None:
    """A target with a least severity is not bothered with less."""
    rules = {
        "some_rows": {"metric": "entity_rows", "above": 0, "severity": "info"},
        "many_rows": {"metric": "entity_rows", "above": 1, "severity": "critical"},
    }
    target = {"url": f"json://127.0.0.1:{hook.port}", "severity": "critical"}
    configure(world, alerts={"targets": {"ops": target}, "rules": rules})
    await run(world, *peaks(1, 2))
    [message] = hook.sent
    assert "many_rows" in message["message"]
    assert "some_rows" not in message["message"]


async def test_a_run_that_fails_is_told(world: World, hook: Hook) -> None:
    """When the run ends in an error, the alert goes out all the same, and the error comes through."""
    configure(world, alerts=to(hook.port))
    await run(world, *peaks(1))

    async def fail() -> None:
        async with operated("peaks", world.config):
            await world.sync(Records("undeclared", peaks(1), complete=True))

    with pytest.raises(ConfigError, match="undeclared"):
        await fail()
    assert "run_failed" in hook.sent[0]["message"]


async def test_wrong_rules_and_targets_are_found_before_the_run(world: World) -> None:
    """A target that cannot be sent to and a rule about nothing end the command before anything is done."""
    for alerts in (
        {"targets": {"ops": {"url": "nonsense"}}},
        {"targets": {"ops": {"url": "json://127.0.0.1"}}, "rules": {"mine": {"metric": "nothing", "above": 1}}},
    ):
        configure(world, alerts=alerts)
        with pytest.raises(ConfigError):
            await run(world, *peaks(1))
    assert not (world.config.database_url.removeprefix("sqlite:///") and Path("store.db").exists())


async def test_metrics_are_pushed_in_a_group_of_the_source(world: World, hook: Hook) -> None:
    """A Pushgateway is sent the metrics under job and source, with the credentials of its URL in a header."""
    url = f"http://me:hunter2@127.0.0.1:{hook.port}/base/"
    configure(world, metrics={"pushgateway": url, "job": "a/b"})
    assert await run(world, *peaks(1, 2, 3)) == []
    [(method, path, authorization, text)] = hook.pushed
    assert (method, path) == ("PUT", "/base/metrics/job@base64/YS9i/batch/peaks")
    assert authorization == "Basic bWU6aHVudGVyMg=="
    names = {sample.name: sample.value for family in parse(text) for sample in family.samples}
    assert names["headgate_entity_rows"] == 3


async def test_a_pushgateway_that_fails_is_said_without_its_password(world: World, hook: Hook) -> None:
    """A gateway that refuses or is away costs a sentence and nothing else."""
    hook.status = 503
    for port in (hook.port, 1):
        configure(world, metrics={"pushgateway": f"http://me:hunter2@127.0.0.1:{port}"})
        [problem] = await run(world, *peaks(1))
        assert problem.startswith("The metrics were not pushed to http://***@127.0.0.1")
        assert "hunter2" not in problem


async def test_metrics_are_left_in_a_file(world: World, tmp_path: Path) -> None:
    """The file for node-exporter is whole, readable by others, and nothing else is left beside it."""
    folder = tmp_path / "collector"
    folder.mkdir()
    file = folder / "headgate.prom"
    configure(world, metrics={"textfile": str(file)})
    for _ in range(2):
        assert await run(world, *peaks(1, 2, 3)) == []
    names = {sample.name for family in parse(file.read_text()) for sample in family.samples}
    assert "headgate_entity_listed_timestamp_seconds" in names
    assert [path.name for path in folder.iterdir()] == ["headgate.prom"]
    configure(world, metrics={"textfile": str(tmp_path / "none" / "headgate.prom")})
    [problem] = await run(world, *peaks(1, 2, 3))
    assert "No such file or directory" in problem


async def test_nothing_is_remembered_without_targets(world: World) -> None:
    """Who configured nobody to be told pays for nothing."""
    await run(world, *peaks(1, 2))
    await run(world)
    with closing(sqlite3.connect(Path("store.db"))) as database:
        assert database.execute("SELECT count(*) FROM headgate_remembered WHERE topic = 'alert'").fetchone() == (0,)
