"""Rows with the same key."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality.duplicates import DuplicateKind, DuplicatePolicy, Winner, deduplicate


def row(key: Any, name: Any = "a", year: Any = None) -> dict[str, Any]:
    """Return a row."""
    return {"id": key, "name": name, "year": year}


def outcome(
    rows: list[Any], winner: str, newest_by: str | None = None
) -> tuple[list[int], dict[int, tuple[str, int | None]]]:
    """Return the positions kept, and of each other row its kind and what was kept in its place."""
    result = deduplicate(rows, DuplicatePolicy(("id",), Winner(winner), newest_by))
    gone = {found.index: (found.kind.value, found.kept) for found in (*result.dropped, *result.refused)}
    kept = [position for position in range(len(rows)) if position not in gone]
    assert [rows[position] for position in kept] == result.kept
    return kept, gone


def test_rows_with_keys_of_their_own_all_go_on() -> None:
    """Also when there are none."""
    assert outcome([row(1), row(2), row("1"), row(None)], "first") == ([0, 1, 2, 3], {})
    assert outcome([], "first") == ([], {})


@pytest.mark.parametrize("winner", list(Winner))
def test_the_same_twice_is_dropped_once_whatever_the_rule(winner: Winner) -> None:
    """Blanks at the ends of text make no difference."""
    newest_by = "year" if winner is Winner.NEWEST else None
    assert outcome([row(1), row(1, " a "), row(2)], winner, newest_by) == ([0, 2], {1: ("exact", 0)})


def test_conflicts_are_settled_by_the_rule() -> None:
    """First, last, the newest, or none."""
    rows = [row(1, "a", 2020), row(1, "b", 2022), row(1, "c", 2021), row(2)]
    assert outcome(rows, "first") == ([0, 3], {1: ("conflicting", 0), 2: ("conflicting", 0)})
    assert outcome(rows, "last") == ([2, 3], {0: ("conflicting", 2), 1: ("conflicting", 2)})
    assert outcome(rows, "newest", "year") == ([1, 3], {0: ("conflicting", 1), 2: ("conflicting", 1)})
    assert outcome(rows, "quarantine") == ([3], dict.fromkeys((0, 1, 2), ("conflicting", None)))


def test_copies_within_a_conflict_are_told_apart() -> None:
    """A copy of the winner is exact, and a conflict that none won refuses each content once."""
    rows = [row(1, "a"), row(1, "b"), row(1, "a"), row(1, "b")]
    assert outcome(rows, "last") == ([3], {0: ("conflicting", 3), 1: ("exact", 3), 2: ("conflicting", 3)})
    result = deduplicate(rows, DuplicatePolicy(("id",), Winner.QUARANTINE))
    assert [(found.index, found.kept) for found in result.dropped] == [(2, 0), (3, 1)]
    assert [found.index for found in result.refused] == [0, 1]


def test_the_newest_of_what_cannot_be_compared() -> None:
    """No value loses to any, equal ones leave the first, and values of two types settle nothing."""
    assert outcome([row(1, "a"), row(1, "b", 1)], "newest", "year")[0] == [1]
    assert outcome([row(1, "a", 1), row(1, "b", 1)], "newest", "year")[0] == [0]
    assert outcome([row(1, "a"), row(1, "b")], "newest", "year")[0] == [0]
    assert outcome([row(1, "a", 1), row(1, "b", "2020")], "newest", "year")[0] == []


def test_the_fields_that_differ_are_named() -> None:
    """Of models as of mappings, with keys of several fields."""

    class School(BaseModel):
        id: int
        year: int
        name: str

    schools = [School(id=1, year=1, name="a"), School(id=1, year=2, name="a"), School(id=1, year=2, name="b")]
    [found] = deduplicate(schools, DuplicatePolicy(("id", "year"), Winner.FIRST)).dropped
    assert (found.index, found.key, found.differing, found.kind) == (2, (1, 2), ("name",), DuplicateKind.CONFLICTING)


@pytest.mark.parametrize("key", [[1], {"a": 1}, float("nan"), 10**400, "\ud800"])
def test_any_value_can_be_a_key(key: Any) -> None:
    """Also one that has no hash."""
    assert len(deduplicate([row(key), row(key), row(1)], DuplicatePolicy(("id",), Winner.FIRST)).kept) == 2


def test_a_policy_that_cannot_settle_anything_is_refused() -> None:
    """No key, a winner that does not exist, newest by nothing."""
    for arguments in (
        ((), "first"),
        ("id", "first"),
        (("id",), "best"),
        (("id",), "newest"),
        (("id",), "last", "year"),
    ):
        with pytest.raises(ConfigError):
            DuplicatePolicy(*arguments)  # type: ignore[arg-type]
