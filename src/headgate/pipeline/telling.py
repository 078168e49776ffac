"""Telling of a run while it goes on: handlers in the process at once, the sinks when it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.events.kinds import (
    BreakerClosed,
    BreakerOpened,
    DataQualityAlert,
    EntityChanged,
    RunApplied,
    RunFailed,
    RunHeld,
    RunPlanned,
    RunStarted,
)
from headgate.events.pipeline_events import PipelineEvents
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.logging import get_logger, log_context
from headgate.pipeline.delivering import deliver, open_sinks, register_sinks
from headgate.pipeline.handled import note_handled
from headgate.pipeline.opening import open_store
from headgate.pipeline.report import RunStatus
from headgate.resilience.circuit_breaker import CircuitState
from headgate.store import Plan, Run, Store, Verdict

_BREAKERS: dict[CircuitState, type[BreakerOpened | BreakerClosed]] = {
    CircuitState.OPEN: BreakerOpened,
    CircuitState.CLOSED: BreakerClosed,
}
_MAX_BREAKERS = 1000

_log = get_logger(__name__)


class Teller:
    """Tells of one run.

    Args:
        store: The store.
        source: The source.
        events: The handlers in the process.
    """

    def __init__(self, store: Store, source: str, events: PipelineEvents) -> None:
        self.warnings: tuple[str, ...] = ()
        """What a person should know about the delivery, in sentences, once the run has ended."""
        self._store = store
        self._source = source
        self._events = events
        self._run: Run | None = None
        self._breakers: list[BreakerOpened | BreakerClosed] = []
        self._counted = events.counts

    @property
    def words(self) -> dict[str, str]:
        """What stands in every line of the log about the run."""
        return {"run": self._run.id} if self._run is not None and self._run.id else {}

    def watch(self, extractor: ExtractorPlugin) -> None:
        """Tell of the circuit breakers of an extractor that has some."""
        if isinstance(extractor, RobustExtractor):
            extractor.client.watch_breakers(self._on_breaker)

    def started(self, run: Run) -> None:
        """Tell that the run began."""
        self._run = run
        self._events.emit(RunStarted(source=self._source, run=run.id))

    async def planned(self, plan: Plan, issues: Sequence[Any]) -> None:
        """Tell what was fetched, what would change, and what is wrong with the data."""
        for name, entity in plan.entities.items():
            await self._events.emit_extraction_complete(name, entity.counts.fetched, source=self._source)
        await self._events.publish(RunPlanned(source=self._source, run=plan.id, entities=_told(plan)))
        if issues:
            await self._events.emit_data_quality_alert(issues, source=self._source)
            await self._store.outbox.note(self._source, DataQualityAlert.type, {"issues": list(issues)}, run_id=plan.id)

    async def decided(self, plan: Plan, verdict: Verdict, status: RunStatus) -> None:
        """Tell what became of the plan, row by row if anybody in the process wants to know."""
        about: dict[str, Any] = {"source": self._source, "run": plan.id, "entities": _told(plan)}
        if status is RunStatus.HELD:
            await self._events.publish(RunHeld(**about, reasons=list(verdict.reasons)))
        elif status in {RunStatus.APPLIED, RunStatus.UNCHANGED}:
            if self._events.wants(EntityChanged):
                await self._tell_changes(plan)
            await self._events.publish(RunApplied(**about))

    def failed(self, error: Exception) -> None:
        """Tell that the run failed."""
        if self._run is not None and self._run.id:
            text = error.message if isinstance(error, HeadgateError) else f"{type(error).__name__}: {error}"
            self._events.emit(RunFailed(source=self._source, run=self._run.id, error=text))

    async def note_breakers(self) -> None:
        """Write down for the sinks what the breakers did."""
        for event in self._breakers:
            await self._store.outbox.note(self._source, event.type, event.data())

    async def note_handled(self) -> None:
        """Write down for health reports what the handlers did with the events of this run."""
        await note_handled(self._store, self._source, self._events.counts - self._counted)

    async def _tell_changes(self, plan: Plan) -> None:
        entities = await self._store.entities()
        async for change in self._store.changes(plan.id):
            names = entities[change.entity].key
            changed = {name: {"before": old, "after": new} for name, (old, new) in change.fields.items()}
            event = EntityChanged(
                source=self._source,
                run=plan.id,
                entity=change.entity,
                key=dict(zip(names, change.key, strict=True)),
                operation=change.operation.value,
                changed=changed,
                row=change.document,
            )
            await self._events.publish(event)

    def _on_breaker(self, host: str, _old: CircuitState, new: CircuitState) -> None:
        kind = _BREAKERS.get(new)
        if kind is not None:
            event = kind(source=self._source, host=host)
            self._events.emit(event)
            if len(self._breakers) < _MAX_BREAKERS:
                self._breakers.append(event)


@asynccontextmanager
async def telling(
    store: Store, source: str, config: PipelineConfig, events: PipelineEvents | None
) -> AsyncIterator[Teller]:
    """Tell of a run: at its end, well or not, wait for the handlers and deliver to the sinks, for a limited time.

    What goes wrong with that is a warning: it changes nothing about the run. A run that is cancelled delivers nothing;
    the next one does.

    Args:
        store: The store, open.
        source: The source.
        config: The settings.
        events: The handlers in the process; none: there are none.

    Raises:
        ConfigError: A sink is not usable. The run does not begin.
    """
    open_sinks(config.events)
    await register_sinks(store, config.events)
    teller = Teller(store, source, events or PipelineEvents())
    try:
        yield teller
    except Exception as error:
        teller.failed(error)
        await _finish(teller, store, config, events)
        raise
    await _finish(teller, store, config, events)


async def _finish(teller: Teller, store: Store, config: PipelineConfig, events: PipelineEvents | None) -> None:
    with log_context(**teller.words):
        await _finish_telling(teller, store, config, events)


async def _finish_telling(teller: Teller, store: Store, config: PipelineConfig, events: PipelineEvents | None) -> None:
    if events is not None:
        await events.drain(config.events.handler_timeout)
    try:
        if events is not None:
            await teller.note_handled()
        await teller.note_breakers()
    except HeadgateError as error:
        _log.warning("events_not_noted", reason=error.message)
    teller.warnings = await deliver_after(store, config)


@asynccontextmanager
async def open_deciding_store(config: PipelineConfig) -> AsyncIterator[Store]:
    """Open the store as :func:`~headgate.pipeline.opening.open_store` does, and tell the sinks of what was decided.

    Raises:
        ConfigError: A sink is not usable, or the database is not.
    """
    open_sinks(config.events)
    async with open_store(config) as store:
        await register_sinks(store, config.events)
        yield store
        await deliver_after(store, config)


async def deliver_after(store: Store, config: PipelineConfig) -> tuple[str, ...]:
    """Deliver for as long as the settings allow after a run or a decision; return what a person should know.

    Never raises: what was decided stays, and what is not delivered waits in the outbox.
    """
    seconds = config.events.deliver_seconds
    if not seconds:
        return ()
    try:
        sessions = await deliver(store, config, seconds=seconds, insist=False)
    except Exception as error:  # noqa: BLE001 - the run is over: nothing here changes how it ended
        reason = error.message if isinstance(error, HeadgateError) else f"{type(error).__name__}: {error}"
        _log.warning("events_not_delivered", reason=reason)
        return (f"The events could not be delivered: {reason} They stay in the outbox.",)
    return tuple(
        f"The sink '{one.sink}' has not got {one.pending:,} events: {one.error or 'there was no more time.'} "
        "They stay in the outbox; 'headgate events list' tells more."
        for one in sessions
        if one.pending
    )


def _told(plan: Plan) -> dict[str, dict[str, int]]:
    return {name: asdict(entity.counts) for name, entity in plan.entities.items()}
