"""What is known about the keys of an entity, in memory, and what a run has seen of them. No I/O.

An entry is one ``bytes`` object: 16 bytes of content hash, 4 bytes of partition, and, once the run has seen the key,
one byte that says as what. A million keys take about 170 MB; larger entities are compared bucket by bucket.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from headgate.store.codec import Encoded
from headgate.store.repeats import Repeats

_HASH = 16
_STORED = 20
_SUFFIX = itemgetter(slice(_HASH, _STORED))

SAME = b"S"
"""Seen, equal to what is stored."""
TOUCHED = b"T"
"""Seen, equal in every field; only its partition or the form of its hash is written."""
NEW = b"N"
"""Seen, not stored yet."""
UPDATED = b"U"
"""Seen, stored with other content."""
CLASH = b"C"
"""Seen with two contents: every row of this key is in quarantine."""
REJECTED = b"R"
"""Only seen broken: in quarantine, what is stored stays."""


def suffix_of(partition_id: int) -> bytes:
    """Return the four bytes of a partition in an entry."""
    return partition_id.to_bytes(4, "big")


@dataclass(slots=True)
class Clash:
    """A row whose key came before with other content.

    Args:
        row: The row.
        suffix: Its partition.
        first: The row that came first, if this clash is the first of its key and the row was not written yet.
        first_seen_as: What the first row was taken for, if this clash is the first of its key; empty otherwise.
    """

    row: Encoded
    suffix: bytes
    first: Encoded | None
    first_seen_as: bytes


@dataclass(slots=True)
class Sightings:
    """What a batch of rows turned out to be, until it is written. Rows are held with their partition's suffix."""

    new: dict[str, tuple[Encoded, bytes]] = field(default_factory=dict)
    updated: dict[str, tuple[Encoded, bytes]] = field(default_factory=dict)
    moved: dict[str, tuple[Encoded, bytes]] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    contests: dict[str, list[tuple[Encoded, bytes]]] = field(default_factory=dict)
    unchanged: int = 0
    duplicates: int = 0
    repeats: Repeats = field(default_factory=Repeats)

    def __len__(self) -> int:
        """Return how many rows wait to be written."""
        return len(self.new) + len(self.updated) + len(self.moved) + len(self.clashes) + len(self.contests)

    def waiting(self, key: str) -> Encoded | None:
        """Return a row that waits; none if it does not wait here."""
        return next((found[key][0] for found in (self.new, self.updated, self.moved) if key in found), None)

    def take(self, key: str) -> Encoded | None:
        """Remove a row that waits and return it; none if it does not wait here."""
        for waiting in (self.new, self.updated, self.moved):
            found = waiting.pop(key, None)
            if found is not None:
                return found[0]
        return None


class KeyIndex:
    """The keys of one entity, or of some of its buckets.

    Args:
        contested: Whether rows that contradict each other are to be settled, not all put aside.
    """

    def __init__(self, *, contested: bool = False) -> None:
        self._contested = contested
        self._entries: dict[str, bytes] = {}
        self.stored = 0
        """How many keys were stored when the run began."""
        self.stored_in: set[bytes] = set()
        """The partitions they were last seen in, by suffix."""
        self._met = 0

    def __len__(self) -> int:
        """Return the number of keys, stored and new."""
        return len(self._entries)

    @property
    def unseen(self) -> int:
        """How many stored keys the run has not seen."""
        return self.stored - self._met

    def load(self, keys: Sequence[str], entries: Sequence[bytes]) -> None:
        """Add stored keys, each with its entry: content hash, suffix of its partition."""
        self._entries.update(zip(keys, entries, strict=True))
        self.stored += len(keys)
        self.stored_in.update(set(map(_SUFFIX, entries)))

    def compare(self, rows: Iterable[Encoded], suffix: bytes, into: Sightings) -> None:
        """Sort rows of one partition into ``into``. Every key changes its entry at most to *seen*."""
        entries = self._entries
        unchanged = 0
        for row in rows:
            key = row[0]
            probe = row[1] + suffix
            known = entries.get(key)
            if known == probe:
                entries[key] = probe + SAME
                unchanged += 1
            elif known is None:
                entries[key] = probe + NEW
                into.new[key] = (row, suffix)
            elif len(known) == _STORED or known[_STORED:] == REJECTED:
                self._met += len(known) == _STORED
                self._sighted(row, known[:_STORED], probe, suffix, into)
            else:
                self._again(row, known, suffix, into)
        into.unchanged += unchanged
        self._met += unchanged

    def reject(self, key: str) -> None:
        """Note that a broken row has this key: what is stored under it is not gone from the upstream."""
        known = self._entries.get(key)
        if known is not None and len(known) == _STORED:
            self._entries[key] = known + REJECTED
            self._met += 1

    def seen_entries(self) -> Iterator[tuple[str, bytes]]:
        """Yield what the run has seen, for another index to :meth:`restore`."""
        return ((key, entry) for key, entry in self._entries.items() if len(entry) != _STORED)

    def restore(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Take over what another index has seen; an entry that is only REJECTED notes a broken row."""
        for key, entry in entries:
            if entry == REJECTED:
                self.reject(key)
            else:
                known = self._entries.get(key)
                self._met += known is not None and len(known) == _STORED
                self._entries[key] = entry

    def remark(self, key: str, seen_as: bytes) -> None:
        """Correct what a seen key was taken for."""
        self._entries[key] = self._entries[key][:_STORED] + seen_as

    def seen_as(self, key: str) -> bytes:
        """Return what a seen key was taken for."""
        return self._entries[key][_STORED:]

    def replace(self, key: str, probe: bytes, seen_as: bytes) -> None:
        """Let another row stand for a seen key: its hash and the suffix of its partition."""
        self._entries[key] = probe + seen_as

    def absent(self, complete: Collection[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield the unseen keys whose partition was enumerated to its end: key, hash, suffix of the partition."""
        if not self.unseen:
            return
        for key, entry in self._entries.items():
            if len(entry) == _STORED and entry[_HASH:] in complete:
                yield key, entry[:_HASH], entry[_HASH:]

    def _sighted(self, row: Encoded, known: bytes, probe: bytes, suffix: bytes, into: Sightings) -> None:
        """Sort the first good row of a stored key that is not plainly the same."""
        if known == probe:
            self._entries[row.key] = probe + SAME
            into.unchanged += 1
        elif known[:_HASH] == row.hash:
            self._entries[row.key] = probe + TOUCHED
            into.moved[row.key] = (row, suffix)
        else:
            self._entries[row.key] = probe + UPDATED
            into.updated[row.key] = (row, suffix)

    def _again(self, row: Encoded, known: bytes, suffix: bytes, into: Sightings) -> None:
        """Sort a row whose key the run has seen before."""
        seen_as = known[_STORED:]
        if row.key in into.contests:
            into.contests[row.key].append((row, suffix))
        elif seen_as == CLASH:
            into.clashes.append(Clash(row, suffix, None, b""))
        elif known[:_HASH] == row.hash:
            into.duplicates += 1
            into.repeats.add(row.key)
        elif self._contested:
            into.contests[row.key] = [(row, suffix)]
        else:
            self._entries[row.key] = known[:_STORED] + CLASH
            into.clashes.append(Clash(row, suffix, into.take(row.key), seen_as))
