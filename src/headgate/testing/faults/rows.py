"""Faults in the rows of a JSON answer: pure functions from rows to rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from headgate.testing.faults.spec import Fault, FaultKind

Rows = list[Any]

_SHARE_OF_CHANGED_ROWS = 10
"""One row in this many is duplicated or gets a wrong type; at least one."""


def _some(rows: Rows, rng: random.Random) -> set[int]:
    """Draw the rows that a fault strikes."""
    return set(rng.sample(range(len(rows)), max(1, len(rows) // _SHARE_OF_CHANGED_ROWS)))


def drop_a_third(rows: Rows, _fault: Fault, rng: random.Random) -> Rows:
    """Leave out a third of the rows, at least one."""
    dropped = set(rng.sample(range(len(rows)), max(1, len(rows) // 3)))
    return [row for index, row in enumerate(rows) if index not in dropped]


def duplicate(rows: Rows, _fault: Fault, rng: random.Random) -> Rows:
    """Repeat some rows right after themselves."""
    repeated = _some(rows, rng)
    return [copy for index, row in enumerate(rows) for copy in ([row, row] if index in repeated else [row])]


def wrong_type(rows: Rows, fault: Fault, rng: random.Random) -> Rows:
    """Give a value of some rows a type it never has."""
    struck = _some(rows, rng)
    return [_with_wrong_type(row, fault.field, rng) if index in struck else row for index, row in enumerate(rows)]


def _with_wrong_type(row: Any, field: str | None, rng: random.Random) -> Any:
    if not isinstance(row, dict) or not row:
        return row
    name = field or rng.choice([name for name, value in row.items() if value is not None] or list(row))
    value = row.get(name)
    return {**row, name: {"unexpected": value} if isinstance(value, str) else f"not {value}"}


def new_field(rows: Rows, _fault: Fault, _rng: random.Random) -> Rows:
    """Add a field that nobody knows."""
    return [{**row, "fieldOfTomorrow": "new"} if isinstance(row, dict) else row for row in rows]


def renamed_field(rows: Rows, fault: Fault, _rng: random.Random) -> Rows:
    """Give a field another name, in its place."""
    return [_renamed(row, fault.field) if isinstance(row, dict) and row else row for row in rows]


def _renamed(row: dict[str, Any], field: str | None) -> dict[str, Any]:
    old = field or list(row)[min(1, len(row) - 1)]
    return {(f"{name}Renamed" if name == old else name): value for name, value in row.items()}


ROW_FAULTS: dict[FaultKind, Callable[[Rows, Fault, random.Random], Rows]] = {
    FaultKind.PARTIAL: drop_a_third,
    FaultKind.DUPLICATE: duplicate,
    FaultKind.WRONG_TYPE: wrong_type,
    FaultKind.NEW_FIELD: new_field,
    FaultKind.RENAMED_FIELD: renamed_field,
}
"""The faults that change rows, by kind. They leave an empty list alone: see :func:`change_rows`."""


def change_rows(body: Any, fault: Fault, rng: random.Random) -> Any:
    """Apply a row fault to a JSON body that is a list with rows; give any other body back as it is."""
    if not isinstance(body, list) or not body:
        return body
    return ROW_FAULTS[fault.kind](body, fault, rng)
