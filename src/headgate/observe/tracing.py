"""Traces by OpenTelemetry: a span for each run, stage, request and attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import Any

from headgate.config.operation import TracingConfig
from headgate.errors import ConfigError, MissingExtraError
from headgate.http.observing import OBSERVER, Watched
from headgate.logging import error_context, redact_value
from headgate.pipeline.observer import SyncObserver

_EXPORT_SECONDS = 5.0


class Tracing:
    """Makes spans, of which a run's are the children of the run's.

    Args:
        tracer: What OpenTelemetry calls a tracer.
        propagate: Whether upstreams are told the trace.
    """

    def __init__(self, tracer: Any, *, propagate: bool = False) -> None:
        self._tracer = tracer
        self._propagate = propagate

    @contextmanager
    def run(self, source: str, observer: SyncObserver) -> Iterator[SyncObserver]:
        """Trace a run; give the observer that it is to have, which passes everything on to ``observer``."""
        with self.span("headgate.run", {"headgate.source": source}):
            stages = StageSpans(self, observer)
            token = OBSERVER.set(self)
            try:
                yield stages
            except BaseException as error:
                stages.end(error)
                raise
            finally:
                OBSERVER.reset(token)
                stages.end()

    @contextmanager
    def request(self, method: str, url: str) -> Iterator[Watched]:
        """Trace a request that memory could not answer."""
        with self.span("headgate.request", {"http.request.method": method, "url.full": url}) as span:
            yield _Watched(span)

    @contextmanager
    def attempt(self, method: str, url: str, number: int) -> Iterator[Watched]:
        """Trace an attempt: what went over the wire."""
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - an extra

        facts = {"http.request.method": method, "url.full": url, "headgate.attempt": number}
        with self.span("headgate.attempt", facts, kind=SpanKind.CLIENT) as span:
            yield _Watched(span, propagate=self._propagate)

    @contextmanager
    def span(self, name: str, facts: Mapping[str, Any], **options: Any) -> Iterator[Any]:
        """Trace what is done inside; an error is noted without its secrets, and goes on."""
        with self._tracer.start_as_current_span(
            name, attributes=_clean(facts), record_exception=False, set_status_on_exception=False, **options
        ) as span:
            try:
                yield span
            except BaseException as error:
                fail(span, error)
                raise


class _Watched:
    def __init__(self, span: Any, *, propagate: bool = False) -> None:
        self._span = span
        self._propagate = propagate

    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        if self._propagate:
            from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - an extra
                TraceContextTextMapPropagator,
            )

            TraceContextTextMapPropagator().inject(carrier)
        return carrier

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)


class StageSpans:
    """An observer of runs that makes a span of each stage, and passes everything on.

    Args:
        tracing: What makes the spans.
        observer: Who is told besides.
    """

    def __init__(self, tracing: Tracing, observer: SyncObserver) -> None:
        self._tracing = tracing
        self._observer = observer
        self._stage: Any = None

    def on_stage(self, stage: str) -> None:
        """End the stage before, and begin this one."""
        self.end()
        self._stage = self._tracing.span(f"headgate.stage.{stage}", {"headgate.stage": stage})
        self._stage.__enter__()
        self._observer.on_stage(stage)

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:
        """Pass it on."""
        self._observer.on_rows(entity, partition, fetched)

    def on_event(self, message: str) -> None:
        """Pass it on."""
        self._observer.on_event(message)

    def end(self, error: BaseException | None = None) -> None:
        """End the stage that is under way, if there is one, with the error that ended it."""
        stage, self._stage = self._stage, None
        if stage is None:
            return
        if error is not None:
            from opentelemetry.trace import get_current_span  # noqa: PLC0415 - an extra

            fail(get_current_span(), error)
        stage.__exit__(None, None, None)


def fail(span: Any, error: BaseException) -> None:
    """Note on a span what, where, which attempt and what next."""
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

    facts = _clean(error_context(error))
    span.set_attributes({f"headgate.error.{name}": fact for name, fact in facts.items()})
    span.set_status(StatusCode.ERROR, facts["what"])


def _clean(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: redact_value(name, fact) for name, fact in facts.items()}


@asynccontextmanager
async def traced(source: str, config: TracingConfig, observer: SyncObserver) -> AsyncIterator[SyncObserver]:
    """Trace a run if the settings say so, and send the spans at its end; else cost nothing.

    Raises:
        MissingExtraError: The extra ``otel`` is not installed.
        ConfigError: The endpoint is no URL.
    """
    if not config.enabled:
        yield observer
        return
    provider = _provider(config)
    tracing = Tracing(provider.get_tracer("headgate", version("headgate")), propagate=config.propagate)
    try:
        with tracing.run(source, observer) as watched:
            yield watched
    finally:
        # it may wait for a collector that does not answer, for some seconds
        await asyncio.to_thread(provider.shutdown)


def _provider(config: TracingConfig) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("Tracing", "otel") from None
    if config.endpoint is not None and not config.endpoint.startswith(("http://", "https://")):
        raise ConfigError(
            "tracing.endpoint is no URL that begins with http:// or https://.",
            hint="Write the whole address, such as http://127.0.0.1:4318/v1/traces.",
        )
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(config.sample_ratio)),
        resource=Resource.create({"service.name": config.service_name, "service.version": version("headgate")}),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=config.endpoint, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
