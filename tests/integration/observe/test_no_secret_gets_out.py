"""Secrets are put everywhere they can be, then every output is searched for them."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from pydantic import BaseModel

from fixtures.command import Command
from fixtures.raw_server import RawServer, json_reply, reply
from headgate import pipeline
from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.logging import configure_logging, get_logger
from headgate.observe import endpoints
from headgate.observe.operating import operated
from headgate.pipeline import SilentObserver
from headgate.quality.report import render_html
from headgate.store import DatabaseManager

SEEDS = {
    place: f"s3cr3t-value-{place}"
    for place in (
        "query",
        "userinfo",
        "header",
        "bearer",
        "cookie",
        "setcookie",
        "redirect",
        "redis",
        "gateway",
        "target",
        "error",
        "webtoken",
    )
}
PERSONAL = ("ada.lovelace@example.org", "+1 555 010 4477")


class Person(BaseModel):
    """A row."""

    id: int
    name: str


class Listener(SilentObserver):
    """Keeps what a person who watches would read."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def on_event(self, message: str) -> None:
        """Keep it."""
        self.said.append(message)


class Leaky(RobustExtractor, ExtractorPlugin):
    """Asks with secrets in every place, and fails in every way."""

    name = "leaky"
    url = ""

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The one entity."""
        return (EntitySpec("people", Person, key=("id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield what the upstream lists, after some requests that fail."""
        with_user = self.url.replace("://", f"://me:{SEEDS['userinfo']}@")
        query = f"?api_key={SEEDS['query']}&page=1"
        options: dict[str, Any] = {
            "headers": {
                "X-Api-Key": SEEDS["header"],
                "Authorization": f"Bearer {SEEDS['bearer']}",
                "Cookie": f"session={SEEDS['cookie']}",
            }
        }
        for path in ("/gone", "/broken", "/empty", "/moved", "/loop"):
            try:
                await self.request(f"{with_user}{path}{query}", **options)
            except HeadgateError as error:
                get_logger("leaky").warning("failed", error=error, who=PERSONAL[0], phone=PERSONAL[1], **options)
        answer = await self.robust_http_request(f"{with_user}/people{query}", expect="json", **options)
        yield Records("people", answer, complete=True)
        if Path("fail").exists():
            msg = f"lost https://a.test/?token={SEEDS['error']} password={SEEDS['error']}"
            raise HeadgateError(msg, hint=f"Authorization: Bearer {SEEDS['error']}")


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    """The set-up of this test does not reach the next."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.getLogger("headgate").setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.mark.timeout(300)  # the commands are processes of their own
async def test_no_output_holds_a_secret(raw_server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs, database, cache, metrics, reports and commands hold none of what was seeded in URLs, headers, settings."""
    monkeypatch.chdir(tmp_path)
    secret = {"Set_Cookie": f"id={SEEDS['setcookie']}; Path=/"}
    raw_server.routes = {
        "/people": json_reply(b'[{"id": 1, "name": "Ada"}, {"id": "x", "name": null}]', **secret),
        "/gone": reply(404, b"nothing here", **secret),
        "/broken": reply(500, b"broken", **secret),
        "/empty": json_reply(b"", **secret),
        "/moved": reply(302, Location=f"/people?token={SEEDS['redirect']}"),
        "/loop": reply(302, Location=f"/loop?token={SEEDS['redirect']}"),
    }
    monkeypatch.setattr(Leaky, "url", raw_server.url)
    config = {
        "database_url": f"sqlite:///{tmp_path / 'store.db'}",
        "redis_url": f"redis://:{SEEDS['redis']}@127.0.0.1:1/0",
        "cache": {"second_level": "disk"},
        "rate_limit": {"requests_per_second": 1000},
        "retry": {"base_delay": 0, "max_attempts": 2},
        "circuit": {"failure_threshold": 100, "failure_ratio": "none"},
        "guard": {"max_quarantine_share": 1},
        "metrics": {"pushgateway": f"http://me:{SEEDS['gateway']}@127.0.0.1:1"},
        "alerts": {"targets": {"ops": {"url": f"json://me:{SEEDS['target']}@127.0.0.1:1/{SEEDS['target']}"}}},
        "web": {"token": SEEDS["webtoken"]},
    }
    (tmp_path / "headgate.toml").write_text(as_toml(config))
    settings = PipelineConfig(tmp_path / "headgate.toml")
    outputs: dict[str, str] = {}
    for style in ("json", "console"):
        log = io.StringIO()
        configure_logging(level="debug", style=style, stream=log)
        listener = Listener()
        said = listener.said
        plugins = PluginManager(discover=False)
        plugins.register_extractor("leaky", Leaky)
        for fails in (False, True):
            (tmp_path / "fail").touch() if fails else (tmp_path / "fail").unlink(missing_ok=True)
            try:
                async with operated("leaky", settings, observer=listener):
                    report = await pipeline.sync("leaky", config=settings, plugins=plugins)
                outputs[f"report {style}"] = f"{orjson.dumps(report.as_dict())!r} {report!r} {report.metrics!r}"
            except HeadgateError as error:
                said.append(str(error).replace(SEEDS["error"], ""))  # the extractor's own words; commands redact them
        outputs[f"log {style}"] = log.getvalue()
        outputs[f"said {style}"] = "\n".join(said)
    async with DatabaseManager(settings.database_url) as db:
        for accept in ("", "application/openmetrics-text"):
            outputs[f"metrics {accept}"] = (await endpoints.metrics(db, accept)).body.decode()
        outputs["ready"] = (await endpoints.ready(db, settings)).body.decode()
    async with pipeline.open_store(settings) as store:
        outputs["quality page"] = render_html((await pipeline.quality_of(store)).report)
    outputs["settings"] = repr(settings) + str(settings.alerts) + str(settings.web)
    command = Command(tmp_path)
    for words in COMMANDS:
        ended = await asyncio.to_thread(command, *words)
        assert ended.returncode in {0, 4}, ended.stderr
        outputs[" ".join(words)] = ended.stdout + ended.stderr
    for file in tmp_path.iterdir():
        if file.name != "headgate.toml":
            outputs[f"file {file.name}"] = file.read_bytes().decode("latin-1")
    assert len(outputs["log json"].splitlines()) > 10
    assert any(name.startswith("file store.db.cache") for name in outputs)
    leaks = [f"{seed} in {name}" for name, text in outputs.items() for seed in SEEDS.values() if seed in text]
    assert leaks == []
    logs = outputs["log json"] + outputs["log console"]
    assert [word for word in PERSONAL if word in logs] == []


COMMANDS = (
    ("runs", "--json"),
    ("quality", "--json"),
    ("config", "show", "--json"),
    ("alerts", "list", "--json"),
    ("alerts", "test"),
    ("health", "--json"),
)


def as_toml(values: dict[str, Any], prefix: str = "") -> str:
    """Write nested settings as a file."""
    plain = [
        f"{name} = {orjson.dumps(value).decode()}" for name, value in values.items() if not isinstance(value, dict)
    ]
    tables = [
        f"[{prefix}{name}]\n{as_toml(value, f'{prefix}{name}.')}"
        for name, value in values.items()
        if isinstance(value, dict)
    ]
    return "\n".join([*plain, *tables])
