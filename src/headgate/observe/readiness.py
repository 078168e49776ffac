"""Whether everything that a run needs is there: asked at once, each part timed and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.settings import PipelineConfig
from headgate.extract.health_report import check_all, ping
from headgate.health import ComponentHealth, HealthStatus, worst
from headgate.logging import redact
from headgate.pipeline.source import redis_client
from headgate.store import DatabaseManager, SinkStatus, Store


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


async def readiness(database: DatabaseManager, settings: PipelineConfig, *, clock: Clock = SYSTEM_CLOCK) -> Readiness:
    """Ask database, migrations, outbox and Redis how they are; nothing is written, and nothing raised.

    Without its database, or with tables of another version, nothing works: unhealthy. Redis is a help and no need, and
    a sink that fails is caught up later: degraded.
    """
    store = Store(database, clock=clock)
    parts = {
        "database": (_database(database), HealthStatus.UNHEALTHY),
        "migrations": (_migrations(store), HealthStatus.UNHEALTHY),
        "outbox": (_outbox(store), HealthStatus.DEGRADED),
        "redis": (_redis(settings), HealthStatus.DEGRADED),
    }
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
    if _no_file(store.db):
        return ComponentHealth(HealthStatus.HEALTHY, details={"sinks": {}})
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


async def _redis(settings: PipelineConfig) -> ComponentHealth:
    async with redis_client(settings) as client:
        return await ping(client)
