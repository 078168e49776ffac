"""What a look-up returns."""

from __future__ import annotations

from headgate.resilience.cache.codec import Record
from headgate.resilience.cache.entry import Entry, Origin


class Lookup:
    """An entry and where it came from.

    Attributes:
        origin: Where it came from.
    """

    __slots__ = ("_entry", "_record", "origin")

    def __init__(self, record: Record, origin: Origin) -> None:
        self._record = record
        self._entry: Entry | None = None
        self.origin = origin

    @property
    def entry(self) -> Entry:
        """The entry; its value and its metadata belong to the caller."""
        entry = self._entry
        if entry is None:
            entry = self._entry = self._record.entry()
        return entry

    def __repr__(self) -> str:
        """Show both."""
        return f"Lookup(entry={self.entry!r}, origin={self.origin!r})"
