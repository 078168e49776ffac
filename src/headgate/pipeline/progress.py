"""What earlier runs have read of a source, as the store knows it."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import orjson

from headgate.config.extract import ReadingConfig
from headgate.errors import ConfigError
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.progress import Progress, always, as_utc
from headgate.extract.records import Records
from headgate.store import Journal, ReadPart, Run

_LEVEL = 1  # of zlib: most of the gain for little time


class RunProgress(Progress):
    """The progress of a source, for one run.

    Args:
        journal: What interrupted runs have read, and where this one keeps what it reads.
        parts: What of it can be taken over.
        cursors: The cursors, by entity and partition.
        overlap: Seconds before the time of a cursor from which rows are read again.
        keeps: Whether what is read is kept for another run.
    """

    def __init__(
        self,
        journal: Journal,
        parts: Sequence[ReadPart],
        cursors: Mapping[tuple[str, str], Any],
        *,
        overlap: float,
        keeps: bool,
    ) -> None:
        super().__init__(cursors, overlap=overlap)
        self._journal = journal
        self._parts = {(part.entity, part.partition): part for part in parts}
        self._keeps = keeps
        self.taken: list[ReadPart] = []
        """What was taken over."""

    def is_read(self, entity: str, partition: str = "") -> bool:
        """Tell whether an interrupted run has read a partition to its end."""
        return (entity, partition) in self._parts

    async def forget(self, entity: str, partition: str = "") -> None:
        """Do not take a partition over."""
        if self._parts.pop((entity, partition), None) is not None:
            await self._journal.forget(entity, partition)

    async def resumable(
        self,
        entity: str,
        partition: str,
        read: AsyncIterator[Records],
        *,
        keep_if: Callable[[], bool] = always,
    ) -> AsyncIterator[Records]:
        """Yield the batches of one partition, from the journal or from the upstream."""
        part = self._parts.get((entity, partition))
        if part is not None:
            self.taken.append(part)
            async for content in self._journal.batches(entity, partition):
                yield _unpacked(entity, partition, content)
            return
        if not self._keeps:
            async for batch in super().resumable(entity, partition, read):
                yield batch
            return
        await self._journal.begin(entity, partition)
        number = 0
        exact = True
        async for batch in super().resumable(entity, partition, read):
            yield batch
            # here the batch is staged: the pipeline asks for the next one
            packed = _packed(batch) if exact else None
            if packed is None:
                exact = False
                continue
            await self._journal.add(entity, partition, number, rows=len(batch.rows), content=packed)
            number += 1
        if exact and keep_if():
            await self._journal.finish(entity, partition)

    def proves(self, batch: Records) -> bool:
        """Tell whether a batch that says so proves that its partition was listed to its end.

        A row may have moved to a partition that an earlier run has read already, and so be in none of them. So of an
        entity whose partitions were read by several runs, only those of the earliest one count.
        """
        earliest = min((part.run_seq for part in self._parts.values() if part.entity == batch.entity), default=None)
        if earliest is None:
            return True
        part = self._parts.get((batch.entity, batch.partition))
        return part is not None and part.run_seq == earliest


async def open_progress(
    run: Run, extractor: ExtractorPlugin, config: ReadingConfig, *, now: datetime, fresh: bool, full: bool
) -> RunProgress:
    """Return what is known of a source, for a run that has just begun.

    Args:
        run: The run.
        extractor: The source.
        config: How it is read.
        now: The time, in UTC.
        fresh: Take nothing over from an interrupted run.
        full: Let no cursor count.
    """
    kind = type(extractor)
    origin = f"{kind.__module__}.{kind.__qualname__} {getattr(extractor, 'base_url', '')} {version('headgate')}"
    journal = run.journal(origin)
    age = config.resume_max_age
    parts = await journal.open(now - timedelta(seconds=age) if age and not fresh else None)
    cursors = {} if full else await run.cursors()
    return RunProgress(journal, parts, cursors, overlap=config.cursor_overlap, keeps=age > 0)


async def move_cursor(run: Run, batch: Records) -> None:
    """Note how far a partition was read with a batch; it becomes true with the commit.

    Raises:
        ConfigError: JSON cannot hold the cursor.
    """
    value = _as_cursor(batch.cursor)
    try:
        orjson.dumps(value)
    except TypeError:
        raise ConfigError(
            f"The cursor of '{batch.entity}' {batch.partition!r} is of the type {type(value).__name__}.",
            hint="Let the source give a time, or what JSON can hold.",
        ) from None
    await run.move_cursor(batch.entity, value, partition=batch.partition)


def _as_cursor(value: Any) -> Any:
    """Return a cursor as JSON can hold it."""
    return as_utc(value).isoformat() if isinstance(value, datetime) else value


def _packed(batch: Records) -> bytes | None:
    """Return a batch in a form that survives the process; none if JSON does not hold exactly what it says."""
    values = [list(batch.rows), batch.complete, _as_cursor(batch.cursor)]
    try:
        text = orjson.dumps(values)
        same = orjson.loads(text) == values
    except (TypeError, ValueError, RecursionError):
        return None
    return zlib.compress(text, _LEVEL) if same else None


def _unpacked(entity: str, partition: str, content: bytes) -> Records:
    rows, complete, cursor = orjson.loads(zlib.decompress(content))
    return Records(entity, rows, partition, complete=complete, cursor=cursor)
