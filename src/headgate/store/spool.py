"""Rows set aside in temporary files, by bucket of their key: how more keys than fit in memory are compared.

This is the partition step of a Grace hash join. What comes is written to one of 64 files by the hash of its key; at the
end each file is compared with the same share of what is stored, so that only a 64th of the keys is in memory at a time.
"""

from __future__ import annotations

import marshal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from headgate.store.codec import BUCKETS, Encoded, bucket_of

PARTS = 64
_WIDTH = BUCKETS // PARTS
_BUFFER = 256 * 1024


class Spool:
    """Temporary files with rows, what was seen of keys before, and keys of broken rows. Gone when it is closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="headgate-")
        self._rows = [self._open(f"rows-{part}") for part in range(PARTS)]
        self._seen = [self._open(f"seen-{part}") for part in range(PARTS)]

    def __enter__(self) -> Self:
        """Return the spool."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the files."""
        self.close()

    def add_rows(self, rows: Iterable[Encoded], suffix: bytes) -> None:
        """Set rows of one partition aside."""
        by_part: dict[int, list[tuple[str, bytes, str]]] = defaultdict(list)
        for row in rows:
            by_part[bucket_of(row.key) // _WIDTH].append((row.key, row.hash, row.document))
        for part, found in by_part.items():
            marshal.dump((suffix, found), self._rows[part])

    def add_seen(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Set aside what the run has seen of keys: entries of a :class:`KeyIndex`."""
        by_part: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for key, entry in entries:
            by_part[bucket_of(key) // _WIDTH].append((key, entry))
        for part, found in by_part.items():
            marshal.dump(found, self._seen[part])

    def seen(self, part: int) -> Iterator[Sequence[tuple[str, bytes]]]:
        """Yield what was seen of the keys of one part, oldest first."""
        yield from _read(self._seen[part])

    def rows(self, part: int) -> Iterator[tuple[bytes, list[Encoded]]]:
        """Yield the rows of one part in the order they came, with the suffix of their partition."""
        for suffix, rows in _read(self._rows[part]):
            yield suffix, list(map(Encoded._make, rows))

    def close(self) -> None:
        """Delete the files."""
        for file in (*self._rows, *self._seen):
            file.close()
        self._folder.cleanup()

    def _open(self, name: str) -> BinaryIO:
        return (Path(self._folder.name) / name).open("w+b", buffering=_BUFFER)


def buckets_of(part: int) -> tuple[int, int]:
    """Return the first bucket of a part and the first of the next."""
    return part * _WIDTH, (part + 1) * _WIDTH


def _read(file: BinaryIO) -> Iterator[Any]:
    file.seek(0)
    while True:
        try:
            # the files are our own and lie in a folder that nobody else may enter
            yield marshal.load(file)  # noqa: S302
        except EOFError:
            return
