"""Whether everything that a run needs is there: asked at once, each part timed and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.settings import PipelineConfig
from headgate.extract.health_report import check_all, ping
from headgate.health import ComponentHealth, HealthStatus, worst
from headgate.logging import redact
from headgate.metrics import MetricsRegistry
from headgate.observe.exposition import metrics_page
from headgate.pipeline import activity_of
from headgate.pipeline.handled import failed_handlers
from headgate.pipeline.source import redis_client
from headgate.resilience.circuit_breaker import CircuitState
from headgate.store import DatabaseManager, SinkStatus, Store

_RUNS = 50
"""Runs that are looked through for the hosts they asked."""
_NAMED = 5
_UNKNOWN = ComponentHealth(HealthStatus.DEGRADED, "Unknown: there are no tables to read it from.")


@dataclass(frozen=True, slots=True)
class Readiness:
    """How the parts are.

    Args:
        checked_at: When they were asked.
        components: The report of each part.
    """

    checked_at: datetime
    components: Mapping[str, ComponentHealth]

    @property
    def status(self) -> HealthStatus:
        """How the worst of them is."""
        return worst(part.status for part in self.components.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "status": self.status.value,
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            **{name: part.as_dict() for name, part in self.components.items()},
        }


async def readiness(
    database: DatabaseManager, settings: PipelineConfig, *, thorough: bool = False, clock: Clock = SYSTEM_CLOCK
) -> Readiness:
    """Ask database, migrations, outbox, breakers and Redis how they are; nothing is written, and nothing raised.

    Without its database, or with tables of another version, nothing works: unhealthy. Redis is a help and no need, a
    sink that fails is caught up later, and so is a host that was left alone, or a handler that failed, in the last run
    of a source: degraded.

    Args:
        database: The database.
        settings: The settings.
        thorough: Also make the page of metrics, to see whether all of it can be exported as it is.
        clock: The time.
    """
    store = Store(database, clock=clock)
    parts = {
        "database": (_database(database), HealthStatus.UNHEALTHY),
        "migrations": (_migrations(store), HealthStatus.UNHEALTHY),
        "outbox": (_outbox(store), HealthStatus.DEGRADED),
        "circuit_breakers": (_circuit_breakers(store), HealthStatus.DEGRADED),
        "handlers": (_handlers(store), HealthStatus.DEGRADED),
        "redis": (_redis(settings), HealthStatus.DEGRADED),
    }
    if thorough:
        parts["metrics"] = (_metrics(database), HealthStatus.DEGRADED)
    return Readiness(datetime.fromtimestamp(clock.time(), UTC), await check_all(parts, clock=clock))


async def _database(database: DatabaseManager) -> ComponentHealth:
    return _no_file(database) or await database.health()


async def _migrations(store: Store) -> ComponentHealth:
    if missing := _no_file(store.db):
        return missing
    found, newest = await store.versions()
    facts = {"version": found, "newest": newest}
    if found == newest:
        return ComponentHealth(HealthStatus.HEALTHY, details=facts)
    if found > newest:
        return ComponentHealth(HealthStatus.UNHEALTHY, "Written by a newer Headgate: upgrade this one.", facts)
    return ComponentHealth(HealthStatus.UNHEALTHY, "Not migrated yet: any command that opens it does that.", facts)


def _no_file(database: DatabaseManager) -> ComponentHealth | None:
    """Report a file that is not there: asking SQLite would make it."""
    if database.file is None or database.file.is_file():
        return None
    return ComponentHealth(HealthStatus.UNHEALTHY, f"There is no database file {database.file}: run a sync first.")


async def _outbox(store: Store) -> ComponentHealth:
    if _no_file(store.db) or not await _is_migrated(store):
        return _UNKNOWN
    outbox = await store.outbox_status()
    sinks = {sink.name: _sink(sink) for sink in outbox.sinks}
    unwell = [sink.name for sink in outbox.sinks if sink.dead or sink.failures]
    facts = {"pending": outbox.pending, "dead": outbox.dead, "lag_seconds": round(outbox.lag_seconds, 1)}
    message = f"Not all is delivered to: {', '.join(unwell)}." if unwell else None
    status = HealthStatus.DEGRADED if unwell else HealthStatus.HEALTHY
    return ComponentHealth(status, message, {**facts, "sinks": sinks})


def _sink(sink: SinkStatus) -> dict[str, Any]:
    facts = {"pending": sink.pending, "dead": sink.dead, "failures": sink.failures}
    return {**facts, "error": redact(sink.error)} if sink.error else facts


async def _circuit_breakers(store: Store) -> ComponentHealth:
    """Report the breakers as the last run of each source left them: they live in the process of the run."""
    if _no_file(store.db) or not await _is_migrated(store):
        return _UNKNOWN
    records = await store.runs(limit=_RUNS)
    noted = await activity_of(store, *records)
    states: dict[str, dict[str, str]] = {}
    for record in records:
        if record.id in noted and noted[record.id].hosts:
            hosts = {host: str(facts.get("state", "")) for host, facts in noted[record.id].hosts.items()}
            states.setdefault(record.source, hosts)
    unwell = [
        f"{host} ({source}, {state.replace('_', ' ')})"
        for source, hosts in states.items()
        for host, state in hosts.items()
        if state != CircuitState.CLOSED.value
    ]
    message = f"Not closed at the end of the last run: {_listed(unwell)}." if unwell else None
    facts = {"hosts": sum(map(len, states.values())), "open": len(unwell), "sources": states}
    return ComponentHealth(HealthStatus.DEGRADED if unwell else HealthStatus.HEALTHY, message, facts)


async def _handlers(store: Store) -> ComponentHealth:
    """Report the handlers in the process of the last run of each source that had some."""
    if _no_file(store.db) or not await _is_migrated(store):
        return _UNKNOWN
    known = await failed_handlers(store)
    told = [f"{source} ({', '.join(f'{n:,} {name}' for name, n in one.items() if n)})" for source, one in known.items()]
    message = f"Handlers did not take every event of the last run of {_listed(told)}." if told else None
    return ComponentHealth(HealthStatus.DEGRADED if told else HealthStatus.HEALTHY, message, {"sources": known})


async def _metrics(database: DatabaseManager) -> ComponentHealth:
    page = await metrics_page(database, registry=MetricsRegistry())
    facts = {"samples": sum(1 for _ in page.samples()), "cleaned_labels": page.cleaned, "omitted_samples": page.omitted}
    if page.value("database_up") != 1:
        return ComponentHealth(HealthStatus.DEGRADED, "Without what stands in the database.", facts)
    if page.omitted:
        return ComponentHealth(HealthStatus.DEGRADED, "Some are left out: too many, or not to be told apart.", facts)
    return ComponentHealth(HealthStatus.HEALTHY, details=facts)


async def _is_migrated(store: Store) -> bool:
    found, newest = await store.versions()
    return found == newest


def _listed(things: Sequence[str]) -> str:
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return f"{', '.join(things[:_NAMED])}{more}"


async def _redis(settings: PipelineConfig) -> ComponentHealth:
    async with redis_client(settings) as client:
        return await ping(client)
