"""Single rows with their history: tracked, restored, and followed over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from headgate.errors import ConfigError, UnexpectedShapeError
from headgate.store.codec import Encoded, RowCodec, UnfitRowError
from headgate.store.columns import EntityTable
from headgate.store.comparing import changed_fields
from headgate.store.context import Context
from headgate.store.edits import EditRun
from headgate.store.history import as_of, in_utc, key_text, known_entity, owner_of
from headgate.store.plan import Change
from headgate.store.store import Store
from headgate.store.trend import Bucket, TrendPoint, trend


class HistoricalTracker:
    """Writes and reads the history of single rows.

    Args:
        store: An open store. Its entities are known from the runs of their sources.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._context: Context = store.context

    async def track_changes(
        self, entity_type: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
    ) -> Change | None:
        """Take one row from its old state to a new one, in a run of its own.

        Args:
            entity_type: Name of the entity.
            old: The row as the caller knows it; none: it does not exist.
            new: The row as it shall be; none: it shall be gone.

        Returns:
            The change that was written; none if there was nothing to do.

        Raises:
            ConfigError: There is no such entity, or the row is not what the caller knows.
            UnexpectedShapeError: A row lacks its key or does not fit the columns, or the two have different keys.
            LeaseHeldError: A run of the entity's source is under way.
        """
        table, encoded = await self._encode(entity_type, new)
        row = new if new is not None else old
        if row is None:
            return None
        key = RowCodec(table).key_of(row)
        if key is None or (old is not None and RowCodec(table).key_of(old) != key):
            message = f"A change of '{entity_type}' needs rows with one and the same key."
            raise UnexpectedShapeError(message, hint=f"Its key is made of: {', '.join(table.key)}.")
        await self._check_old(entity_type, key, old)
        return await self._committed(await self._edit(entity_type, key, encoded))

    async def restore(self, entity_type: str, key: object, moment: datetime) -> Change | None:
        """Set one row to what it was at an instant, in a run of its own.

        Args:
            entity_type: Name of the entity.
            key: The values of its key as a tuple, or the bare value of a key of one column.
            moment: The instant; without a zone it is taken as UTC.

        Returns:
            The change that was written; none if the row is what it was.

        Raises:
            ConfigError: There is no such entity, or its key is made of another number of values.
            LeaseHeldError: A run of the entity's source is under way.
        """
        return await self._committed(await self.restoring(entity_type, key, moment))

    async def source_of(self, entity_type: str) -> str:
        """Return the source that owns an entity.

        Raises:
            ConfigError: The store does not know it.
        """
        async with self._context.db.get_connection() as connection:
            entity_id, _ = await known_entity(connection, self._context, entity_type)
            return await owner_of(connection, self._context, entity_id)

    async def restoring(self, entity_type: str, key: object, moment: datetime) -> EditRun:
        """Return the run of :meth:`restore`, to be entered with ``async with``, planned, and committed or held.

        Takes and raises what that does.
        """
        async with self._context.db.get_connection() as connection:
            _, table = await known_entity(connection, self._context, entity_type)
        text = key_text(table, key)
        where = dict(zip(table.key, orjson.loads(text), strict=True))
        past = [row async for row in as_of(self._context, entity_type, in_utc(moment), where)]
        _, encoded = await self._encode(entity_type, past[0] if past else None)
        return await self._edit(entity_type, text, encoded)

    async def trend(
        self,
        entity_type: str,
        field: str,
        bucket: Bucket = "day",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[TrendPoint]:
        """Return counts, and for numbers their aggregates, at the end of every bucket of time.

        Args:
            entity_type: Name of the entity.
            field: One of its fields.
            bucket: ``"hour"``, ``"day"``, ``"week"``, or a length of time.
            since: Where to begin; none: at the first version.
            until: Where to end; none: now.

        Raises:
            ConfigError: There is no such entity, field or bucket, or there would be more than 1,000 points.
        """
        return await trend(self._context, entity_type, field, bucket, since=since, until=until)

    async def _encode(self, entity: str, row: Mapping[str, Any] | None) -> tuple[EntityTable, Encoded | None]:
        async with self._context.db.get_connection() as connection:
            _, table = await known_entity(connection, self._context, entity)
        if row is None:
            return table, None
        try:
            return table, RowCodec(table, ignore=table.compare.ignore).encode(row)
        except UnfitRowError as unfit:
            message = f"The row does not fit '{entity}': {unfit}."
            raise UnexpectedShapeError(message, hint="Give every declared field a value of its type.") from None

    async def _check_old(self, entity: str, key: str, old: Mapping[str, Any] | None) -> None:
        async with self._context.db.get_connection() as connection:
            entity_id, table = await known_entity(connection, self._context, entity)
            current = (await self._context.documents(connection, entity_id, [key])).get(key)
        declared = {column.name for column in table.columns}
        known = orjson.loads(current) if current is not None else None
        told = {name: value for name, value in old.items() if name in declared} if old is not None else None
        if (known is None) != (told is None) or (
            known is not None and told is not None and changed_fields(known, told)
        ):
            message = f"The row {key} of '{entity}' is not what the caller knows."
            raise ConfigError(message, hint="It was changed in between: read it again.")

    async def _edit(self, entity: str, key: str, wanted: Encoded | None) -> EditRun:
        async with self._context.db.get_connection() as connection:
            entity_id, table = await known_entity(connection, self._context, entity)
            source = await owner_of(connection, self._context, entity_id)
        return EditRun(self._context, source, table, entity_id, key=key, wanted=wanted)

    async def _committed(self, edit: EditRun) -> Change | None:
        """Plan and apply a run; return what it changed."""
        async with edit as run:
            await run.commit(await run.plan())
        changes = [change async for change in self._store.changes(run.id)]
        return changes[0] if changes else None
