"""The thread that writes the disk level: in batches, so that nobody else ever waits for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_GATHER_SECONDS = 0.05
_ROWS_PER_STATEMENT = 100
_MAX_BATCH_BYTES = 8 * 1024 * 1024
_PURGE_SECONDS = 600.0
_EVICTION_RESERVE = 0.1
_PAGE = 4096
_ROW_OVERHEAD = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be written; times are seconds of the wall clock."""

    id: int
    key: str
    stored_at: float
    keep_until: float
    body: bytes


class DiskWriter:
    """Rows that wait to be written, and the thread that does so.

    Newer rows replace older ones that still wait. A batch that fails is given up: it is a cache. The error is kept in
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
        self._waiting: dict[str, Row | int] = {}
        self._writing: dict[str, Row | int] = {}
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

    def pending(self, key: str) -> tuple[bool, bytes | None]:
        """Return whether a change of the key waits to be written, and its body (none: it will be deleted)."""
        row = self._waiting.get(key)
        if row is None:
            row = self._writing.get(key)
        if row is None:
            return self._clears_asked != self._clears_done, None
        return True, row.body if isinstance(row, Row) else None

    def put(self, row: Row) -> None:
        """Write a row soon."""
        with self._changed:
            self.waiting_bytes += len(row.body)
            self._add(row.key, row)

    def delete(self, key: str, row_id: int) -> None:
        """Delete a row soon."""
        with self._changed:
            self._add(key, row_id)

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

    def _add(self, key: str, change: Row | int) -> None:
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
            batch, self._waiting = self._waiting, {}
            self._writing = batch
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

    def _write(self, batch: dict[str, Row | int], *, clear_first: bool) -> None:
        if clear_first:
            self._connection.execute("DELETE FROM entry_1")
        deleted = [(row_id, key) for key, row_id in batch.items() if isinstance(row_id, int)]
        if deleted:
            self._in_transaction(
                lambda: self._connection.executemany("DELETE FROM entry_1 WHERE id = ? AND key = ?", deleted)
            )
        self._purge()
        rows = [row for row in batch.values() if isinstance(row, Row)]
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

    def _insert(self, rows: list[Row]) -> None:
        self._make_room(sum(map(_disk_size, rows)))
        # one statement for many rows: each statement takes and gives back the interpreter lock once
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            some = rows[start : start + _ROWS_PER_STATEMENT]
            values = [value for row in some for value in (row.id, row.key, row.stored_at, row.keep_until, row.body)]
            places = ",".join(["(?,?,?,?,?)"] * len(some))
            self._connection.execute(f"INSERT OR REPLACE INTO entry_1 VALUES {places}", values)  # noqa: S608 - question marks

    def _make_room(self, needed: int) -> None:
        surplus = self._used_bytes() + needed - self._max_bytes
        if surplus <= 0:
            return
        surplus += int(self._max_bytes * _EVICTION_RESERVE)
        oldest = self._connection.execute("SELECT id, length(body) FROM entry_1 ORDER BY stored_at")
        doomed = []
        for row_id, size in oldest:
            doomed.append((row_id,))
            surplus -= size
            if surplus <= 0:
                break
        oldest.close()
        self._connection.executemany("DELETE FROM entry_1 WHERE id = ?", doomed)

    def _used_bytes(self) -> int:
        """Return the bytes in use, whichever process wrote them."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * int(self._page_size)

    def _purge(self) -> None:
        if self._wall_clock is None or time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + _PURGE_SECONDS
        self._connection.execute("DELETE FROM entry_1 WHERE keep_until < ?", (self._wall_clock(),))


def _disk_size(row: Row) -> int:
    return len(row.body) + _ROW_OVERHEAD + (_PAGE if len(row.body) > _PAGE - _ROW_OVERHEAD else 0)


def _parts(rows: list[Row], max_bytes: int) -> Iterator[list[Row]]:
    """Cut rows into parts of so many bytes at the most, one row at the least."""
    part: list[Row] = []
    size = 0
    for row in rows:
        if part and size + _disk_size(row) > max_bytes:
            yield part
            part, size = [], 0
        part.append(row)
        size += _disk_size(row)
    if part:
        yield part
