"""Change detection on plain rows, without a database."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from headgate.errors import ConfigError, UnexpectedShapeError
from headgate.store.comparing import Comparison, Equality

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UpdatedRow:
    """A row that changed.

    Args:
        key: The values of its key.
        before: The row as it was known.
        after: The row as it came.
        fields: The old and the new value of each field that changed.
    """

    key: tuple[Any, ...]
    before: Row
    after: Row
    fields: Mapping[str, tuple[Any, Any]]


class Changes(TypedDict):
    """What :meth:`ChangeDetector.detect_changes` returns."""

    new: list[Row]
    updated: list[UpdatedRow]
    deleted: list[Row]


class ChangeDetector:
    """Finds what is new, updated and deleted between the rows that are known and those that come.

    Args:
        known: The rows that are known.
        key: The fields that identify a row.
        ignore_fields: Fields that never make a row changed.
        tolerance: By field, the absolute difference up to which two numbers count as equal.
        equality: By field, a function that tells whether two values count as equal.

    Raises:
        ConfigError: The key is empty.
        UnexpectedShapeError: Known rows lack a key or share one.
    """

    def __init__(
        self,
        known: Iterable[Row] = (),
        *,
        key: str | Sequence[str],
        ignore_fields: Collection[str] = (),
        tolerance: Mapping[str, float] | None = None,
        equality: Mapping[str, Equality] | None = None,
    ) -> None:
        self._key = (key,) if isinstance(key, str) else tuple(key)
        if not self._key:
            message = "A change detector needs a key."
            raise ConfigError(message, hint="Name the fields that identify a row.")
        self._comparison = Comparison(frozenset(ignore_fields), tolerance or {}, equality or {})
        self._known: dict[tuple[Any, ...], Row] = {}
        for row in known:
            self._admit(self._known, row)

    def detect_changes(self, new_data: Iterable[Row]) -> Changes:
        """Compare a whole listing with what is known; known rows that it lacks count as deleted.

        Raises:
            UnexpectedShapeError: A row lacks its key, or two rows with one key differ.
        """
        changes = Changes(new=[], updated=[], deleted=[])
        seen: dict[tuple[Any, ...], Row] = {}
        for row in new_data:
            self._sort(row, seen, changes)
        changes["deleted"] = [row for key, row in self._known.items() if key not in seen]
        return changes

    async def stream(self, new_data: AsyncIterable[Row]) -> AsyncIterator[tuple[str, Row | UpdatedRow]]:
        """Yield ``("new", row)`` and ``("updated", row)`` as rows come, and ``("deleted", row)`` after the last.

        Raises:
            UnexpectedShapeError: A row lacks its key, or two rows with one key differ.
        """
        seen: dict[tuple[Any, ...], Row] = {}
        async for row in new_data:
            changes = Changes(new=[], updated=[], deleted=[])
            self._sort(row, seen, changes)
            for new in changes["new"]:
                yield "new", new
            for updated in changes["updated"]:
                yield "updated", updated
        for key, row in self._known.items():
            if key not in seen:
                yield "deleted", row

    def _sort(self, row: Row, seen: dict[tuple[Any, ...], Row], changes: Changes) -> None:
        key = self._admit(seen, row)
        if key is None:
            return
        before = self._known.get(key)
        if before is None:
            changes["new"].append(row)
            return
        changed = self._comparison.changed(before, row)
        if changed:
            changes["updated"].append(
                UpdatedRow(key, before, row, {name: (old, new) for name, (old, new) in changed.items()})
            )

    def _admit(self, rows: dict[tuple[Any, ...], Row], row: Row) -> tuple[Any, ...] | None:
        """Add a row under its key and return the key; none if an equal row is there already."""
        try:
            key = tuple(row[name] for name in self._key)
            there = rows.get(key)
        except (KeyError, TypeError) as error:
            message = f"A row has no usable key {list(self._key)}: {error!r}."
            raise UnexpectedShapeError(
                message, hint="Every row needs a scalar value in each field of its key."
            ) from None
        if there is None:
            rows[key] = row
            return key
        differ = self._comparison.changed(there, row)
        if differ:
            message = f"Two rows with the key {key} differ in {', '.join(differ)}."
            raise UnexpectedShapeError(message, hint="Name more fields in the key, or find out which row is right.")
        return None
