"""From words on the command line to values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from headgate.errors import ConfigError
from headgate.pipeline.values import find_column, find_entity, read_key, read_moment, read_where
from headgate.store import EntityTable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = EntityTable(
    "schools",
    ("org_id", "code"),
    {
        "org_id": "integer",
        "code": "text",
        "private": "boolean",
        "founded": "date",
        "share": "float",
        "fee": "numeric",
        "seen": "timestamp",
        "tags": "json",
    },
)


def test_key_has_the_types_of_its_columns() -> None:
    """Each word becomes what its column holds."""
    assert read_key(TABLE, ["8", "8"]) == (8, "8")


@pytest.mark.parametrize("words", [["8"], ["8", "a", "b"]])
def test_key_needs_one_value_for_each_column(words: list[str]) -> None:
    """Too few or too many words name the columns of the key."""
    with pytest.raises(ConfigError, match="made of 2 values") as wrong:
        read_key(TABLE, words)
    assert "org_id, code" in (wrong.value.hint or "")


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("org_id=-8", -8),
        ("code=", ""),
        ("code=a=b", "a=b"),
        ("private=Yes", True),
        ("private=false", False),
        ("founded=20260301", "2026-03-01"),
        ("share=1.5", 1.5),
        ("fee=1.50", "1.50"),
        ("seen=2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ('tags=["a"]', ["a"]),
        ("share=none", None),
    ],
)
def test_condition(condition: str, value: Any) -> None:
    """A condition is a field and a value of the field's type; none is no value."""
    name = condition.partition("=")[0]
    assert read_where(TABLE, [condition]) == {name: value}


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("org_id", "field=value"),
        ("org=1", "Did you mean 'org_id'?"),
        ("org_id=x", "Write a number"),
        ("private=maybe", "true or false"),
        ("founded=soon", "2026-03-01"),
        ("tags=[", "JSON"),
    ],
)
def test_condition_that_means_nothing(condition: str, hint: str) -> None:
    """Each mistake is told with what to write instead."""
    with pytest.raises(ConfigError) as wrong:
        read_where(TABLE, [condition])
    assert hint in (wrong.value.hint or "")


def test_unknown_names_suggest_the_nearest() -> None:
    """A mistyped entity or field leads to the one that was meant."""
    assert find_entity({"schools": TABLE}, "schools") is TABLE
    with pytest.raises(ConfigError, match="no entity 'school'") as wrong:
        find_entity({"schools": TABLE}, "school")
    assert "Did you mean 'schools'?" in (wrong.value.hint or "")
    with pytest.raises(ConfigError, match="no field 'codes'"):
        find_column(TABLE, "codes")
    with pytest.raises(ConfigError) as empty:
        find_entity({}, "schools")
    assert "none yet" in (empty.value.hint or "")


@pytest.mark.parametrize(
    ("word", "moment"),
    [
        ("now", NOW),
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:30", datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        ("2026-02-01T10:30:00+02:00", datetime(2026, 2, 1, 8, 30, tzinfo=UTC)),
    ],
)
def test_moment(word: str, moment: datetime) -> None:
    """A time without a zone is UTC, and a date is its first instant."""
    assert read_moment(word, now=NOW) == moment


def test_moment_that_is_none() -> None:
    """What is no time is told with examples."""
    with pytest.raises(ConfigError, match="'yesterday-ish' is no time"):
        read_moment("yesterday-ish", now=NOW)
