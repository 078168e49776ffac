"""The outbox as whoever delivers it sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from headgate.store.context import Context
from headgate.store.outbox import letters, noting, sinks
from headgate.store.outbox.letters import Letter
from headgate.store.outbox.mailbox import Mailbox
from headgate.store.outbox.retention import has_older, let_go
from headgate.store.records import find_run


class Outbox:
    """The events that wait for their sinks, in one database. Made by :attr:`Store.outbox`.

    Args:
        context: The database and its tables.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def register(self, starts: Mapping[str, bool]) -> None:
        """Note the sinks that are not known yet.

        Args:
            starts: By name, whether the sink gets what the outbox still keeps; else, what happens from now on.
        """
        async with self._context.db.get_connection() as connection:
            missing = starts.keys() - set(await sinks.known(connection, self._context))
        if missing:
            async with self._context.db.get_transaction() as connection:
                await sinks.register(connection, self._context, starts)

    async def forget(self, sink: str) -> None:
        """Forget a sink, with all that it has not got.

        Raises:
            ConfigError: There is no such sink.
            LeaseHeldError: Another process delivers to it.
        """
        async with self.mailbox(sink), self._context.db.get_transaction() as connection:
            await sinks.forget(connection, self._context, sink)

    def mailbox(self, sink: str) -> Mailbox:
        """Return what a sink has not got, to be entered with ``async with``: one process at a time."""
        return Mailbox(self._context, sink)

    async def note(self, source: str, kind: str, data: Mapping[str, Any], *, run_id: str | None = None) -> None:
        """Note an event in a transaction of its own.

        Args:
            source: The source it is about.
            kind: Its type, such as ``breaker.opened``.
            data: What there is to say: JSON-able values.
            run_id: The run that it belongs to.
        """
        async with self._context.db.get_transaction() as connection:
            number = None if run_id is None else (await find_run(connection, self._context, run_id)).seq
            at, schema = self._context.now(), self._context.schema
            await noting.note(connection, schema, source=source, kind=kind, at=at, run_seq=number, data=data)

    async def letters(self, *, sink: str | None = None, dead: bool | None = None, limit: int = 100) -> list[Letter]:
        """Return events that were put aside, oldest first.

        Args:
            sink: Only of this sink.
            dead: Only dead letters, or only those that are tried again; none: both.
            limit: At most so many.
        """
        async with self._context.db.get_connection() as connection:
            if sink is not None:
                await sinks.check_known(connection, self._context, sink)
            return await letters.letters(connection, self._context, sink=sink, dead=dead, limit=limit)

    async def revive(self, sink: str, ids: Collection[int] | None = None) -> int:
        """Let dead letters of a sink be delivered again, and after each what was delivered of its row since.

        Returns:
            How many events that are.

        Raises:
            ConfigError: There is no such sink.
            LeaseHeldError: Another process delivers to it.
        """
        async with self.mailbox(sink), self._context.db.get_transaction() as connection:
            return await letters.revive(connection, self._context, sink, ids)

    async def rewind(self, sink: str, run_id: str) -> int:
        """Let a sink get everything again that a source told from a run on; return how many events that are.

        Raises:
            ConfigError: There is no such sink or run, or its events are not kept any more.
            LeaseHeldError: Another process delivers to the sink.
        """
        async with self.mailbox(sink), self._context.db.get_transaction() as connection:
            record = await find_run(connection, self._context, run_id)
            return await letters.rewind(connection, self._context, sink, record.seq)

    async def discard(self, sink: str, ids: Collection[int] | None = None) -> int:
        """Give dead letters of a sink up for good; return how many there were.

        Raises:
            ConfigError: There is no such sink.
            LeaseHeldError: Another process delivers to it.
        """
        async with self.mailbox(sink), self._context.db.get_transaction() as connection:
            return await letters.discard(connection, self._context, sink, ids)

    async def let_go(self, keep: timedelta) -> None:
        """Remove events that every sink has got and that are older than ``keep``."""
        before = self._context.now() - keep
        async with self._context.db.get_connection() as connection:
            if not await has_older(connection, self._context.schema, before):
                return
        async with self._context.db.get_transaction() as connection:
            await let_go(connection, self._context.schema, before)
