"""Holding a lease while work goes on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import HeadgateError, LeaseLostError
from headgate.store import lease
from headgate.store.context import Context


class LeaseHolder:
    """The lease of a source in the hands of this process, with a sign of life three times in its life.

    Args:
        context: The database and its tables.
        source: The source.
    """

    def __init__(self, context: Context, source: str) -> None:
        self.source = source
        self.token = 0
        self._context = context
        self._heart: asyncio.Task[None] | None = None
        self._lost: LeaseLostError | None = None

    async def take(self, connection: AsyncConnection) -> None:
        """Take the lease inside the caller's transaction.

        Raises:
            LeaseHeldError: Another run holds it.
        """
        context = self._context
        self.token = await lease.acquire(
            connection, context.schema, self.source, now=context.now(), ttl=context.lease_ttl
        )

    def start(self) -> None:
        """Begin to give signs of life, once the transaction of :meth:`take` is committed."""
        self._heart = asyncio.get_running_loop().create_task(self._beat(), name=f"lease of {self.source}")

    async def stop(self) -> None:
        """End the signs of life; the lease is still held."""
        if self._heart is not None:
            self._heart.cancel()
            with suppress(asyncio.CancelledError):
                await self._heart
            self._heart = None

    async def release(self, connection: AsyncConnection) -> None:
        """Give the lease back inside the caller's transaction; nothing happens if it was taken over."""
        await lease.release(connection, self._context.schema, self.source, self.token)

    def check(self) -> None:
        """Raise :class:`LeaseLostError` if a sign of life found the lease taken over."""
        if self._lost is not None:
            raise self._lost

    async def _beat(self) -> None:
        context = self._context
        while True:
            await context.clock.sleep(context.lease_ttl / 3)
            try:
                async with context.db.get_transaction() as connection:
                    await lease.renew(
                        connection, context.schema, self.source, self.token, now=context.now(), ttl=context.lease_ttl
                    )
            except LeaseLostError as lost:
                self._lost = lost
                return
            except HeadgateError:
                continue  # a database that is away for a moment does not end the run
