"""Carrying events to a sink, and saying what became of each. What is kept of that is the caller's business."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from headgate.errors import EventRefusedError, HeadgateError, SinkUnavailableError
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks.sink import Sink
from headgate.logging import get_logger, redact

_FAILURES = 3
"""Failures without a single success after which the sink is taken to be down."""
_SHOWN = 300

_log = get_logger(__name__)


class Result(Enum):
    """What became of an event."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event, and why."""

    result: Result
    error: str | None = None


UNTRIED = Outcome(Result.UNTRIED)
_TAKEN = Outcome(Result.TAKEN)


class Carrier:
    """Carries events to one sink during one session.

    Args:
        sink: The sink; it is opened before its first event.
        time_limit: Seconds one call of the sink may take, whatever the sink itself does about time.
        over: Tells whether the session is over: nothing more is sent then.
    """

    def __init__(self, sink: Sink, *, time_limit: float, over: Callable[[], bool]) -> None:
        self.took_any = False
        """Whether the sink took an event in this session: if so, a failure may be the event's fault."""
        self.trouble: str | None = None
        """Why the sink is taken to be down; nothing more is sent."""
        self.last_error: str | None = None
        """What an event failed with last."""
        self._sink = sink
        self._time_limit = time_limit
        self._over = over
        self._failures = 0
        self._opened = False

    async def close(self) -> None:
        """Close the sink, if it was opened."""
        if self._opened:
            self._opened = False
            try:
                await self._sink.close()
            except Exception as error:  # noqa: BLE001 - whatever a sink does, it harms nobody else
                _log.warning("sink_not_closed", reason=_told(error))

    async def carry(self, events: Sequence[CloudEvent]) -> list[Outcome]:
        """Send events and return what became of each.

        Events of one source and partition are sent one after the other; if one is not taken, those behind it are not
        tried. Different ones are sent side by side, as far as the sink allows.
        """
        outcomes = [UNTRIED] * len(events)
        if not events or not await self._open():
            return outcomes
        if self._sink.batch > 1:
            for start in range(0, len(events), self._sink.batch):
                await self._carry_batch(events, range(start, min(start + self._sink.batch, len(events))), outcomes)
            return outcomes
        lanes: dict[tuple[str, str], list[int]] = {}
        for number, event in enumerate(events):
            lanes.setdefault((event.source, event.partition), []).append(number)
        waiting = iter(lanes.values())

        async def work() -> None:
            for lane in waiting:
                await self._carry_lane(events, lane, outcomes)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._sink.concurrency, len(lanes))):
                group.create_task(work())
        return outcomes

    async def _open(self) -> bool:
        """Open the sink before its first event; tell whether it is open."""
        if not self._opened and not self._stopped:
            try:
                async with asyncio.timeout(self._time_limit):
                    await self._sink.open()
                self._opened = True
            except Exception as error:  # noqa: BLE001 - whatever a sink does, it harms nobody else
                self.trouble = self.last_error = _told(error)
        return self._opened

    @property
    def _stopped(self) -> bool:
        return self.trouble is not None or self._over()

    async def _carry_lane(self, events: Sequence[CloudEvent], lane: Sequence[int], outcomes: list[Outcome]) -> None:
        for number in lane:
            if self._stopped:
                return
            outcomes[number] = await self._send([events[number]])
            if outcomes[number].result is not Result.TAKEN:
                return

    async def _carry_batch(self, events: Sequence[CloudEvent], batch: range, outcomes: list[Outcome]) -> None:
        """Send a batch at once; if it is not taken, one event after the other, to find out which one it is."""
        if self._stopped:
            return
        together = await self._send([events[number] for number in batch])
        if together.result is Result.TAKEN:
            outcomes[batch.start : batch.stop] = [together] * len(batch)
            return
        if len(batch) == 1 or self.trouble is not None:
            outcomes[batch.start] = together
            return
        blocked: set[tuple[str, str]] = set()
        for number in batch:
            lane = (events[number].source, events[number].partition)
            if not self._stopped and lane not in blocked:
                outcomes[number] = await self._send([events[number]])
                if outcomes[number].result is not Result.TAKEN:
                    blocked.add(lane)

    async def _send(self, events: Sequence[CloudEvent]) -> Outcome:
        try:
            async with asyncio.timeout(self._time_limit):
                await self._sink.send(events)
        except EventRefusedError as error:
            self._failures = 0
            self.last_error = _told(error)
            return Outcome(Result.REFUSED, self.last_error)
        except SinkUnavailableError as error:
            self.trouble = self.last_error = _told(error)
            return Outcome(Result.FAILED, self.trouble)
        except Exception as error:  # noqa: BLE001 - whatever a sink does, it harms nobody else
            self._failures += 1
            told = f"No answer within {self._time_limit:g} s." if isinstance(error, TimeoutError) else _told(error)
            self.last_error = told
            if not self.took_any and self._failures >= _FAILURES:
                self.trouble = told
            return Outcome(Result.FAILED, told)
        self.took_any = True
        self._failures = 0
        return _TAKEN


def _told(error: Exception) -> str:
    """Return what is kept of an error: a sentence, short and without secrets."""
    if isinstance(error, HeadgateError):
        text = f"{error.message} {error.hint}" if error.hint else error.message
    else:
        text = f"{type(error).__name__}: {error}"
    return redact(text)[:_SHOWN]
