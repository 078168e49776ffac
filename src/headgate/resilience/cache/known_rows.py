"""What is certainly not in the file: known without asking it."""

from __future__ import annotations

import sqlite3
import time

_BITS = 1 << 23
_LOOK_AGAIN_SECONDS = 0.1
# the first reads an index and not the rows, which can be a gigabyte; the second reads the few rows at the end
_ALL = "SELECT id, turn FROM entry_2 INDEXED BY entry_2_id"
_NEWER = "SELECT id, turn FROM entry_2 WHERE turn > ?"


class KnownRows:
    """A bitmap of the rows in the file: one bit for a row number, false positives, no false negatives.

    Rows that other processes write become known a tenth of a second later at the most: each write has a turn, and
    one looks for the turns since the last look. Rows that were deleted stay known until the file is opened again.

    Args:
        cursor: Reads the file.
    """

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self._bits = bytearray(_BITS // 8)
        self._last_turn = 0
        self._look_again = 0.0
        self._look()

    def add(self, row_id: int) -> None:
        """Note a row that will be written."""
        place = row_id % _BITS
        self._bits[place >> 3] |= 1 << (place & 7)

    def may_have(self, row_id: int) -> bool:
        """Tell whether a row may be in the file.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        if time.monotonic() >= self._look_again:
            self._look()
        place = row_id % _BITS
        return bool(self._bits[place >> 3] & (1 << (place & 7)))

    def _look(self) -> None:
        self._cursor.execute(*((_NEWER, (self._last_turn,)) if self._last_turn else (_ALL,)))
        for row_id, turn in self._cursor.fetchall():
            self.add(row_id)
            self._last_turn = max(self._last_turn, turn)
        self._look_again = time.monotonic() + _LOOK_AGAIN_SECONDS
