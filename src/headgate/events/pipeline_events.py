"""Events inside the process: handlers that can harm neither the pipeline nor each other."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from headgate.config.events import EventsConfig
from headgate.errors import ConfigError
from headgate.events.kinds import DataQualityAlert, ExtractionComplete, PipelineEvent
from headgate.health import ComponentHealth, HealthStatus
from headgate.logging import get_logger

Handler = Callable[[Any], Awaitable[None]]
"""An asynchronous function that is given an event."""

_GRACE = 1.0
_log = get_logger(__name__)


@dataclass(slots=True)
class EventCounts:
    """What became of events, one for each handler that was to be told of one."""

    handled: int = 0
    failed: int = 0
    timed_out: int = 0
    dropped: int = 0

    def __add__(self, other: EventCounts) -> EventCounts:
        """Return the sums."""
        return EventCounts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: EventCounts) -> EventCounts:
        """Return what was counted since ``other``."""
        return EventCounts(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))

    @property
    def is_complete(self) -> bool:
        """Whether every handler took every event."""
        return not (self.failed or self.timed_out or self.dropped)


class PipelineEvents:
    """Tells handlers of events.

    Each handler has a queue of its own and is told of one event at a time, in the order of the events. One that raises
    or takes too long is logged and counted, and told of the next event. If a queue is full, its oldest event is
    dropped and counted.

    Args:
        config: How many events may wait for one handler, and how long it may take for one.
    """

    def __init__(self, config: EventsConfig | None = None) -> None:
        config = config or EventsConfig()
        self._queue_size = config.handler_queue
        self._time_limit = config.handler_timeout
        self._subscriptions: list[_Subscription] = []
        self._gone = EventCounts()

    def subscribe(self, handler: Handler, *kinds: type[PipelineEvent]) -> Callable[[], None]:
        """Tell a handler of events from now on.

        Args:
            handler: An asynchronous function.
            *kinds: The classes of the events it wants; none: all of them.

        Returns:
            A function that ends it.

        Raises:
            ConfigError: The handler is not asynchronous: it could hold up everybody.
        """
        if not any(inspect.iscoroutinefunction(one) for one in (handler, type(handler).__call__)):
            raise ConfigError(f"The event handler {handler!r} is not asynchronous.", hint="Write it with 'async def'.")
        made = _Subscription(handler, kinds or (PipelineEvent,), self._queue_size, self._time_limit)
        self._subscriptions.append(made)

        def unsubscribe() -> None:
            if made in self._subscriptions:
                self._subscriptions.remove(made)
                self._gone += made.counts

        return unsubscribe

    def wants(self, kind: type[PipelineEvent]) -> bool:
        """Tell whether anybody is to be told of events of a class."""
        return any(issubclass(kind, one.kinds) for one in self._subscriptions)

    def emit(self, event: PipelineEvent) -> None:
        """Tell the handlers of an event, later: returns at once and never raises. Needs a running event loop."""
        for one in self._subscriptions:
            if isinstance(event, one.kinds):
                one.put(event)

    async def publish(self, event: PipelineEvent) -> None:
        """Tell the handlers of an event, later, and wait for room in their queues: nothing is dropped."""
        for one in list(self._subscriptions):
            if isinstance(event, one.kinds):
                await one.room()
                one.put(event)

    async def emit_extraction_complete(self, entity_type: str, count: int, *, source: str = "") -> None:
        """Tell that the rows of an entity were fetched.

        Args:
            entity_type: Name of the entity.
            count: How many rows.
            source: The source.
        """
        await self.publish(ExtractionComplete(source=source, entity_type=entity_type, count=count))

    async def emit_data_quality_alert(self, issues: Sequence[Any], *, source: str = "") -> None:
        """Tell that something is wrong with the data.

        Args:
            issues: What, as plain values: sentences, or rules with counts.
            source: The source.
        """
        await self.publish(DataQualityAlert(source=source, issues=list(issues)))

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until every handler was told of everything; what is left when the time is over is dropped."""
        tasks = [one.task for one in self._subscriptions if one.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for one in self._subscriptions:
            one.stop()

    @property
    def counts(self) -> EventCounts:
        """What became of events so far."""
        return sum((one.counts for one in self._subscriptions), self._gone)

    def health(self) -> ComponentHealth:
        """Report whether a handler failed, took too long, or was too slow to be told of everything."""
        counts = self.counts
        facts = {one.name: getattr(counts, one.name) for one in fields(counts)}
        if not counts.is_complete:
            return ComponentHealth(HealthStatus.DEGRADED, "Not every handler took every event.", facts)
        return ComponentHealth(HealthStatus.HEALTHY, None, facts)

    async def __aenter__(self) -> Self:
        """Return the events themselves."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait for the handlers."""
        await self.drain(self._time_limit)


class _Subscription:
    """One handler, its queue, and the task that empties it while there is something in it."""

    def __init__(self, handler: Handler, kinds: tuple[type[PipelineEvent], ...], size: int, time_limit: float) -> None:
        self.kinds = kinds
        self.counts = EventCounts()
        self.task: asyncio.Task[None] | None = None
        self._handler = handler
        self._size = size
        self._time_limit = time_limit
        self._queue: deque[PipelineEvent] = deque()
        self._taken = asyncio.Event()
        self._stubborn: set[asyncio.Task[None]] = set()

    def put(self, event: PipelineEvent) -> None:
        if len(self._queue) >= self._size:
            self._queue.popleft()
            self.counts.dropped += 1
        self._queue.append(event)
        if self.task is None or self.task.done():
            self._taken = asyncio.Event()
            self.task = asyncio.get_running_loop().create_task(self._work(), name=f"events for {self._handler!r}")

    async def room(self) -> None:
        while len(self._queue) >= self._size and self.task is not None and not self.task.done():
            self._taken.clear()
            await self._taken.wait()

    def stop(self) -> None:
        self.counts.dropped += len(self._queue)
        self._queue.clear()
        if self.task is not None:
            self.task.cancel()
            self.task = None

    async def _work(self) -> None:
        while self._queue:
            event = self._queue.popleft()
            self._taken.set()
            await self._tell(event)

    async def _tell(self, event: PipelineEvent) -> None:
        task = asyncio.ensure_future(self._call(event))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._time_limit)
            if not done:
                self.counts.timed_out += 1
                _log.warning("event_handler_too_slow", event_type=event.type, limit=self._time_limit)
                task.cancel()
                # one that does not even end when it is cancelled is left behind
                await asyncio.wait({task}, timeout=_GRACE)
        finally:
            if not task.done():
                task.cancel()
                self._stubborn.add(task)
                task.add_done_callback(self._stubborn.discard)

    async def _call(self, event: PipelineEvent) -> None:
        try:
            await self._handler(event)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a handler harms nobody, nor does it end the process
            self._failed(event, error)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._failed(event, error)
        else:
            self.counts.handled += 1

    def _failed(self, event: PipelineEvent, error: BaseException) -> None:
        self.counts.failed += 1
        _log.warning("event_handler_failed", event_type=event.type, error=f"{type(error).__name__}: {error}")
