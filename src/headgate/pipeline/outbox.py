"""The outbox, for whoever reports about it."""

from __future__ import annotations

from headgate.store import DatabaseManager, OutboxStatus, Store


async def outbox_status(database: DatabaseManager) -> OutboxStatus:
    """Return how far each sink has got: what is pending, what is dead, and how old the oldest of it is.

    Reads only. A database without Headgate's tables, or with those of an earlier version, has no sinks.

    Raises:
        DatabaseUnavailableError: The database cannot be reached or is locked.
    """
    return await Store(database).outbox_status()
