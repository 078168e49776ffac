"""Delivering the outbox: each sink gets what it has not got, at least once, in order per key."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.events import EventsConfig, SinkConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, HeadgateError, LeaseHeldError
from headgate.events.carrying import Carrier, Outcome, Result
from headgate.events.cloud_event import PREFIX, CloudEvent
from headgate.events.rendering import render
from headgate.events.settling import backoff, may_move_on, settle
from headgate.events.sinks import STANDARD_OUTPUT, Sink, make_sink
from headgate.logging import get_logger
from headgate.pipeline.leasing import in_turn
from headgate.store import Store
from headgate.store.outbox import Ahead, Entry, Fate, Mailbox, Position

_PATIENCE = 3
"""Sessions in a row that a sink may fail before it is left alone for a while."""
_SPARE = 2.0
"""Seconds that a sink has beyond its own time limit."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sink got in one session.

    Args:
        sink: Its name.
        delivered: Events that it took.
        pending: Events that it has not got, those that are tried again among them.
        dead: Dead letters that wait for somebody's decision.
        error: Why it did not get everything, in a sentence.
    """

    sink: str
    delivered: int = 0
    pending: int = 0
    dead: int = 0
    error: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether it has everything but dead letters."""
        return not self.pending and self.error is None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def open_sinks(config: EventsConfig, names: Collection[str] | None = None) -> dict[str, Sink]:
    """Make the configured sinks, without opening them.

    Args:
        config: The settings.
        names: Only these; none: all but standard output.

    Raises:
        ConfigError: There is no such sink, or its settings cannot be used.
    """
    unknown = set(names or ()) - config.sinks.keys()
    if unknown:
        known = ", ".join(config.sinks) or "none; configure one in the section events.sinks"
        raise ConfigError(f"There is no sink '{min(unknown)}' in the settings.", hint=f"Known sinks: {known}.")
    return {
        name: make_sink(name, sink)
        for name, sink in config.sinks.items()
        if (sink.type != STANDARD_OUTPUT if names is None else name in names)
    }


async def register_sinks(store: Store, config: EventsConfig) -> None:
    """Let the store know the configured sinks, so that what happens from now on is kept for them."""
    starts = {name: sink.start == "beginning" for name, sink in config.sinks.items()}
    if starts:
        await store.outbox.register(starts)


async def deliver(
    store: Store,
    config: PipelineConfig,
    *,
    names: Collection[str] | None = None,
    seconds: float | None = None,
    wait: float = 0.0,
    insist: bool = True,
    clock: Clock = SYSTEM_CLOCK,
) -> list[Delivery]:
    """Deliver what the sinks have not got, all sinks side by side; then let go of what is old and delivered.

    Args:
        store: The store.
        config: The settings.
        names: Only these sinks; none: all but standard output.
        seconds: How long to go on at the most; none: until everything is delivered or a sink is down.
        wait: Seconds to keep trying sinks that are down.
        insist: Try also sinks that are left alone for a while, because they failed several times in a row.
        clock: The time.

    Returns:
        What each sink got. A sink that fails is reported, not raised, and holds up no other.

    Raises:
        ConfigError: There is no such sink, or its settings cannot be used.
    """
    sinks = open_sinks(config.events, names)
    await register_sinks(store, config.events)
    until = None if seconds is None else clock.monotonic() + seconds
    sessions = [
        _Session(store, config.events, name, sink, until=until, insist=insist, clock=clock)
        for name, sink in sinks.items()
    ]
    delivered = await asyncio.gather(*(session.run(wait) for session in sessions))
    await store.outbox.let_go(timedelta(days=config.events.keep_days))
    if all(session.has_all for session in sessions):
        return delivered
    status = {sink.name: sink for sink in (await store.outbox_status()).sinks}
    return [
        replace(one, pending=status[one.sink].pending, dead=status[one.sink].dead) if one.sink in status else one
        for one in delivered
    ]


