"""From what the outbox keeps to what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import orjson

from headgate.events.cloud_event import PREFIX, CloudEvent, row_subject, source_uri

RUNS = "runs"
"""The partition of events that are about no row."""


class Kept(Protocol):
    """An event as the outbox keeps it; the store's ``Entry`` is one."""

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands: places of one source sort as the events happened."""
        ...

    @property
    def source(self) -> str:
        """The source."""
        ...

    @property
    def type(self) -> str:
        """What happened, such as ``entity.changed``."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def run(self) -> str | None:
        """The id of the run."""
        ...

    @property
    def entity(self) -> str | None:
        """For a changed row: the entity."""
        ...

    @property
    def key(self) -> Mapping[str, Any] | None:
        """Its key, by the names of the columns."""
        ...

    @property
    def operation(self) -> str | None:
        """What happened to it: ``new``, ``updated`` or ``deleted``."""
        ...

    @property
    def changed(self) -> Mapping[str, tuple[Any, Any]] | None:
        """The old and the new value of each field that changed."""
        ...

    @property
    def document(self) -> str | None:
        """All fields after the change, as JSON; for a deletion, before it."""
        ...

    @property
    def data(self) -> Mapping[str, Any]:
        """For other events: what there is to say."""
        ...


def render(kept: Kept, origin: str) -> CloudEvent:
    """Return an event as it is sent: the same one, whenever it is asked for.

    Args:
        kept: What the outbox keeps.
        origin: Where all events come from: a URI.
    """
    outbox_id, version_id = kept.place
    about = kept.run or f"{kept.at:%Y%m%d-%H%M%S%f}"
    is_row = kept.entity is not None
    subject = row_subject(kept.entity, kept.key) if kept.entity is not None and kept.key is not None else kept.run
    return CloudEvent(
        # no full stop: receivers of Standard Webhooks join the id to other texts with one
        id=f"{about}_{outbox_id}_{version_id}",
        source=source_uri(origin, kept.source),
        type=PREFIX + kept.type,
        time=kept.at,
        data_json=_row_data(kept) if is_row else _plain_data(kept),
        subject=subject,
        partition=(subject or "") if is_row else RUNS,
        sequence=f"{outbox_id:015d}-{version_id:015d}",
    )


def _plain_data(kept: Kept) -> bytes:
    return orjson.dumps({**({"run": kept.run} if kept.run else {}), **kept.data})


def _row_data(kept: Kept) -> bytes:
    changed = kept.changed or {}
    return orjson.dumps(
        {
            "run": kept.run,
            "entity": kept.entity,
            "key": kept.key,
            "operation": kept.operation,
            "changed": {name: {"before": before, "after": after} for name, (before, after) in changed.items()},
            "row": None if kept.document is None else orjson.Fragment(kept.document),
        }
    )
