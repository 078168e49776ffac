"""The Redis level: one round trip per look-up, on a client that belongs to the caller."""

from __future__ import annotations

from typing import Any

from headgate.clock import Clock
from headgate.health import ComponentHealth, HealthStatus
from headgate.resilience.cache.codec import CorruptEntryError, Record, decode, encode
from headgate.resilience.cache.threaded_redis import awaitable_client

_SCAN_BATCH = 500


class RedisLevel:
    """Records in Redis, shared by all who use the same namespace.

    Args:
        client: A ``redis.asyncio`` client, with or without ``decode_responses``; a blocking one works in threads.
        namespace: Prefix of every key, without the colon.
        clock: Its wall clock tells how long a record has left.
    """

    name = "redis"

    def __init__(self, client: Any, *, namespace: str, clock: Clock) -> None:
        self._client = awaitable_client(client)
        self._namespace = namespace
        self._clock = clock

    async def open(self) -> None:
        """See whether the server answers, so that one operation finds out for all; raises what the client raises."""
        await self._client.ping()

    def lacks(self, key: str) -> bool:  # noqa: ARG002 - as every level
        """Know nothing without asking."""
        return False

    def put_at_once(self, key: str, record: Record) -> bool:  # noqa: ARG002 - as every level
        """Keep nothing without waiting for the server."""
        return False

    async def get(self, key: str) -> Record | None:
        """Return the record of a key.

        Raises:
            CorruptEntryError: Something else's value stands there. It is left alone; the next ``put`` replaces it.
        """
        # entries are bytes, whatever the client does with other answers
        blob = await self._client.execute_command("GET", self._name(key), NEVER_DECODE=True)
        if blob is None:
            return None
        if not isinstance(blob, bytes):
            raise CorruptEntryError("not an entry of this cache")
        return decode(blob)

    async def put(self, key: str, record: Record) -> None:
        """Keep a record; Redis itself forgets it when its time has come."""
        left = record.keep_until - self._clock.time()
        if left > 0:
            await self._client.set(self._name(key), encode(record), px=max(1, int(left * 1000)))

    async def delete(self, *keys: str) -> int:
        """Forget keys in one round trip; tell how many were there."""
        return int(await self._client.delete(*map(self._name, keys)))

    async def clear(self) -> None:
        """Forget everything in this namespace, in small steps that do not block the server."""
        batch: list[Any] = []
        async for name in self._client.scan_iter(match=f"{_escaped(self._namespace)}:*", count=_SCAN_BATCH):
            batch.append(name)
            if len(batch) == _SCAN_BATCH:
                await self._client.unlink(*batch)
                batch.clear()
        if batch:
            await self._client.unlink(*batch)

    async def health(self) -> ComponentHealth:
        """Ask the server; raises what the client raises."""
        await self._client.ping()
        return ComponentHealth(HealthStatus.HEALTHY)

    async def close(self) -> None:
        """Leave the client open: it belongs to the caller."""

    def _name(self, key: str) -> str:
        return f"{self._namespace}:{key}"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in text)
