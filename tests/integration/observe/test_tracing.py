"""Spans of a run over a real network: who is whose child, what they say, and what upstreams are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from fixtures.raw_server import RawServer, json_reply, reply
from headgate import pipeline
from headgate.config.policies import CacheConfig, RetryConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, HeadgateError
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.http import HttpClient
from headgate.observe.operating import operated
from headgate.observe.tracing import Tracing
from headgate.pipeline import SilentObserver

from fixtures.peaks import Peak  # isort: skip


class Hills(RobustExtractor, ExtractorPlugin):
    """Reads one page."""

    name = "hills"
    url = ""

    @property
    def entities(self) -> tuple[EntitySpec, ...]:
        """The one entity."""
        return (EntitySpec("hills", Peak, key=("peak_id",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield the page."""
        yield Records("hills", await self.robust_http_request(self.url, expect="json"), complete=True)


@pytest.fixture
def spans() -> Iterator[tuple[Tracing, InMemorySpanExporter]]:
    """Give a tracing whose spans stay in memory."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    yield Tracing(provider.get_tracer("test"), propagate=True), kept
    provider.shutdown()


def tree(spans: tuple[ReadableSpan, ...]) -> list[str]:
    """Return the names of the spans with those of their ancestors, in the order of their beginnings."""
    by_id = {span.context.span_id: span for span in spans}

    def path(span: ReadableSpan) -> str:
        name = span.name.removeprefix("headgate.")
        return f"{path(by_id[span.parent.span_id])} > {name}" if span.parent else name

    return [path(span) for span in sorted(spans, key=lambda span: span.start_time or 0)]


def settings(folder: Path, **more: object) -> PipelineConfig:
    """Return settings with a database in the folder."""
    quick = {"retry": {"base_delay": 0}, "http": {"respect_robots": False}, "cache": {"second_level": "none"}}
    return PipelineConfig(database_url=f"sqlite:///{folder / 'store.db'}", **quick, **more)


def source(url: str) -> PluginManager:
    """Return the sources: one, that asks a URL."""
    Hills.url = url
    plugins = PluginManager(discover=False)
    plugins.register_extractor("hills", Hills)
    return plugins


async def test_a_run_is_a_tree_of_stages_requests_and_attempts(
    raw_server: RawServer, tmp_path: Path, spans: tuple[Tracing, InMemorySpanExporter]
) -> None:
    """Both attempts of a request are its children, it is the child of its stage, and that of the run."""
    raw_server.routes = {"/": [reply(503), json_reply(b'[{"id": 1, "name": "One"}]')]}
    tracing, kept = spans
    with tracing.run("hills", SilentObserver()) as watched:
        await pipeline.sync("hills", config=settings(tmp_path), plugins=source(raw_server.url + "/"), observer=watched)
    finished = kept.get_finished_spans()
    assert tree(finished) == [
        "run",
        "run > stage.extract",
        "run > stage.extract > request",
        "run > stage.extract > request > attempt",
        "run > stage.extract > request > attempt",
        "run > stage.plan",
        "run > stage.commit",
    ]
    first, second = (span for span in finished if span.name == "headgate.attempt")
    assert (first.attributes["headgate.attempt"], first.status.is_ok) == (1, False)
    assert first.attributes["headgate.error.kind"]
    assert (second.attributes["headgate.attempt"], second.attributes["http.response.status_code"]) == (2, 200)
    parents = [(seen.header("traceparent") or "").split("-")[1:3] for seen in raw_server.seen]
    assert parents == [[f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"] for span in (first, second)]


async def test_a_failure_is_noted_without_its_secrets(
    raw_server: RawServer, tmp_path: Path, spans: tuple[Tracing, InMemorySpanExporter]
) -> None:
    """Run, stage, request and attempt that fail say why, and none of them holds a secret of the URL."""
    raw_server.routes = {"/": reply(404)}
    tracing, kept = spans
    url = f"{raw_server.url}/?token=hunter2&who=ada@example.org".replace("://", "://me:hunter2@")

    async def fail() -> None:
        with tracing.run("hills", SilentObserver()) as watched:
            await pipeline.sync("hills", config=settings(tmp_path), plugins=source(url), observer=watched)

    with pytest.raises(HeadgateError):
        await fail()
    finished = kept.get_finished_spans()
    assert {span.name for span in finished if not span.status.is_ok} == {
        "headgate.run",
        "headgate.stage.extract",
        "headgate.request",
        "headgate.attempt",
    }
    said = "".join(span.to_json() for span in finished)
    assert "token=***" in said
    assert "hunter2" not in said
    assert "ada@" not in said


async def test_nobody_is_told_and_nobody_watches_by_default(raw_server: RawServer) -> None:
    """Without tracing no header is sent, and attempts go straight to the transport."""
    raw_server.routes = {"/": json_reply()}
    async with HttpClient(cache=CacheConfig(enabled=False), retry=RetryConfig(max_attempts=1)) as client:
        await client.request(raw_server.url + "/")
        assert client._observer is None
    assert all(seen.header("traceparent") is None for seen in raw_server.seen)


async def test_spans_are_sent_at_the_end_of_a_run(raw_server: RawServer, tmp_path: Path) -> None:
    """With an endpoint in the settings, a collector is sent the spans over OTLP, and upstreams are told nothing."""
    raw_server.routes = {"/": json_reply(b'[{"id": 1, "name": "One"}]')}
    taken: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.read())
        return web.Response(body=b"", content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    async with TestServer(app) as collector:
        config = settings(tmp_path, tracing={"enabled": True, "endpoint": str(collector.make_url("/v1/traces"))})
        async with operated("hills", config) as watched:
            await pipeline.sync("hills", config=config, plugins=source(raw_server.url + "/"), observer=watched)
    assert b"headgate.attempt" in b"".join(taken)
    assert raw_server.seen[0].header("traceparent") is None


async def test_an_endpoint_that_is_no_url_is_refused(tmp_path: Path) -> None:
    """A wrong endpoint ends the command before anything is done."""
    with pytest.raises(ConfigError):
        async with operated("hills", settings(tmp_path, tracing={"enabled": True, "endpoint": "collector:4318"})):
            pass
