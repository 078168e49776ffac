"""The memory level: bounded by entries and by bytes, the least recently used go first."""

from __future__ import annotations

from collections import OrderedDict

from headgate.clock import Clock
from headgate.health import ComponentHealth, HealthStatus
from headgate.resilience.cache.codec import Record


class Node:
    """A record in memory, with its times on the monotonic clock.

    Args:
        record: The sealed entry.
        fresh_deadline: Until when it is answered without asking anyone.
        keep_deadline: Until when it is kept.
    """

    __slots__ = ("fresh_deadline", "keep_deadline", "record")

    def __init__(self, record: Record, fresh_deadline: float, keep_deadline: float) -> None:
        self.record = record
        self.fresh_deadline = fresh_deadline
        self.keep_deadline = keep_deadline


class MemoryLevel:
    """Records in a dictionary, in the order of their last use.

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
        self._nodes: OrderedDict[str, Node] = OrderedDict()
        self._find = self._nodes.get
        self._touch = self._nodes.move_to_end
        self._bytes = 0

    def __len__(self) -> int:
        """Return how many records are kept."""
        return len(self._nodes)

    @property
    def bytes(self) -> int:
        """Bytes of the values that are kept."""
        return self._bytes

    def fresh(self, key: str) -> Record | None:
        """Return a record that is fresh, as the most recently used: the hot path."""
        node = self._find(key)
        if node is None or node.fresh_deadline <= self._monotonic():
            return None
        self._touch(key)
        return node.record

    def kept(self, key: str) -> Record | None:
        """Return a record that is still kept, fresh or not."""
        node = self._find(key)
        if node is None:
            return None
        if node.keep_deadline <= self._monotonic():
            self.discard(key)
            return None
        return node.record

    def keep(self, key: str, record: Record, *, fresh_seconds: float, keep_seconds: float) -> None:
        """Keep a record that is fresh and kept for so many seconds from now."""
        nodes = self._nodes
        if key in nodes:
            self.discard(key)
        size = len(record.body)
        if size > self._max_bytes or self._max_entries == 0 or keep_seconds <= 0:
            return
        now = self._monotonic()
        nodes[key] = Node(record, now + fresh_seconds, now + keep_seconds)
        self._bytes += size
        while len(nodes) > self._max_entries or self._bytes > self._max_bytes:
            _, evicted = nodes.popitem(last=False)
            self._bytes -= len(evicted.record.body)

    def discard(self, key: str) -> bool:
        """Forget a key; tell whether it was there."""
        node = self._nodes.pop(key, None)
        if node is None:
            return False
        self._bytes -= len(node.record.body)
        return True

    def reset(self) -> None:
        """Forget everything."""
        self._nodes.clear()
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
        return ComponentHealth(HealthStatus.HEALTHY, details={"entries": len(self._nodes), "bytes": self._bytes})

    async def close(self) -> None:
        """Nothing to let go of."""
