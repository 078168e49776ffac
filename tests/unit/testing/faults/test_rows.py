"""Faults in rows."""

from __future__ import annotations

import random
from typing import Any

import pytest

from headgate.testing.faults import Fault, FaultKind
from headgate.testing.faults.rows import ROW_FAULTS, change_rows

ROWS: list[dict[str, Any]] = [{"id": number, "name": f"n{number}", "note": None} for number in range(30)]


def changed(kind: FaultKind, field: str | None = None, rows: Any = ROWS, seed: int = 0) -> Any:
    """Return the rows after a fault."""
    return change_rows(rows, Fault(kind, field=field), random.Random(seed))


def test_partial() -> None:
    """A third of the rows is missing, the rest keeps its order."""
    rest = changed(FaultKind.PARTIAL)
    assert len(rest) == 20
    assert rest == [row for row in ROWS if row in rest]


def test_duplicate() -> None:
    """A tenth of the rows comes twice and none is missing."""
    rows = changed(FaultKind.DUPLICATE)
    assert len(rows) == 33
    assert [row for number, row in enumerate(rows) if row not in rows[:number]] == ROWS


def test_wrong_type() -> None:
    """A tenth of the rows has one value of another type."""
    rows = changed(FaultKind.WRONG_TYPE)
    different = [(old, new) for old, new in zip(ROWS, rows, strict=True) if old != new]
    assert len(different) == 3
    for old, new in different:
        [field] = [name for name in old if old[name] != new[name]]
        assert type(old[field]) is not type(new[field])


def test_wrong_type_of_a_field() -> None:
    """The field can be chosen."""
    rows = changed(FaultKind.WRONG_TYPE, "id")
    assert {type(row["id"]) for row in rows} == {int, str}
    assert all(type(row["name"]) is str for row in rows)


def test_new_field() -> None:
    """Every row has one more field."""
    assert all(len(row) == 4 for row in changed(FaultKind.NEW_FIELD))


def test_renamed_field() -> None:
    """A field has another name in every row: the second, or the one that was chosen."""
    assert list(changed(FaultKind.RENAMED_FIELD)[0]) == ["id", "nameRenamed", "note"]
    assert list(changed(FaultKind.RENAMED_FIELD, "id")[0]) == ["idRenamed", "name", "note"]


@pytest.mark.parametrize("kind", ROW_FAULTS)
@pytest.mark.parametrize("body", [None, 7, "text", {}, {"rows": [1]}, [], [1], [{}], [{"a": 1}]])
def test_other_bodies(kind: FaultKind, body: Any) -> None:
    """A body without rows stays as it is, and a single odd row breaks nothing."""
    result = changed(kind, rows=body)
    if not isinstance(body, list) or not body:
        assert result == body
    assert isinstance(result, list) == isinstance(body, list)


@pytest.mark.parametrize("kind", ROW_FAULTS)
def test_rows_are_not_changed_in_place(kind: FaultKind) -> None:
    """The application's own rows stay as they are."""
    before = [dict(row) for row in ROWS]
    changed(kind)
    assert before == ROWS
