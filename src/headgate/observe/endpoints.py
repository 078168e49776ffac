"""What a web server answers to those who watch it: metrics, and whether it is alive and ready."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from headgate.config.settings import PipelineConfig
from headgate.health import HealthStatus
from headgate.observe.exposition import metrics_page
from headgate.observe.readiness import readiness
from headgate.store import DatabaseManager

_OK = 200
_UNAVAILABLE = 503
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a web server sends.

    Args:
        status: The status of HTTP.
        content_type: What the body is.
        body: The body.
    """

    status: int
    content_type: str
    body: bytes


async def metrics(database: DatabaseManager | None, accept: str = "") -> Answer:
    """Answer with all metrics of this moment.

    Args:
        database: The database whose state is read.
        accept: The header ``Accept``: OpenMetrics if it names that, else the text of Prometheus.
    """
    page = (await metrics_page(database)).render(accept)
    return Answer(_OK, page.content_type, page.body)


def live() -> Answer:
    """Answer that the process is alive: whoever gets this answer has the proof."""
    return Answer(_OK, _JSON, orjson.dumps({"status": "alive"}))


async def ready(database: DatabaseManager, settings: PipelineConfig) -> Answer:
    """Answer whether the process can work: 200, or 503 if a part that it needs is not well.

    Database, migrations, Redis and outbox are asked at once, each for a bounded time.
    """
    report = await readiness(database, settings)
    status = _UNAVAILABLE if report.status is HealthStatus.UNHEALTHY else _OK
    return Answer(status, _JSON, orjson.dumps(report.as_dict(), default=str))
