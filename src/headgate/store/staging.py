"""The rows of one entity on their way into a plan: encoded, compared, and only what differs written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
import sqlalchemy as sa

from headgate.store.codec import Encoded, RowCodec, UnfitRowError
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.encoding import BATCH, BatchEncoder
from headgate.store.index import REJECTED, KeyIndex, Sightings, suffix_of
from headgate.store.plan import Counts, EntityPlan, QuarantinedRow
from headgate.store.spool import PARTS, Spool, buckets_of
from headgate.store.writing import PlanWriter


class Stager:
    """Stages the rows of one entity in one run.

    As long as all keys fit in memory, rows are compared as they come. Once there are more, they are set aside in
    temporary files and compared part by part at the end.

    Args:
        context: The database and its tables.
        table: The entity.
        entity_id: Its number.
        run_seq: The run's number.
    """

    def __init__(self, context: Context, table: EntityTable, entity_id: int, run_seq: int) -> None:
        self.table = table
        self.entity_id = entity_id
        self._codec = RowCodec(table, ignore=table.compare.ignore)
        self._encoder = BatchEncoder(self._codec)
        self._context = context
        self._writer = PlanWriter(context, table, entity_id, run_seq)
        self._sightings = Sightings()
        self._index: KeyIndex | None = None
        self._spool: Spool | None = None
        self._partitions: dict[str, int] = {}
        self._complete: set[str] = set()
        self._stored_in: set[int] = set()
        self._known = self._unseen = self._deleted = 0

    async def stage(self, rows: Sequence[Mapping[str, Any]], partition: str, *, complete: bool) -> None:
        """Compare rows with what is known; rows that the columns cannot hold go to quarantine."""
        partition_id = await self._enter(partition, complete=complete)
        remaining = iter(rows)
        while chunk := list(islice(remaining, self._context.batch_size)):
            await self._take(self._encode(chunk, partition_id), partition_id)

    async def stage_encoded(self, rows: Sequence[Encoded], partition: str, *, complete: bool) -> None:
        """Compare rows that were encoded elsewhere by the same codec."""
        partition_id = await self._enter(partition, complete=complete)
        for start in range(0, len(rows), self._context.batch_size):
            await self._take(rows[start : start + self._context.batch_size], partition_id)

    async def quarantine(self, rows: Iterable[QuarantinedRow], partition: str) -> None:
        """Put rows aside that did not pass, with their reasons."""
        partition_id = await self._enter(partition, complete=False)
        for row in rows:
            named = row.raw if row.key is None else dict(zip(self.table.key, row.key, strict=False))
            self._reject(_raw(row.raw), list(row.reasons), self._codec.key_of(named), partition_id)
            if self._writer.waiting >= self._context.batch_size:
                await self._flush()

    async def finish(self) -> EntityPlan:
        """Write what waits, find what is gone, and return the entity's part of the plan."""
        await self._load()
        if self._spool is None:
            await self._finish_part()
        else:
            await self._finish_spool(self._spool)
        writer = self._writer
        tally = writer.tally
        valid = tally["new"] + tally["updated"] + tally["unchanged"]
        counts = Counts(**tally, valid=valid, deleted=self._deleted)
        counts.check(f"entity '{self.table.name}'")
        complete = {self._partitions[name] for name in self._complete}
        unread = (self._stored_in | set(self._partitions.values())) - complete
        return EntityPlan(
            name=self.table.name,
            counts=counts,
            known=self._known,
            conflicts=writer.conflicts,
            absent_kept=self._unseen - self._deleted,
            unidentified=writer.unidentified,
            complete=tuple(sorted(self._complete)),
            incomplete=await self._names(unread),
            partial=not self._stored_in <= complete,
            deletions_known=not self._known or not (unread or writer.unidentified),
            repeats=writer.repeats.told(),
        )

    def close(self) -> None:
        """Delete temporary files."""
        if self._spool is not None:
            self._spool.close()

    def _encode(self, rows: Sequence[Mapping[str, Any]], partition_id: int) -> list[Encoded]:
        encoded: list[Encoded] = []
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            encoded += self._encoder.encode(batch) or self._encode_each(batch, partition_id)
        return encoded

    def _encode_each(self, rows: Sequence[Mapping[str, Any]], partition_id: int) -> Iterator[Encoded]:
        encode = self._codec.encode
        for row in rows:
            try:
                yield encode(row)
            except UnfitRowError as unfit:
                self._reject(_raw(row), unfit.reasons, self._codec.key_of(row), partition_id)

    def _reject(self, raw: str, reasons: list[str], key: str | None, partition_id: int) -> None:
        """Count a row out. Its key, or that it has none that can be told, keeps stored rows from being deleted."""
        self._writer.tally["fetched"] += 1
        self._writer.reject(raw, reasons, key, partition_id)
        if key is not None and self._spool is not None:
            self._spool.add_seen([(key, REJECTED)])
        elif key is not None and self._index is not None:
            self._index.reject(key)

    async def _take(self, rows: Sequence[Encoded], partition_id: int) -> None:
        """Compare rows, or set them aside."""
        self._writer.tally["fetched"] += len(rows)
        suffix = suffix_of(partition_id)
        if self._spool is not None:
            self._spool.add_rows(rows, suffix)
            return
        if self._index is not None:
            self._index.compare(rows, suffix, self._sightings)
            if len(self._sightings) + self._writer.waiting >= self._context.batch_size:
                await self._flush()
            if len(self._index) > self._context.max_keys:
                await self._overflow()

    async def _enter(self, partition: str, *, complete: bool) -> int:
        await self._load()
        if partition not in self._partitions:
            async with self._context.db.get_transaction() as connection:
                self._partitions[partition] = await self._context.partition_id(connection, self.entity_id, partition)
        if complete:
            self._complete.add(partition)
        return self._partitions[partition]

    async def _load(self) -> None:
        """Read what is stored, as far as it fits in memory."""
        if self._index is None and self._spool is None:
            self._index = await self._read_state()
            if self._index is None:
                self._spool = Spool()

    async def _read_state(self, part: int | None = None) -> KeyIndex | None:
        """Return the index of all keys, or of one part; none if all of them do not fit in memory."""
        index = KeyIndex(contested=self.table.settle is not None)
        state = self._context.schema.state
        where = state.c.entity_id == self.entity_id
        limit = self._context.max_keys + 1
        if part is not None:
            begin, end = buckets_of(part)
            where &= sa.and_(state.c.bucket >= begin, state.c.bucket < end)
        async with self._context.db.get_connection() as connection:
            await self._context.backend.load_entries(
                connection, state, where, limit=limit if part is None else None, into=index.load
            )
        return None if part is None and len(index) == limit else index

    async def _overflow(self) -> None:
        """Go on with temporary files: what was seen so far goes there first."""
        await self._flush()
        if self._index is not None:
            self._spool = Spool()
            self._spool.add_seen(self._index.seen_entries())
            self._index = None

    async def _finish_spool(self, spool: Spool) -> None:
        with spool:
            for part in range(PARTS):
                self._index = await self._read_state(part)
                if self._index is None:
                    continue
                for entries in spool.seen(part):
                    self._index.restore(entries)
                for suffix, rows in spool.rows(part):
                    self._index.compare(rows, suffix, self._sightings)
                    if len(self._sightings) >= self._context.batch_size:
                        await self._flush()
                await self._finish_part()

    async def _finish_part(self) -> None:
        """Write what waits and plan the deletions among the keys in memory."""
        await self._flush()
        index = self._index
        if index is None:
            return
        complete = {suffix_of(self._partitions[name]) for name in self._complete}
        self._known += index.stored
        self._unseen += index.unseen
        self._stored_in |= {int.from_bytes(suffix, "big") for suffix in index.stored_in}
        if not self._writer.unidentified:
            self._deleted += await self._writer.delete(index.absent(complete))

    async def _names(self, partitions: Iterable[int]) -> tuple[str, ...]:
        """Return the names of partitions, sorted."""
        names = {number: name for name, number in self._partitions.items()}
        unnamed = [number for number in partitions if number not in names]
        if unnamed:
            async with self._context.db.get_connection() as connection:
                names |= await self._context.partition_names(connection, unnamed)
        return tuple(sorted(names[number] for number in partitions))

    async def _flush(self) -> None:
        seen, self._sightings = self._sightings, Sightings()
        await self._writer.write(seen, self._index)


def _raw(row: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(row, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError, RecursionError):
        return orjson.dumps({"unreadable": ascii(row)}).decode()
