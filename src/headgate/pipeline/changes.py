"""The changes of a run as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate import store as kept
from headgate.pipeline.report import Change

SAMPLE_ROWS = 1000
"""Changes a report carries at the most; the store has them all."""

NAMES = ("name", "label", "title")
"""Fields that hold what a person calls a row."""


async def sample(store: kept.Store, run_id: str, *, limit: int = SAMPLE_ROWS) -> list[Change]:
    """Return the first changes of a run, or of a plan that waits, with words a person knows the rows by."""
    return [tell(change) async for change in store.changes(run_id, limit=limit)]


def tell(change: kept.Change) -> Change:
    """Return a change of the store with what a person calls its row."""
    return Change(change.entity, change.key, change.operation.value, label(change.document, change.key), change.fields)


def label(document: Mapping[str, Any] | None, key: tuple[Any, ...]) -> str:
    """Return what a person calls a row: its name, its label, else its key."""
    for field in NAMES:
        if document and isinstance(document.get(field), str):
            return str(document[field])
    return ", ".join(map(str, key))
