"""What a level of the cache can do."""

from __future__ import annotations

from typing import Protocol

from headgate.health import ComponentHealth
from headgate.resilience.cache.codec import Record


class CacheLevel(Protocol):
    """A place that keeps records.

    A level may forget at any time and may raise anything when it is not well: who asks it treats that as a miss.
    It returns what it has, whatever its age.
    """

    @property
    def name(self) -> str:
        """Return the word for the level in reports."""
        ...

    async def open(self) -> None:
        """Make it ready; called before the first use, and again before it is tried after a failure."""
        ...

    def lacks(self, key: str) -> bool:
        """Tell whether a key is certainly not there, if that is known without waiting."""
        ...

    def put_at_once(self, key: str, record: Record) -> bool:
        """Keep a record if that can be done without waiting; tell whether it was."""
        ...

    async def get(self, key: str) -> Record | None:
        """Return the record of a key.

        Raises:
            CorruptEntryError: What is stored there is not an entry of this cache; it is forgotten.
        """
        ...

    async def put(self, key: str, record: Record) -> None:
        """Keep a record, and drop others if there is no room."""
        ...

    async def delete(self, *keys: str) -> int:
        """Forget keys; tell how many were there."""
        ...

    async def clear(self) -> None:
        """Forget everything."""
        ...

    async def health(self) -> ComponentHealth:
        """Report how it is."""
        ...

    async def close(self) -> None:
        """Write what is pending and let go of what was opened."""
        ...
