"""Rows that wait for those of another entity: set aside in a temporary file, so that their number costs no memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson


class WaitingRows(NamedTuple):
    """Rows in their JSON form, as they came together.

    Attributes:
        entity: Whose they are.
        partition: Where they were listed.
        rows: The rows.
    """

    entity: str
    partition: str
    rows: list[dict[str, Any]]


class Waiting:
    """Keeps rows until they are taken, in the order in which they came."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="headgate-")  # noqa: SIM115 - closed by close()

    def add(self, entity: str, partition: str, rows: Sequence[dict[str, Any]]) -> None:
        """Set rows aside."""
        self._file.write(orjson.dumps((entity, partition, rows)) + b"\n")

    def take(self) -> Iterator[WaitingRows]:
        """Yield what was set aside; afterwards nothing is."""
        self._file.seek(0)
        for line in self._file:
            yield WaitingRows(*orjson.loads(line))
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        """Delete the file."""
        self._file.close()
