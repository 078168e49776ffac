"""Rows are written together; where the database refuses them, by halves, until the rows that it refuses stand alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.targets.refusals import why_refused
from headgate.store.targets.rows import Source
from headgate.store.targets.writer import TargetWriter

Refuse = Callable[[str, str], None]
"""Takes the key of a refused row and what the database says against it."""


class Halving:
    """Writes and removes the rows of one target part by part, always in the same way for the same rows.

    The way matters: two rows that exchange a unique value may be refused together and taken one after the other. In a
    table that refers to itself, a row that is refused is tried again once others are written: its parent may be among
    them.

    Args:
        connection: The connection, inside a transaction of the caller.
        writer: The writer of the target.
        refuse: Told of each row that is refused.
        on_trial: Whether all of it is taken back: new rows then get numbers of their own.
    """

    def __init__(self, connection: AsyncConnection, writer: TargetWriter, refuse: Refuse, *, on_trial: bool) -> None:
        self.written = 0
        """Rows that were taken."""
        self._connection = connection
        self._writer = writer
        self._refuse = refuse
        self._on_trial = on_trial

    async def upsert(self, source: Source) -> None:
        """Write rows."""

        async def write(part: Source) -> None:
            await self._writer.upsert(part, numbered_from=self.written if self._on_trial else None)

        await self._take(source, write)

    async def remove(self, source: Source) -> None:
        """Remove rows."""
        await self._take(source, self._writer.remove)

    async def _take(self, source: Source, work: Callable[[Source], Awaitable[None]]) -> None:
        parts: list[tuple[str | None, str | None]] = [(None, None)]
        waiting: dict[str, str] = {}
        while parts:
            after, until = parts.pop()
            part = source.between(after, until)
            size = await self._size(part)
            said = await self._attempt(part, work) if size else None
            if said is None:
                self.written += size
            elif size > 1:
                middle = await self._key(part, (size - 1) // 2)
                parts += [(middle, until), (after, middle)]
            elif self._writer.target.is_tree:
                waiting[await self._key(part, 0)] = said
            else:
                self._refuse(await self._key(part, 0), said)
        await self._take_waiting(source, work, waiting)

    async def _take_waiting(
        self, source: Source, work: Callable[[Source], Awaitable[None]], waiting: dict[str, str]
    ) -> None:
        """Try single rows again for as long as one of them is taken."""
        before = 0
        while waiting and len(waiting) != before:
            before = len(waiting)
            for key in list(waiting):
                said = await self._attempt(source.at(key), work)
                if said is None:
                    self.written += 1
                    del waiting[key]
                else:
                    waiting[key] = said
        for key, said in waiting.items():
            self._refuse(key, said)

    async def _attempt(self, part: Source, work: Callable[[Source], Awaitable[None]]) -> str | None:
        """Do the work for some rows; return what the database says against it."""
        nested = await self._connection.begin_nested()
        try:
            await work(part)
        except DBAPIError as error:
            said = why_refused(error)
            if said is None:
                raise
            await nested.rollback()
            return said
        await nested.commit()
        return None

    async def _size(self, part: Source) -> int:
        query = sa.select(sa.func.count()).select_from(part.table).where(part.where)
        return int((await self._connection.execute(query)).scalar_one())

    async def _key(self, part: Source, place: int) -> str:
        key = part.table.c.key
        query = sa.select(key).where(part.where).order_by(key).offset(place).limit(1)
        return str((await self._connection.execute(query)).scalar_one())
