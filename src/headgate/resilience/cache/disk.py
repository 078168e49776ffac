"""The disk level: a SQLite file that several processes can share."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import weakref
from pathlib import Path

from headgate.clock import Clock
from headgate.health import ComponentHealth, HealthStatus
from headgate.logging import get_logger
from headgate.resilience.cache.codec import CorruptEntryError, Record, decode
from headgate.resilience.cache.disk_file import connect_reader, connect_writer, is_corruption, move_aside, row_id
from headgate.resilience.cache.disk_writer import DiskWriter
from headgate.resilience.cache.known_rows import KnownRows

_READ_AT_ONCE_BYTES = 256 * 1024
_MAX_WAITING_BYTES = 32 * 1024 * 1024

_SELECT = "SELECT key, CASE WHEN length(body) <= ? THEN body END FROM entry_2 WHERE id = ?"

_log = get_logger(__name__)


class DiskLevel:
    """Records in a file (SQLite, write-ahead log).

    Reads are point reads of a few microseconds, done at once; large bodies are read in a thread. Writes wait in
    memory, where reads find them, and a thread writes them in batches. ``close`` writes what waits, and so does the
    end of the process. A broken file is moved aside and reported.

    Args:
        path: The file; its folder is made if it is missing.
        max_bytes: Bytes of the file that may be in use; the oldest records go first.
        clock: Its wall clock tells which records have had their time.
        purge: Delete records that have had their time; false for recordings.
    """

    name = "disk"

    def __init__(self, path: Path, *, max_bytes: int, clock: Clock, purge: bool = True) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._wall_clock = clock.time if purge else None
        self._switching = threading.Lock()
        self._files: _OpenFile | None = None
        self._broken = False
        self.moved_aside: Path | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    async def open(self) -> None:
        """Open the file, or open it again after a failure.

        Raises:
            sqlite3.Error, OSError: The place cannot be read or written.
            ConfigError: The file is a database of something else.
        """
        await asyncio.to_thread(self._open)

    def lacks(self, key: str) -> bool:
        """Tell whether a key is certainly not in the file, nor waits to be written."""
        file = self._healthy()
        waits, record = file.writer.pending(key)
        return record is None if waits else not self._may_have(file, row_id(key))

    def put_at_once(self, key: str, record: Record) -> bool:
        """Keep a record, to be written a moment later, unless too much waits already."""
        file = self._healthy()
        if len(record.body) > self._max_bytes // 2:
            file.writer.delete(key)  # it would push out all others
        elif file.writer.waiting_bytes and file.writer.waiting_bytes + len(record.body) > _MAX_WAITING_BYTES:
            return False
        else:
            file.known.add(row_id(key))
            file.writer.put(key, record)
        return True

    async def get(self, key: str) -> Record | None:
        """Return the record of a key.

        Raises:
            CorruptEntryError: The row is damaged; it is deleted.
        """
        file = self._healthy()
        waits, record = file.writer.pending(key)
        if waits:
            return record
        blob = await self._read(file, key)
        if blob is None:
            return None
        try:
            return decode(blob)
        except CorruptEntryError:
            file.writer.delete(key)
            raise

    async def put(self, key: str, record: Record) -> None:
        """Keep a record, to be written a moment later; wait for the disk first if too much waits already."""
        while not self.put_at_once(key, record):
            await asyncio.to_thread(self._healthy().writer.flush)

    async def delete(self, *keys: str) -> int:
        """Forget keys; tell how many were there."""
        file = self._healthy()
        count = 0
        for key in keys:
            waits, record = file.writer.pending(key)
            there = record is not None if waits else self._select(file, key) is not None
            file.writer.delete(key)
            count += there
        return count

    async def clear(self) -> None:
        """Forget everything, in all processes that share the file."""
        file = self._healthy()
        file.writer.clear()
        await asyncio.to_thread(file.writer.flush)

    async def health(self) -> ComponentHealth:
        """Report the file, its size and whether a broken one was moved aside."""
        self._healthy()
        size = await asyncio.to_thread(lambda: self._path.stat().st_size)
        details: dict[str, object] = {"path": str(self._path), "file_bytes": size}
        if self.moved_aside is None:
            return ComponentHealth(HealthStatus.HEALTHY, details=details)
        details["moved_aside"] = str(self.moved_aside)
        return ComponentHealth(HealthStatus.HEALTHY, "A broken cache file was moved aside.", details)

    async def close(self) -> None:
        """Write what waits and close the file."""
        await asyncio.to_thread(self._close)

    def _open(self) -> None:
        with self._switching:
            self._let_go()
            try:
                if self._broken:
                    self._move_aside()
                self._files = self._connect()
            except sqlite3.DatabaseError as error:
                if not is_corruption(error):
                    raise
                self._move_aside()
                self._files = self._connect()

    def _connect(self) -> _OpenFile:
        connection = connect_writer(self._path)
        try:
            reader = connect_reader(self._path)
            known = KnownRows(reader.cursor())
        except BaseException:
            connection.close()
            raise
        writer = DiskWriter(connection, max_bytes=self._max_bytes, wall_clock=self._wall_clock)
        return _OpenFile(reader, known, writer)

    def _move_aside(self) -> None:
        self.moved_aside = move_aside(self._path)
        self._broken = False
        _log.warning("cache_file_broken", path=str(self._path), moved_to=str(self.moved_aside))

    def _close(self) -> None:
        with self._switching:
            self._let_go()

    def _let_go(self) -> None:
        files, self._files = self._files, None
        if files is not None:
            files.close()

    def _healthy(self) -> _OpenFile:
        """Return the open file, or raise what the writer met."""
        file = self._files
        if file is None:
            msg = "the cache file is not open"
            raise OSError(msg)
        failure = file.writer.failure
        if failure is not None:
            self._broken = self._broken or is_corruption(failure)
            raise failure
        return file

    async def _read(self, file: _OpenFile, key: str) -> bytes | None:
        row = self._select(file, key)
        if row is None:
            return None
        blob: bytes | None = row[1]
        return blob if blob is not None else await asyncio.to_thread(self._read_large, key)

    def _select(self, file: _OpenFile, key: str) -> tuple[str, bytes | None] | None:
        number = row_id(key)
        if not self._may_have(file, number):
            return None
        try:
            # fetchall ends the read at once, so that it holds up no checkpoint
            rows = file.cursor.execute(_SELECT, (_READ_AT_ONCE_BYTES, number)).fetchall()
        except sqlite3.DatabaseError as error:
            self._broken = self._broken or is_corruption(error)
            raise
        return rows[0] if rows and rows[0][0] == key else None

    def _may_have(self, file: _OpenFile, number: int) -> bool:
        try:
            return file.known.may_have(number)
        except sqlite3.DatabaseError as error:
            self._broken = self._broken or is_corruption(error)
            raise

    def _read_large(self, key: str) -> bytes | None:
        connection = connect_reader(self._path)
        try:
            row = connection.execute("SELECT body FROM entry_2 WHERE id = ? AND key = ?", (row_id(key), key)).fetchone()
        finally:
            connection.close()
        return None if row is None else row[0]


class _OpenFile:
    """The two connections to an open file; closed at the end of the process at the latest."""

    def __init__(self, reader: sqlite3.Connection, known: KnownRows, writer: DiskWriter) -> None:
        self.cursor = reader.cursor()
        self.known = known
        self.writer = writer
        # the process may end without close(): what waits is written all the same
        self.close = weakref.finalize(self, _close_both, reader, writer)


def _close_both(reader: sqlite3.Connection, writer: DiskWriter) -> None:
    reader.close()
    writer.close()
