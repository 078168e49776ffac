"""The memory level: bounded by entries and by bytes, the least recently used go first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeAlias

from headgate.clock import Clock
from headgate.health import ComponentHealth, HealthStatus
from headgate.resilience.cache.codec import Record, unseal

Held: TypeAlias = tuple[float, float, int, bytes, bytes, float, float, float]
"""Until when (monotonic clock) a record is answered without asking anyone, until when it is kept; then its kind, body,
metadata and times."""


def held_value(held: Held) -> Any:
    """Return the value of what is held; a new object each time if it is one that can be changed."""
    return unseal(held[2], held[3])


def held_record(held: Held) -> Record:
    """Return the record that is held."""
    _, _, kind, body, told, stored_at, fresh_until, keep_until = held
    return Record(kind, body, told, stored_at, fresh_until, keep_until)


class MemoryLevel:
    """Records in a dictionary, in the order of their last use.

    They are kept as plain tuples of numbers, text and bytes. The garbage collector stops looking at such tuples after
    the first time, so that a full cache does not slow down everything else in the process.

    Args:
        max_entries: Records kept.
        max_bytes: Bytes of values kept.
        clock: Durations are measured on its monotonic side.
    """

    name = "memory"

    def __init__(self, *, max_entries: int, max_bytes: int, clock: Clock) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._monotonic = clock.monotonic
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._find = self._held.get
        self._touch = self._held.move_to_end
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many records are kept."""
        return len(self._held)

    @property
    def bytes(self) -> int:
        """Bytes of the values that are kept."""
        return self._bytes

    def fresh(self, key: str) -> Held | None:
        """Return a record that is fresh, as the most recently used: the hot path."""
        held = self._find(key)
        if held is None or held[0] <= self._monotonic():
            return None
        self._touch(key)
        return held

    def kept(self, key: str) -> Record | None:
        """Return a record that is still kept, fresh or not."""
        held = self._find(key)
        if held is None:
            return None
        if held[1] <= self._monotonic():
            self.discard(key)
            return None
        return held_record(held)

    def keep(self, key: str, record: Record, *, fresh_seconds: float, keep_seconds: float) -> None:
        """Keep a record that is fresh and kept for so many seconds from now."""
        everything = self._held
        if key in everything:
            self.discard(key)
        size = len(record.body)
        if size > self._max_bytes or self._max_entries == 0 or keep_seconds <= 0:
            return
        now = self._monotonic()
        everything[key] = (
            now + fresh_seconds,
            now + keep_seconds,
            record.kind,
            record.body,
            record.told,
            record.stored_at,
            record.fresh_until,
            record.keep_until,
        )
        self._bytes += size
        while len(everything) > self._max_entries or self._bytes > self._max_bytes:
            _, evicted = everything.popitem(last=False)
            self._bytes -= len(evicted[3])

    def discard(self, key: str) -> bool:
        """Forget a key; tell whether it was there."""
        held = self._held.pop(key, None)
        if held is None:
            return False
        self._bytes -= len(held[3])
        return True

    def reset(self) -> None:
        """Forget everything."""
        self._held.clear()
        self._bytes = 0

    # --- the same as any level -------------------------------------------------------------------

    async def open(self) -> None:
        """Nothing to make ready."""

    def lacks(self, key: str) -> bool:
        """Tell whether a key is not there."""
        return self.kept(key) is None

    def put_at_once(self, key: str, record: Record) -> bool:
        """Keep a record until its own time has come."""
        now = self._clock.time()
        self.keep(key, record, fresh_seconds=record.fresh_until - now, keep_seconds=record.keep_until - now)
        return True

    async def get(self, key: str) -> Record | None:
        """Return the record of a key."""
        return self.kept(key)

    async def put(self, key: str, record: Record) -> None:
        """Keep a record until its own time has come."""
        self.put_at_once(key, record)

    async def delete(self, *keys: str) -> int:
        """Forget keys; tell how many were there."""
        return sum(map(self.discard, keys))

    async def clear(self) -> None:
        """Forget everything."""
        self.reset()

    async def health(self) -> ComponentHealth:
        """Report how much is kept."""
        return ComponentHealth(HealthStatus.HEALTHY, details={"entries": len(self._held), "bytes": self._bytes})

    async def close(self) -> None:
        """Nothing to let go of."""
