"""A blocking Redis client, usable beside an event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any


def awaitable_client(client: Any) -> Any:
    """Return a client whose commands can be awaited: the same one, or a blocking one (``redis.Redis``) in threads."""
    command = getattr(client, "execute_command", None)
    blocking = callable(command) and not inspect.iscoroutinefunction(command)
    return ThreadedRedis(client) if blocking else client


class ThreadedRedis:
    """Runs each command of a blocking client in a thread, so that the event loop never waits for the server.

    Args:
        client: A ``redis.Redis``, which may be used by several threads.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, command: str) -> Callable[..., Awaitable[Any]]:
        """Return a command as a function that can be awaited."""
        method = getattr(self._client, command)

        async def run(*arguments: Any, **options: Any) -> Any:
            return await asyncio.to_thread(method, *arguments, **options)

        return run

    async def scan_iter(self, **options: Any) -> AsyncIterator[Any]:
        """Yield the names that match, read in one go."""
        for name in await asyncio.to_thread(lambda: list(self._client.scan_iter(**options))):
            yield name