class _Session:
    """The delivery to one sink."""

    def __init__(
        self,
        store: Store,
        config: EventsConfig,
        name: str,
        sink: Sink,
        *,
        until: float | None,
        insist: bool,
        clock: Clock,
    ) -> None:
        self._store = store
        self._config = config
        self._settings: SinkConfig = config.sinks[name]
        self._name = name
        self.has_all = False
        """Whether the sink has everything: nothing is left in line or put aside."""
        self._sink = sink
        self._until = until
        self._insist = insist
        self._clock = clock
        self._delivered = 0

    async def run(self, wait: float) -> Delivery:
        """Deliver; to a sink that is down, try again as long as is to be waited."""
        patience = self._clock.monotonic() + wait
        failures = 0
        while True:
            try:
                error = await self._deliver()
            except LeaseHeldError:
                error = "Another process delivers to it."
            except HeadgateError as failure:
                error = failure.message
            left = patience - self._clock.monotonic()
            if error is None or left <= 0 or self._is_over():
                break
            await self._clock.sleep(min(backoff(failures, self._config), left))
            failures += 1
        if error is not None:
            _log.warning("events_not_delivered", sink=self._name, reason=error)
        return Delivery(self._name, self._delivered, error=error)

    async def _deliver(self) -> str | None:
        """Deliver until there is nothing left, or return why that cannot be."""
        limit = self._settings.timeout + _SPARE
        carrier = Carrier(self._sink, time_limit=limit, over=self._is_over)
        outbox = self._store.outbox
        async with in_turn(lambda: outbox.mailbox(self._name), wait=limit, clock=self._clock) as mailbox:
            if not self._insist and mailbox.failures >= _PATIENCE and mailbox.retry_at > self._now():
                return f"It is left alone until {mailbox.retry_at:%H:%M:%S} UTC, after {mailbox.failures} failures."
            try:
                error = await self._empty(mailbox, carrier)
            finally:
                await carrier.close()
            if error is not None:
                pause = timedelta(seconds=backoff(mailbox.failures, self._config))
                await mailbox.settle([], [], {}, error=error, retry_at=self._now() + pause)
            return error

    async def _empty(self, mailbox: Mailbox, carrier: Carrier) -> str | None:
        """Deliver what there is; return why the sink did not get it all, unless the time was over."""
        while not self._is_over():
            waiting = await mailbox.due(self._config.batch_size)
            if waiting and await self._retry(mailbox, carrier, waiting):
                continue
            if carrier.trouble is not None:
                return carrier.trouble
            ahead = await mailbox.ahead(self._config.batch_size, self._wants)
            if ahead.entries or ahead.positions:
                if not await self._advance(mailbox, carrier, ahead):
                    return carrier.trouble or carrier.last_error
            elif mailbox.has_put_aside:
                return carrier.last_error if waiting else None
            if not ahead.more and not mailbox.has_put_aside:
                self.has_all = True
                return None
        return None

    async def _retry(self, mailbox: Mailbox, carrier: Carrier, entries: Sequence[Entry]) -> bool:
        """Try events again that were put aside; tell whether anything came of it."""
        outcomes = await carrier.carry([self._render(entry) for entry in entries])
        delivered, others = self._judge(entries, outcomes, carrier)
        changed = [fate for fate in others if fate.attempts != fate.entry.attempts]
        if delivered or changed:
            await self._settle(mailbox, delivered, changed, {})
        return bool(delivered or changed)

    async def _advance(self, mailbox: Mailbox, carrier: Carrier, ahead: Ahead) -> bool:
        """Try events for the first time and go on behind them; tell whether that could be done."""
        behind = [one for one in ahead.entries if (one.source, one.lane) in ahead.behind] if ahead.behind else []
        free = [one for one in ahead.entries if (one.source, one.lane) not in ahead.behind] if behind else ahead.entries
        tried = await carrier.carry([self._render(entry) for entry in free])
        if not may_move_on(tried, took_any=carrier.took_any):
            return False
        delivered, others = self._judge(free, tried, carrier)
        others += [Fate(entry, attempts=entry.attempts) for entry in behind]
        await self._settle(mailbox, delivered, others, ahead.positions)
        return True

    def _judge(
        self, entries: Sequence[Entry], outcomes: Sequence[Outcome], carrier: Carrier
    ) -> tuple[list[Entry], list[Fate]]:
        """Return the events that the sink has, and what becomes of the others."""
        now = self._now()
        delivered: list[Entry] = []
        others: list[Fate] = []
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome.result is Result.TAKEN:
                delivered.append(entry)
                continue
            made = settle(outcome, entry.attempts, took_any=carrier.took_any, config=self._config)
            retry_at = now + timedelta(seconds=made.delay) if made.delay else None
            others.append(Fate(entry, made.dead, made.attempts, retry_at, made.error))
        return delivered, others

    async def _settle(
        self, mailbox: Mailbox, delivered: Sequence[Entry], others: Sequence[Fate], positions: Mapping[str, Position]
    ) -> None:
        await mailbox.settle(delivered, others, positions)
        self._delivered += len(delivered)

    def _render(self, entry: Entry) -> CloudEvent:
        return render(entry, self._config.origin)

    def _wants(self, kind: str, entity: str | None) -> bool:
        types, entities = self._settings.types, self._settings.entities
        if types and not any(fnmatchcase(PREFIX + kind, pattern) or fnmatchcase(kind, pattern) for pattern in types):
            return False
        return entity is None or not entities or entity in entities

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.time(), UTC)

    def _is_over(self) -> bool:
        return self._until is not None and self._clock.monotonic() >= self._until
