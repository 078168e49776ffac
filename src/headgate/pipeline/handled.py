"""What became of events in the process of a run, kept for those who look from another one."""

from __future__ import annotations

from dataclasses import asdict

from headgate.events.pipeline_events import EventCounts
from headgate.store import Store, memory

_TOPIC = "event_handlers"
_SOURCES = 200


async def note_handled(store: Store, source: str, counts: EventCounts) -> None:
    """Keep what the handlers of a run did not take; one that took everything wipes out what was kept before.

    Args:
        store: The store.
        source: Whose run it was.
        counts: What became of its events.
    """
    if counts.is_complete:
        await memory.forget(store.context, _TOPIC, [source])
    else:
        said = memory.Remembered(asdict(counts), store.context.now())
        await memory.remember(store.context, _TOPIC, {source: said})


async def failed_handlers(store: Store) -> dict[str, dict[str, int]]:
    """Return what became of the events of the last run of each source whose handlers did not take all of them."""
    found = await memory.recall_all(store.context, _TOPIC, limit=_SOURCES)
    return {source: one.value for source, one in sorted(found.items())}
