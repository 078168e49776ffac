"""What a run does, written into the store while it works, so that another process can watch."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from headgate.errors import HeadgateError
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.logging import redact
from headgate.pipeline.observer import SyncObserver
from headgate.store import ActivityNote, RunRecord, Store, activity
from headgate.store.lifecycle import RunLifecycle

_SECONDS_BETWEEN_NOTES = 1.0
_EVENTS = 30
_LONGEST_EVENT = 500
_PARTITIONS = 200


@dataclass(frozen=True, slots=True)
class Activity:
    """What a run does, or did in the end.

    Args:
        at: When it was written down, in UTC.
        stage: The stage it is in; of a run that ended, the last one.
        stages: Seconds spent in each stage, in their order.
        rows: Rows that came, by entity and partition.
        requests: The counters of the requests, as ``get_metrics_summary()`` returns them.
        hosts: The state of breaker and limiter, by host.
        slowest: The requests that took longest: ``url``, ``seconds``, ``attempts``.
        events: What the source had to say, the last ones.
    """

    at: datetime
    stage: str = ""
    stages: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    requests: Mapping[str, Any] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    slowest: tuple[Mapping[str, Any], ...] = ()
    events: tuple[str, ...] = ()

    @classmethod
    def read(cls, note: ActivityNote) -> Self:
        """Read what :class:`Recorder` wrote."""
        facts = note.facts
        return cls(
            note.at,
            facts.get("stage", ""),
            facts.get("stages", {}),
            facts.get("rows", {}),
            facts.get("requests", {}),
            facts.get("hosts", {}),
            tuple(facts.get("slowest", ())),
            tuple(facts.get("events", ())),
        )


async def activity_of(store: Store, *records: RunRecord) -> dict[str, Activity]:
    """Return what some runs do or did, by their ids; runs that noted nothing are left out."""
    notes = await activity.read(store.context, [record.seq for record in records])
    return {record.id: Activity.read(notes[record.seq]) for record in records if record.seq in notes}


class Recorder:
    """Watches a run for another observer too, and says in plain values what it does.

    Args:
        watcher: The other observer.
        extractor: The source.
    """

    def __init__(self, watcher: SyncObserver, extractor: ExtractorPlugin) -> None:
        self._watcher = watcher
        self._extractor = extractor
        self._stage = ""
        self._since = time.monotonic()
        self._stages: dict[str, float] = {}
        self._rows: dict[str, dict[str, int]] = {}
        self._events: deque[str] = deque(maxlen=_EVENTS)

    def on_stage(self, stage: str) -> None:
        """End the stage before and begin this one."""
        self._close_stage()
        self._stage = stage
        self._stages.setdefault(stage, 0.0)
        self._watcher.on_stage(stage)

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:
        """Count the rows, by partition as long as there are not too many."""
        partitions = self._rows.setdefault(entity, {})
        named = partition if partition in partitions or len(partitions) < _PARTITIONS else "others"
        partitions[named] = partitions.get(named, 0) + fetched
        self._watcher.on_rows(entity, partition, fetched)

    def on_event(self, message: str) -> None:
        """Keep the message among the last ones."""
        self._events.append(redact(message)[:_LONGEST_EVENT])
        self._watcher.on_event(message)

    async def facts(self) -> dict[str, Any]:
        """Return what the run does now, as JSON-able values."""
        self._close_stage()
        return {
            "stage": self._stage,
            "stages": {name: round(seconds, 3) for name, seconds in self._stages.items()},
            "rows": self._rows,
            "events": list(self._events),
            **await _of_the_source(self._extractor),
        }

    def _close_stage(self) -> None:
        now = time.monotonic()
        if self._stage:
            self._stages[self._stage] += now - self._since
        self._since = now


@asynccontextmanager
async def recorded(run: RunLifecycle, watcher: SyncObserver, extractor: ExtractorPlugin) -> AsyncIterator[SyncObserver]:
    """Lend an observer that passes everything on to ``watcher`` and writes it into the store, once a second.

    What cannot be written does not harm the run: it is written a second later, or not at all.
    """
    recorder, ended = Recorder(watcher, extractor), asyncio.Event()
    writing = asyncio.create_task(_write_now_and_then(run, recorder, ended), name=f"activity of {run.id}")
    try:
        yield recorder
    finally:
        ended.set()
        await writing


async def _write_now_and_then(run: RunLifecycle, recorder: Recorder, ended: asyncio.Event) -> None:
    last = False
    while not last:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _SECONDS_BETWEEN_NOTES)
        last = ended.is_set()
        with suppress(HeadgateError):
            await run.note_activity(await recorder.facts())


async def _of_the_source(extractor: ExtractorPlugin) -> dict[str, Any]:
    """Return what a source that asks over HTTP knows of its requests."""
    if not isinstance(extractor, RobustExtractor):
        return {}
    client = extractor.client
    return {
        "requests": extractor.get_metrics_summary(),
        "hosts": (await client.health()).details["hosts"],
        "slowest": [asdict(request) for request in client.slowest.all()],
    }
