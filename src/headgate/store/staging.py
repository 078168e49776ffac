"""The rows of one entity on their way into a plan: encoded, compared, and only what differs written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import BugError
from headgate.store.codec import Encoded, RowCodec, UnfitRowError, bucket_of, decode_key, encode_key
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.index import NEW, SAME, TOUCHED, UPDATED, Clash, KeyIndex, Sightings, suffix_of
from headgate.store.plan import Counts, EntityPlan, Operation, QuarantinedRow

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


class Stager:
    """Stages the rows of one entity in one run.

    Args:
        context: The database and its tables.
        table: The entity.
        entity_id: Its number.
        run_seq: The run's number.
    """

    def __init__(self, context: Context, table: EntityTable, entity_id: int, run_seq: int) -> None:
        self.table = table
        self.entity_id = entity_id
        self.codec = RowCodec(table)
        self._context = context
        self._run_seq = run_seq
        self._index: KeyIndex | None = None
        self._sightings = Sightings()
        self._rejected: list[dict[str, Any]] = []
        self._tally = dict.fromkeys(("fetched", "duplicates", "quarantined", "new", "updated", "unchanged"), 0)
        self._conflicts = 0
        self._unidentified = 0
        self._partitions: dict[str, int] = {}
        self._complete: set[str] = set()

    async def stage(self, rows: Sequence[Mapping[str, Any]], partition: str, *, complete: bool) -> None:
        """Compare rows with what is known; rows that the columns cannot hold go to quarantine."""
        await self._enter(partition, complete=complete)
        remaining = iter(rows)
        while chunk := list(islice(remaining, self._context.batch_size)):
            encoded = list(self._encode(chunk, partition))
            await self._compare(encoded, partition)
            self._tally["fetched"] += len(chunk) - len(encoded)

    async def stage_encoded(self, rows: Sequence[Encoded], partition: str, *, complete: bool) -> None:
        """Compare rows that were encoded elsewhere by the same codec."""
        await self._enter(partition, complete=complete)
        for start in range(0, len(rows), self._context.batch_size):
            await self._compare(rows[start : start + self._context.batch_size], partition)

    async def quarantine(self, rows: Iterable[QuarantinedRow], partition: str) -> None:
        """Put rows aside that did not pass, with their reasons."""
        await self._enter(partition, complete=False)
        for row in rows:
            key = encode_key(row.key) if row.key is not None else self.codec.key_of(row.raw)
            self._tally["fetched"] += 1
            self._reject(_raw(row.raw), list(row.reasons), key, self._partitions[partition])
        if len(self._rejected) >= self._context.batch_size:
            await self._flush()

    async def finish(self) -> EntityPlan:
        """Write what waits, find what is gone, and return the entity's part of the plan."""
        index = await self._loaded()
        await self._flush()
        complete = {suffix_of(self._partitions[name]) for name in self._complete}
        deleted = 0
        if not self._unidentified:
            deleted = await self._write_deletions(index.absent(complete))
        tally = self._tally
        counts = Counts(**tally, valid=tally["new"] + tally["updated"] + tally["unchanged"], deleted=deleted)
        counts.check(f"entity '{self.table.name}'")
        return EntityPlan(
            name=self.table.name,
            counts=counts,
            known=index.stored,
            conflicts=self._conflicts,
            absent_kept=index.unseen - deleted,
            unidentified=self._unidentified,
            complete=tuple(sorted(self._complete)),
            partial=any(suffix not in complete for suffix in index.stored_in),
        )

    def _encode(self, rows: Sequence[Mapping[str, Any]], partition: str) -> Iterator[Encoded]:
        encode = self.codec.encode
        for row in rows:
            try:
                yield encode(row)
            except UnfitRowError as unfit:
                self._reject(_raw(row), unfit.reasons, self.codec.key_of(row), self._partitions[partition])

    async def _compare(self, rows: Sequence[Encoded], partition: str) -> None:
        index = await self._loaded()
        index.compare(rows, suffix_of(self._partitions[partition]), self._sightings)
        self._tally["fetched"] += len(rows)
        if len(self._sightings) + len(self._rejected) >= self._context.batch_size:
            await self._flush()

    async def _enter(self, partition: str, *, complete: bool) -> None:
        if partition not in self._partitions:
            async with self._context.db.get_transaction() as connection:
                self._partitions[partition] = await self._context.partition_id(connection, self.entity_id, partition)
        if complete:
            self._complete.add(partition)
        await self._loaded()

    async def _loaded(self) -> KeyIndex:
        if self._index is None:
            index = KeyIndex()
            state = self._context.schema.state
            query = sa.select(state.c.key, state.c.hash, state.c.partition_id).where(
                state.c.entity_id == self.entity_id
            )
            async with self._context.db.get_connection() as connection:
                async for rows in self._context.backend.stream(connection, query, size=20_000):
                    index.load(rows)  # type: ignore[arg-type]  # the driver's rows are tuples of these columns
            self._index = index
        return self._index

    def _reject(self, raw: str, reasons: list[str], key: str | None, partition_id: int) -> None:
        """Count a row out. Its key, or that it has none that can be told, keeps stored rows from being deleted."""
        self._tally["quarantined"] += 1
        if key is None:
            self._unidentified += 1
        elif self._index is not None:
            self._index.reject(key)
        self._rejected.append(
            {
                "run_seq": self._run_seq,
                "entity_id": self.entity_id,
                "partition_id": partition_id,
                "key": key,
                "raw": raw,
                "reasons": orjson.dumps(reasons).decode(),
                "at": self._context.now(),
            }
        )

    async def _flush(self) -> None:
        """Write what waits in one transaction."""
        seen, self._sightings = self._sightings, Sightings()
        self._tally["unchanged"] += seen.unchanged
        self._tally["duplicates"] += seen.duplicates
        if not seen and not self._rejected:
            return
        context = self._context
        async with context.db.get_transaction() as connection:
            items = [self._item(Operation.NEW, row, suffix) for row, suffix in seen.new.values()]
            items += [self._item(Operation.TOUCHED, row, suffix, document=None) for row, suffix in seen.moved.values()]
            items += await self._updates(connection, seen)
            self._tally["new"] += len(seen.new)
            self._tally["unchanged"] += len(seen.moved)
            if seen.clashes:
                await self._set_aside(connection, seen.clashes)
            if items:
                await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, items)
            if self._rejected:
                await connection.execute(context.schema.quarantine.insert(), self._rejected)
                self._rejected = []

    def _item(
        self,
        operation: Operation,
        row: Encoded,
        suffix: bytes,
        *,
        document: str | None = "",
        changed: str | None = None,
    ) -> tuple[Any, ...]:
        return (
            self._run_seq,
            self.entity_id,
            row.key,
            bucket_of(row.key),
            operation.value,
            row.hash,
            int.from_bytes(suffix, "big"),
            row.document if document == "" else document,
            changed,
        )

    async def _updates(self, connection: AsyncConnection, seen: Sightings) -> list[tuple[Any, ...]]:
        """Compare the fields of rows whose hash differs with the stored documents."""
        if not seen.updated:
            return []
        index = await self._loaded()
        before = await self._context.documents(connection, self.entity_id, list(seen.updated))
        items = []
        for key, (row, suffix) in seen.updated.items():
            if key not in before:
                message = f"Entity '{self.table.name}' has no open version of {key}, although its state is known."
                raise BugError(message, hint="Nothing was applied. Run 'headgate doctor' and report what it says.")
            changed = changed_fields(orjson.loads(before[key]), orjson.loads(row.document))
            if changed:
                self._tally["updated"] += 1
                items.append(self._item(Operation.UPDATED, row, suffix, changed=orjson.dumps(changed).decode()))
            else:
                self._tally["unchanged"] += 1
                index.remark(key, TOUCHED)
                items.append(self._item(Operation.TOUCHED, row, suffix))
        return items

    async def _set_aside(self, connection: AsyncConnection, clashes: list[Clash]) -> None:
        """Put every row of a key that came with two contents in quarantine, those that were staged before included."""
        written = [clash.row.key for clash in clashes if clash.first is None and clash.first_seen_as]
        staged = await self._withdraw(connection, written)
        for clash in clashes:
            first = clash.first
            partition_id = int.from_bytes(clash.suffix, "big")
            if clash.first_seen_as:
                self._conflicts += 1
                document = first.document if first is not None else staged[clash.row.key]
                if first is None:
                    self._uncount(clash.first_seen_as)
                reasons = [_conflict(clash.row.key, document, clash.row.document)]
                self._reject(document, reasons, clash.row.key, partition_id)
            else:
                reasons = [f"the key {_name(clash.row.key)} came more than once with different content"]
            self._reject(clash.row.document, reasons, clash.row.key, partition_id)

    async def _withdraw(self, connection: AsyncConnection, keys: list[str]) -> dict[str, str]:
        """Take rows out of the plan and return their documents; a row that was unchanged has the stored one."""
        if not keys:
            return {}
        item = self._context.schema.item
        mine = sa.and_(
            item.c.run_seq == self._run_seq,
            item.c.entity_id == self.entity_id,
            self._context.backend.key_in(item.c.key, keys),
        )
        documents = await self._context.documents(connection, self.entity_id, keys)
        staged = await connection.execute(sa.select(item.c.key, item.c.document).where(mine))
        documents |= {key: document for key, document in staged if document is not None}
        await connection.execute(item.delete().where(mine))
        return documents

    def _uncount(self, seen_as: bytes) -> None:
        """Take a row that was counted as valid out of the funnel's valid rows."""
        name = {NEW: "new", UPDATED: "updated", SAME: "unchanged", TOUCHED: "unchanged"}[seen_as]
        self._tally[name] -= 1

    async def _write_deletions(self, absent: Iterator[tuple[str, bytes, bytes]]) -> int:
        context = self._context
        count = 0
        while chunk := list(islice(absent, context.batch_size)):
            items = [
                self._item(Operation.DELETED, Encoded(key, digest, ""), suffix, document=None)
                for key, digest, suffix in chunk
            ]
            async with context.db.get_transaction() as connection:
                await context.backend.insert_rows(connection, context.schema.item, ITEM_COLUMNS, items)
            count += len(items)
        return count


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the fields that differ, each with its old and new value. A missing field counts as ``None``."""
    return {
        name: [old, new]
        for name in sorted(before.keys() | after.keys())
        if (old := before.get(name)) != (new := after.get(name)) or isinstance(old, bool) != isinstance(new, bool)
    }


def _raw(row: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(row, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError, RecursionError):
        return orjson.dumps({"unreadable": ascii(row)}).decode()


def _name(key: str) -> str:
    values = decode_key(key)
    return repr(values[0]) if len(values) == 1 else repr(values)


def _conflict(key: str, first: str, second: str) -> str:
    differ = changed_fields(orjson.loads(first), orjson.loads(second))
    shown = ", ".join(f"{name} is {one!r} and {two!r}" for name, (one, two) in list(differ.items())[:5])
    return f"the key {_name(key)} came twice with different content: {shown}"
