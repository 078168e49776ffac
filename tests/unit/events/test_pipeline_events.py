"""Handlers in the process: told in order, isolated, bounded, counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headgate.config.events import EventsConfig
from headgate.errors import ConfigError
from headgate.events.kinds import (
    BreakerClosed,
    BreakerOpened,
    DataQualityAlert,
    ExtractionComplete,
    PipelineEvent,
    RunEvent,
    RunStarted,
)
from headgate.events.pipeline_events import EventCounts, PipelineEvents
from headgate.health import HealthStatus


class Ear:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def __call__(self, event: Any) -> None:
        """Remember."""
        await asyncio.sleep(0)
        self.heard.append(event)


async def test_handlers_hear_what_they_want_in_order() -> None:
    """A handler is told of the kinds it subscribed to, and of their subclasses, in the order of the events."""
    events, everything, runs = PipelineEvents(), Ear(), Ear()
    events.subscribe(everything)
    events.subscribe(runs, RunEvent)
    told: list[PipelineEvent] = [RunStarted(run="1"), BreakerOpened(host="h"), RunStarted(run="2")]
    for event in told:
        events.emit(event)
    await events.drain()
    assert everything.heard == told
    assert runs.heard == [told[0], told[2]]
    assert events.counts == EventCounts(handled=5)
    assert events.health().status is HealthStatus.HEALTHY


async def test_named_events() -> None:
    """The two named methods tell of an extraction and of bad data."""
    events, ear = PipelineEvents(), Ear()
    events.subscribe(ear)
    await events.emit_extraction_complete("schools", 1100)
    await events.emit_data_quality_alert(["3 schools have no name"])
    await events.drain()
    first, second = ear.heard
    assert isinstance(first, ExtractionComplete)
    assert first.data() == {"entity_type": "schools", "count": 1100}
    assert isinstance(second, DataQualityAlert)
    assert second.data() == {"issues": ["3 schools have no name"]}


async def test_handler_that_raises_harms_nobody() -> None:
    """It is counted and told of the next event; the others hear everything."""
    events, ear = PipelineEvents(), Ear()
    heard = []

    async def raising(event: PipelineEvent) -> None:
        heard.append(event)
        raise ValueError("boom")

    events.subscribe(raising)
    events.subscribe(ear)
    for run in "12":
        events.emit(RunStarted(run=run))
    await events.drain()
    assert len(heard) == len(ear.heard) == 2
    assert events.counts == EventCounts(handled=2, failed=2)
    assert events.health().status is HealthStatus.DEGRADED


async def test_handler_that_hangs_harms_nobody() -> None:
    """It is ended after its time, counted, and told of the next event; the others need not wait for it."""
    events, ear = PipelineEvents(EventsConfig(handler_timeout=0.01)), Ear()
    ended = []

    async def hanging(event: RunStarted) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(event.run)

    events.subscribe(hanging)
    events.subscribe(ear)
    for run in "12":
        events.emit(RunStarted(run=run))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [event.run for event in ear.heard][:1] == ["1"]
    await events.drain()
    assert ended == ["1", "2"]
    assert events.counts == EventCounts(handled=2, timed_out=2)


async def test_full_queue_drops_the_oldest() -> None:
    """A handler that is too slow misses the oldest events, and that is counted."""
    events, ear = PipelineEvents(EventsConfig(handler_queue=3)), Ear()
    events.subscribe(ear)
    for run in range(10):
        events.emit(RunStarted(run=str(run)))
    await events.drain()
    assert [event.run for event in ear.heard] == ["7", "8", "9"]
    assert events.counts == EventCounts(handled=3, dropped=7)


async def test_publishing_waits_for_room() -> None:
    """Whoever can wait loses nothing, however small the queue is."""
    events, ear = PipelineEvents(EventsConfig(handler_queue=2)), Ear()
    events.subscribe(ear)
    for run in range(50):
        await events.publish(RunStarted(run=str(run)))
    await events.drain()
    assert len(ear.heard) == 50
    assert events.counts == EventCounts(handled=50)


async def test_drain_gives_up_in_time() -> None:
    """What a slow handler was not told of when the time is over is dropped and counted."""
    events = PipelineEvents()

    async def hanging(_event: PipelineEvent) -> None:
        await asyncio.Event().wait()

    events.subscribe(hanging)
    for run in "123":
        events.emit(RunStarted(run=run))
    await events.drain(0.01)
    assert events.counts.dropped == 2


async def test_unsubscribing_ends_it() -> None:
    """Who unsubscribed hears nothing more; what was counted stays counted."""
    events, ear = PipelineEvents(), Ear()
    unsubscribe = events.subscribe(ear)
    events.emit(BreakerClosed(host="h"))
    await events.drain()
    unsubscribe()
    unsubscribe()
    events.emit(BreakerClosed(host="h"))
    await events.drain()
    assert len(ear.heard) == 1
    assert events.counts == EventCounts(handled=1)
    assert not events.wants(BreakerClosed)


def test_handlers_are_asynchronous() -> None:
    """A plain function could hold up everybody, and is refused."""
    with pytest.raises(ConfigError, match="not asynchronous"):
        PipelineEvents().subscribe(print)  # type: ignore[arg-type]


def test_serves_one_event_loop_after_another() -> None:
    """The same object can be used in a second event loop."""
    events, ear = PipelineEvents(), Ear()
    events.subscribe(ear)

    async def once() -> None:
        events.emit(RunStarted(run="1"))
        await events.drain()

    asyncio.run(once())
    asyncio.run(once())
    assert len(ear.heard) == 2
