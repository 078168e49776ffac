"""What an extractor yields: rows of one entity, and whether they are all there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Records:
    """Raw rows of one entity from one partition of the upstream.

    Args:
        entity: Name of the entity, such as ``"school"``.
        rows: Raw rows, as the upstream sent them.
        partition: The part of the upstream's listing they came from, such as ``"division=I"``.
        complete: The proof that the partition was enumerated to its end. Without a batch that carries it, no row of
            the partition is ever deleted. It holds for all batches of the partition in this run, so the last batch of
            a paged listing carries it.
        cursor: How far the partition was read with this batch: what JSON can hold, or a time. The last one of a
            partition is what :class:`~headgate.extract.progress.Progress` returns in the next run, once this one is
            committed; none: it stays where it is.
    """

    entity: str
    rows: Sequence[Mapping[str, Any]]
    partition: str = ""
    complete: bool = False
    cursor: Any = None
