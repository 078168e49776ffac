"""What a batch of rows turned out to be becomes rows of the plan and of the quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import BugError
from headgate.store.codec import Encoded, bucket_of, decode_key
from headgate.store.columns import EntityTable
from headgate.store.comparing import changed_fields
from headgate.store.context import Context
from headgate.store.index import NEW, SAME, TOUCHED, UPDATED, Clash, KeyIndex, Sightings
from headgate.store.plan import Operation
from headgate.store.repeats import Repeats
from headgate.store.settling import Settler

ITEM_COLUMNS = (
    "run_seq",
    "entity_id",
    "key",
    "bucket",
    "operation",
    "hash",
    "partition_id",
    "document",
    "changed",
)


class PlanWriter:
    """Writes the planned changes of one entity and counts its rows.

    Args:
        context: The database and its tables.
        table: The entity.
        entity_id: Its number.
        run_seq: The run's number.
    """

    def __init__(self, context: Context, table: EntityTable, entity_id: int, run_seq: int) -> None:
        self.tally = dict.fromkeys(("fetched", "duplicates", "quarantined", "new", "updated", "unchanged"), 0)
        self.conflicts = 0
        self.repeats = Repeats()
        self.unidentified = 0
        self._context = context
        self._table = table
        self._entity_id = entity_id
        self._run_seq = run_seq
        self._rejected: list[dict[str, Any]] = []

    @property
    def waiting(self) -> int:
        """How many rows wait to be written to the quarantine."""
        return len(self._rejected)

    def reject(self, raw: str, reasons: list[str], key: str | None, partition_id: int) -> None:
        """Count a row out and keep it for the quarantine."""
        self.tally["quarantined"] += 1
        self.unidentified += key is None
        self._rejected.append(
            {
                "run_seq": self._run_seq,
                "entity_id": self._entity_id,
                "partition_id": partition_id,
                "key": key,
                "raw": raw,
                "reasons": orjson.dumps(reasons).decode(),
                "at": self._context.now(),
            }
        )

    async def write(self, seen: Sightings, index: KeyIndex | None) -> None:
        """Write what was seen, and what waits for the quarantine, in one transaction.

        Args:
            seen: What was seen; rows only if there is an index.
            index: The keys among which it was seen.
        """
        self.tally["unchanged"] += seen.unchanged
        self.tally["duplicates"] += seen.duplicates
        self.repeats.take(seen.repeats)
        if not seen and not self._rejected:
            return
        context = self._context
        async with context.db.get_transaction() as connection:
            if index is not None:
                if seen.contests:
                    await self._settle(connection, seen, index)
                items = [self._item(Operation.NEW, row, suffix) for row, suffix in seen.new.values()]
                items += [
                    self._item(Operation.TOUCHED, row, suffix, document=False) for row, suffix in seen.moved.values()
                ]
                items += await self._updates(connection, seen, index)
                self.tally["new"] += len(seen.new)
                self.tally["unchanged"] += len(seen.moved)
                if seen.clashes:
                    await self._set_aside(connection, seen.clashes)
                if items:
                    await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, items)
            if self._rejected:
                await connection.execute(context.schema.quarantine.insert(), self._rejected)
        self._rejected = []

    async def _settle(self, connection: AsyncConnection, seen: Sightings, index: KeyIndex) -> None:
        """Decide which of conflicting rows go on; what was counted for a row that gives way is taken back."""
        settled = await Settler(self._context, self._table, self._entity_id, self._run_seq).settle(
            connection, seen, index
        )
        self.tally["duplicates"] += settled.duplicates
        self.conflicts += settled.conflicts
        self.repeats.take(settled.repeats)
        for seen_as in settled.withdrawn:
            self.tally[_COUNTED_AS[seen_as]] -= 1

    async def delete(self, absent: Iterator[tuple[str, bytes, bytes]]) -> int:
        """Plan the deletion of stored keys and return how many they are."""
        context = self._context
        count = 0
        while chunk := list(islice(absent, context.batch_size)):
            items = [
                self._item(Operation.DELETED, Encoded(key, digest, ""), suffix, document=False)
                for key, digest, suffix in chunk
            ]
            async with context.db.get_transaction() as connection:
                await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, items)
            count += len(items)
        return count

    def _item(
        self, operation: Operation, row: Encoded, suffix: bytes, *, document: bool = True, changed: str | None = None
    ) -> tuple[Any, ...]:
        return (
            self._run_seq,
            self._entity_id,
            row.key,
            bucket_of(row.key),
            operation.value,
            row.hash,
            int.from_bytes(suffix, "big"),
            row.document if document else None,
            changed,
        )

    async def _updates(self, connection: AsyncConnection, seen: Sightings, index: KeyIndex) -> list[tuple[Any, ...]]:
        """Compare the fields of rows whose hash differs with the stored documents."""
        if not seen.updated:
            return []
        before = await self._context.documents(connection, self._entity_id, list(seen.updated))
        items = []
        for key, (row, suffix) in seen.updated.items():
            if key not in before:
                message = f"Entity '{self._table.name}' has no open version of {key}, although its state is known."
                raise BugError(message, hint="Nothing was applied. Please report it with the log.")
            old, new = orjson.loads(before[key]), orjson.loads(row.document)
            changed = self._table.compare.changed(old, new)
            if changed:
                self.tally["updated"] += 1
                items.append(self._item(Operation.UPDATED, row, suffix, changed=orjson.dumps(changed).decode()))
            elif changed_fields(old, new):
                self.tally["unchanged"] += 1  # equal within the tolerance: what is stored stays the measure
                index.remark(key, SAME)
            else:
                self.tally["unchanged"] += 1
                index.remark(key, TOUCHED)
                items.append(self._item(Operation.TOUCHED, row, suffix))
        return items

    async def _set_aside(self, connection: AsyncConnection, clashes: list[Clash]) -> None:
        """Put every row of a key that came with two contents in quarantine, those that were staged before included."""
        written = [clash.row.key for clash in clashes if clash.first is None and clash.first_seen_as]
        staged = await self._withdraw(connection, written)
        for clash in clashes:
            key, partition_id = clash.row.key, int.from_bytes(clash.suffix, "big")
            if clash.first_seen_as:
                self.conflicts += 1
                document = clash.first.document if clash.first is not None else staged[key]
                if clash.first is None:
                    self.tally[_COUNTED_AS[clash.first_seen_as]] -= 1
                reasons = [_conflict(key, document, clash.row.document)]
                self.reject(document, reasons, key, partition_id)
            else:
                reasons = [f"the key {_name(key)} came more than once with different content"]
            self.reject(clash.row.document, reasons, key, partition_id)

    async def _withdraw(self, connection: AsyncConnection, keys: list[str]) -> dict[str, str]:
        """Take rows out of the plan and return their documents; a row that was unchanged has the stored one."""
        if not keys:
            return {}
        item = self._context.schema.item
        mine = sa.and_(
            item.c.run_seq == self._run_seq,
            item.c.entity_id == self._entity_id,
            self._context.backend.key_in(item.c.key, keys),
        )
        documents = await self._context.documents(connection, self._entity_id, keys)
        staged = await connection.execute(sa.select(item.c.key, item.c.document).where(mine))
        documents |= {key: document for key, document in staged if document is not None}
        await connection.execute(item.delete().where(mine))
        return documents


_COUNTED_AS = {NEW: "new", UPDATED: "updated", SAME: "unchanged", TOUCHED: "unchanged"}


def _name(key: str) -> str:
    values = decode_key(key)
    return repr(values[0]) if len(values) == 1 else repr(values)


def _conflict(key: str, first: str, second: str) -> str:
    differ = changed_fields(orjson.loads(first), orjson.loads(second))
    shown = ", ".join(f"{name} is {one!r} and {two!r}" for name, (one, two) in list(differ.items())[:5])
    return f"the key {_name(key)} came twice with different content: {shown}"
