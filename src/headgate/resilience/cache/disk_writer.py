"""The thread that writes the disk level: in batches, so that nobody else ever waits for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from headgate.resilience.cache.codec import Record, encode
from headgate.resilience.cache.disk_file import PURGE_SECONDS, row_id

_GATHER_SECONDS = 0.05
_ROWS_PER_STATEMENT = 100
_MAX_BATCH_BYTES = 8 * 1024 * 1024
_EVICTION_RESERVE = 0.1
_PAGE = 4096
_ROW_OVERHEAD = 200


class _Row(NamedTuple):
    id: int
    key: str
    keep_until: float
    body: bytes

    def disk_size(self) -> int:
        """Return the bytes the row takes in the file, about; long bodies fill pages of their own."""
        size = len(self.body)
        return size + _ROW_OVERHEAD + (_PAGE if size > _PAGE - _ROW_OVERHEAD else 0)


class DiskWriter:
    """Records that wait to be written, and the thread that does so.

    Newer ones replace older ones that still wait. A batch that fails is given up: it is a cache. The error is kept in
    ``failure``, and nothing is written any more.

    Args:
        connection: Belongs to the writer from now on; ``close`` closes it.
        max_bytes: Bytes of the file that may be in use; the oldest rows go first.
        wall_clock: Tells which rows have had their time; none: they stay as long as there is room.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, max_bytes: int, wall_clock: Callable[[], float] | None
    ) -> None:
        self._connection = connection
        self._max_bytes = max_bytes
        self._wall_clock = wall_clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Record | None] = {}
        self._writing: dict[str, Record | None] = {}
        self._clears_asked = 0
        self._clears_done = 0
        self._hurry = False
        self._closing = False
        self._next_purge = 0.0
        self.waiting_bytes = 0
        self.failure: Exception | None = None
        (self._page_size,) = connection.execute("PRAGMA page_size").fetchone()
        self._thread = threading.Thread(target=self._run, name="headgate-cache-writer", daemon=True)
        self._thread.start()

    def pending(self, key: str) -> tuple[bool, Record | None]:
        """Return whether a change of the key waits to be written, and its record (none: it will be deleted)."""
        # no lock: the thread lists a batch as being written before it takes it off what waits
        waiting = self._waiting
        if key in waiting:
            return True, waiting[key]
        writing = self._writing
        if key in writing:
            return True, writing[key]
        return self._clears_asked != self._clears_done, None

    def put(self, key: str, record: Record) -> None:
        """Write a record soon."""
        with self._changed:
            self.waiting_bytes += len(record.body)
            self._add(key, record)

    def delete(self, key: str) -> None:
        """Delete a record soon."""
        with self._changed:
            self._add(key, None)

    def clear(self) -> None:
        """Delete all rows soon, and forget those that wait."""
        with self._changed:
            self._waiting = {}
            self._writing = {}
            self.waiting_bytes = 0
            self._clears_asked += 1
            self._changed.notify_all()

    def flush(self) -> None:
        """Block until all that waits is written, or the writer failed."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.failure or not (self._has_work() or self._writing))

    def close(self) -> None:
        """Block until all that waits is written, then stop and close the connection."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:  # the collector may run this in any thread
            self._thread.join()

    def _add(self, key: str, change: Record | None) -> None:
        if not self._waiting:
            self._changed.notify_all()  # later ones need not wake the thread: it gathers
        self._waiting[key] = change

    def _has_work(self) -> bool:
        return bool(self._waiting) or self._clears_asked != self._clears_done

    def _run(self) -> None:
        try:
            while self._write_next():
                pass
        except (sqlite3.Error, OSError) as error:
            with self._changed:
                self.failure = error
                self._changed.notify_all()
        finally:
            self._connection.close()

    def _write_next(self) -> bool:
        """Wait for changes and write them; tell whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_work() or self._closing)
            self._changed.wait_for(lambda: self._hurry or self._closing, timeout=_GATHER_SECONDS)
            if not self._has_work():
                return not self._closing
            self._writing = batch = self._waiting
            self._waiting = {}
            self.waiting_bytes = 0
            clears = self._clears_asked
            clear_first = clears != self._clears_done
        self._write(batch, clear_first=clear_first)
        with self._changed:
            self._writing = {}
            self._clears_done = clears
            self._hurry = False
            self._changed.notify_all()
        return True

    def _write(self, batch: dict[str, Record | None], *, clear_first: bool) -> None:
        if clear_first:
            self._connection.execute("DELETE FROM entry_2")
        deleted = [(row_id(key), key) for key, record in batch.items() if record is None]
        if deleted:
            self._in_transaction(
                lambda: self._connection.executemany("DELETE FROM entry_2 WHERE id = ? AND key = ?", deleted)
            )
        self._purge()
        rows = (
            _Row(row_id(key), key, record.keep_until, encode(record))
            for key, record in batch.items()
            if record is not None
        )
        for part in _parts(rows, min(_MAX_BATCH_BYTES, self._max_bytes // 4)):
            self._in_transaction(lambda part=part: self._insert(part))  # type: ignore[misc]

    def _in_transaction(self, work: Callable[[], object]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            work()
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _insert(self, rows: list[_Row]) -> None:
        self._make_room(sum(row.disk_size() for row in rows))
        (turn,) = self._connection.execute(
            "UPDATE turn_2 SET last = last + ? RETURNING last - ?", (len(rows), len(rows))
        ).fetchall()[0]
        # one statement for many rows: each statement takes and gives back the interpreter lock once
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            some = rows[start : start + _ROWS_PER_STATEMENT]
            values: list[Any] = []
            for row in some:
                turn += 1
                values += (turn, row.id, row.key, row.keep_until, row.body)
            places = ",".join(["(?,?,?,?,?)"] * len(some))
            self._connection.execute(f"INSERT OR REPLACE INTO entry_2 VALUES {places}", values)  # noqa: S608 - question marks

    def _make_room(self, needed: int) -> None:
        surplus = self._used_bytes() + needed - self._max_bytes
        if surplus <= 0:
            return
        surplus += int(self._max_bytes * _EVICTION_RESERVE)
        oldest = self._connection.execute("SELECT turn, length(body) FROM entry_2 ORDER BY turn")
        doomed = []
        for number, size in oldest:
            doomed.append((number,))
            surplus -= size
            if surplus <= 0:
                break
        oldest.close()
        self._connection.executemany("DELETE FROM entry_2 WHERE turn = ?", doomed)

    def _used_bytes(self) -> int:
        """Return the bytes in use, whichever process wrote them."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * int(self._page_size)

    def _purge(self) -> None:
        if self._wall_clock is None or time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + PURGE_SECONDS
        self._connection.execute(
            f"DELETE FROM entry_2 WHERE CAST(keep_until / {PURGE_SECONDS} AS INTEGER) < ?",  # noqa: S608 - a constant
            (int(self._wall_clock() / PURGE_SECONDS),),
        )


def _parts(rows: Iterable[_Row], max_bytes: int) -> Iterator[list[_Row]]:
    """Cut rows into parts of so many bytes at the most, one row at the least."""
    part: list[_Row] = []
    size = 0
    for row in rows:
        needed = row.disk_size()
        if part and size + needed > max_bytes:
            yield part
            part, size = [], 0
        part.append(row)
        size += needed
    if part:
        yield part
