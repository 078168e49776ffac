"""The tables that stand on pages beside others, as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from headgate import pipeline
from headgate.observe.alerts import alerts_now
from headgate.pipeline import Activity
from headgate.pipeline.run_report import describe_all
from headgate.web.dashboard import Board, Dashboard
from headgate.web.pages.overview import state_of
from headgate.web.pages.quality import lines_of
from headgate.web.pages.run import RunPath, quality_of
from headgate.web.tables import Table, offer

router = APIRouter(tags=["Files"])

_FUNNEL = ("fetched", "duplicates", "quarantined", "valid", "new", "updated", "unchanged", "deleted", "complete")
_HOST = ("host", "status", "state", "trips", "requests_per_second", "in_flight", "paused_for", "retry_after", "as_of")
_FINDING = ("entity", "score", "severity", "field", "rule", "rows", "message")
_SINK = ("name", "pending", "waiting", "dead", "delivered", "failures", "oldest_at", "last_success_at", "retry_at")


async def _funnel(board: Board, run: RunPath) -> Table:
    [report] = await describe_all(board.store, [await board.find_run(run)])
    return [{"entity": name, **asdict(entity)} for name, entity in report.entities.items()]


async def _requests(board: Board, run: RunPath) -> Table:
    activity = await _activity(board, run)
    return activity.slowest if activity else ()


async def _hosts_of_run(board: Board, run: RunPath) -> Table:
    return list(_hosts(await _activity(board, run)))


async def _stages(board: Board, run: RunPath) -> Table:
    activity = await _activity(board, run)
    stages = activity.stages if activity else {}
    return [{"stage": stage, "seconds": seconds} for stage, seconds in stages.items()]


async def _progress(board: Board, run: RunPath) -> Table:
    activity = await _activity(board, run)
    return [
        {"entity": entity, "partition": partition, "rows": count}
        for entity, partitions in (activity.rows if activity else {}).items()
        for partition, count in partitions.items()
    ]


async def _findings(board: Board, run: RunPath) -> Table:
    found = await quality_of(board.store, await board.find_run(run))
    return [] if found is None else list(lines_of(found.report.as_dict()))


async def _hosts_of_all(board: Board) -> Table:
    found = await pipeline.standings(board.store)
    return [{"source": source.source, **host} for source in found.sources for host in _hosts(source.activity)]


async def _sinks(board: Board) -> Table:
    return [
        {name: _plain(value) for name, value in asdict(sink).items()}
        for sink in (await board.store.outbox_status()).sinks
    ]


async def _sources(board: Board) -> Table:
    return [
        {
            "source": source.source,
            "status": state_of(source),
            "fresh_at": _plain(source.fresh_at),
            "run": source.last.run,
            "started_at": _plain(source.last.started_at),
            "seconds": source.last.seconds,
            "error": source.last.error,
        }
        for source in (await pipeline.standings(board.store)).sources
    ]


async def _alerts(board: Board) -> Table:
    return [asdict(alert) for alert in await alerts_now(board.store.db, board.settings.alerts)]


def _hosts(activity: Activity | None) -> Iterator[Mapping[str, Any]]:
    if activity is not None:
        for name, host in activity.hosts.items():
            yield {"host": name, **host, "as_of": _plain(activity.at)}


async def _activity(board: Dashboard, run: str) -> Activity | None:
    record = await board.find_run(run)
    return (await pipeline.activity_of(board.store, record)).get(record.id)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


offer(router, "/runs/{run}/funnel", ("entity", *_FUNNEL), _funnel, what="The funnel of a run")
offer(router, "/runs/{run}/requests", ("seconds", "attempts", "url"), _requests, what="The slowest requests of a run")
offer(router, "/runs/{run}/stages", ("stage", "seconds"), _stages, what="The time by stage of a run")
offer(router, "/runs/{run}/progress", ("entity", "partition", "rows"), _progress, what="The rows of a run as they came")
offer(router, "/runs/{run}/hosts", _HOST, _hosts_of_run, what="The hosts of a run")
offer(router, "/runs/{run}/findings", _FINDING, _findings, what="The findings of a run")
offer(router, "/hosts", ("source", *_HOST), _hosts_of_all, what="The hosts, as the last runs saw them,")
offer(router, "/sinks", (*_SINK, "error"), _sinks, what="The sinks of events")
offer(
    router,
    "/sources",
    ("source", "status", "fresh_at", "run", "started_at", "seconds", "error"),
    _sources,
    what="How every source stands",
)
offer(
    router,
    "/alerts",
    ("rule", "severity", "labels", "value", "limit", "summary"),
    _alerts,
    what="What is beyond its limit",
)
