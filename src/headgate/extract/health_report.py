"""The health of an extractor and of everything it stands on, each part asked with a limit of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from headgate.clock import Clock
from headgate.errors import HeadgateError
from headgate.health import ComponentHealth, HealthStatus, worst
from headgate.logging import redact
from headgate.resilience.cache.threaded_redis import awaitable_client

CHECK_TIMEOUT = 2.0
"""Seconds that one part may take to answer."""


class Database(Protocol):
    """What an extractor wants to know of a database: how it is."""

    async def health(self) -> ComponentHealth:
        """Report how the database is."""
        ...


def as_report(parts: Mapping[str, ComponentHealth], hosts: ComponentHealth, *, checked_at: float) -> dict[str, Any]:
    """Return the health of the parts and of the hosts as plain values; ``status`` is the worst of all.

    Args:
        parts: The report of each part.
        hosts: The client's report, with one of each host under ``hosts``.
        checked_at: Wall-clock seconds.
    """
    return {
        "status": worst([hosts.status, *(part.status for part in parts.values())]).value,
        "checked_at": datetime.fromtimestamp(checked_at, UTC).isoformat(timespec="seconds"),
        **{name: part.as_dict() for name, part in parts.items()},
        "circuit_breakers": dict(hosts.details["hosts"]),
    }


async def check(part: Awaitable[ComponentHealth], *, clock: Clock, if_down: HealthStatus) -> ComponentHealth:
    """Ask a part how it is, for :data:`CHECK_TIMEOUT` seconds at the most, and add how long it took.

    Args:
        part: The question.
        clock: Measures it.
        if_down: The status of a part that raises or does not answer.
    """
    started = clock.monotonic()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            answer = await part
    except TimeoutError:
        return ComponentHealth(if_down, f"No answer within {CHECK_TIMEOUT:g} seconds.")
    except Exception as error:  # noqa: BLE001 - a health check reports what is wrong, whatever it is
        return ComponentHealth(if_down, redact(error.message if isinstance(error, HeadgateError) else _words(error)))
    milliseconds = round(1000 * (clock.monotonic() - started), 1)
    return ComponentHealth(answer.status, answer.message, {**answer.details, "response_ms": milliseconds})


async def check_all(
    parts: Mapping[str, tuple[Awaitable[ComponentHealth], HealthStatus]], *, clock: Clock
) -> dict[str, ComponentHealth]:
    """Ask several parts at once, each as :func:`check` does.

    Args:
        parts: By name, the question and the status of a part that raises or does not answer.
        clock: Measures them.
    """
    answers = await asyncio.gather(*(check(part, clock=clock, if_down=down) for part, down in parts.values()))
    return dict(zip(parts, answers, strict=True))


async def ping(redis_client: Any) -> ComponentHealth:
    """Ask Redis for a sign of life; one that is not configured is well."""
    if redis_client is None:
        return ComponentHealth(HealthStatus.HEALTHY, details={"configured": False})
    await awaitable_client(redis_client).ping()
    return ComponentHealth(HealthStatus.HEALTHY, details={"configured": True})


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def ask_database(database: Database | None) -> ComponentHealth:
    """Ask the database how it is; none is well."""
    if database is None:
        return ComponentHealth(HealthStatus.HEALTHY, details={"configured": False})
    return await database.health()
