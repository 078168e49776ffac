"""Which keys came more than once: remembered by name as long as they are few."""

from __future__ import annotations

from headgate.store.codec import decode_key
from headgate.store.plan import Repeat

KEPT = 100
"""Keys of an entity that a run remembers."""

_LONGEST = 500
"""Characters of a key that is remembered."""


class Repeats:
    """Counts the duplicates of the first keys that have any."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = {}

    def add(self, key: str, rows: int = 1, conflicts: int = 0) -> None:
        """Count rows of a key that another one stands for, and how many of them had another content."""
        counts = self._found.get(key)
        if counts is None:
            if len(self._found) >= KEPT or len(key) > _LONGEST:
                return
            counts = self._found[key] = [0, 0]
        counts[0] += rows
        counts[1] += conflicts

    def take(self, other: Repeats) -> None:
        """Add what another one counted."""
        for key, (rows, conflicts) in other._found.items():
            self.add(key, rows, conflicts)

    def told(self) -> tuple[Repeat, ...]:
        """Return the keys in the order in which their first duplicates came."""
        return tuple(Repeat(decode_key(key), rows, conflicts) for key, (rows, conflicts) in self._found.items())
