"""Change detection on lists and streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError, UnexpectedShapeError
from headgate.store import ChangeDetector

ROWS = st.dictionaries(st.integers(0, 9), st.sampled_from("abc"), max_size=8).map(
    lambda rows: [{"id": key, "name": name} for key, name in rows.items()]
)


def test_new_updated_deleted() -> None:
    """Each row goes where it belongs; an update says which fields changed, from what, to what."""
    detector = ChangeDetector([{"id": 1, "a": 1, "b": 2}, {"id": 2, "a": 1}, {"id": 3, "a": 1}], key="id")
    changes = detector.detect_changes([{"id": 4, "a": 1}, {"id": 1, "a": 1, "b": 5}, {"id": 2, "a": 1}])
    assert changes["new"] == [{"id": 4, "a": 1}]
    [updated] = changes["updated"]
    assert (updated.key, updated.fields) == ((1,), {"b": (2, 5)})
    assert changes["deleted"] == [{"id": 3, "a": 1}]


@pytest.mark.parametrize(
    ("options", "old", "new", "changed"),
    [
        ({}, 1, 1.0, False),
        ({}, 1, True, True),
        ({}, None, 0, True),
        ({}, "a", "A", True),
        ({"ignore_fields": ["x"]}, "a", "b", False),
        ({"tolerance": {"x": 0.1}}, 1.0, 1.05, False),
        ({"tolerance": {"x": 0.1}}, 1.0, 1.2, True),
        ({"tolerance": {"x": 0.1}}, None, 0.05, True),
        ({"tolerance": {"x": 1}}, True, 1, True),
        ({"equality": {"x": lambda one, two: one.lower() == two.lower()}}, "a", "A", False),
    ],
)
def test_when_values_count_as_equal(options: dict[str, Any], old: object, new: object, *, changed: bool) -> None:
    """Fields can be ignored, compared with a tolerance, or by a function."""
    detector = ChangeDetector([{"id": 1, "x": old}], key="id", **options)
    assert bool(detector.detect_changes([{"id": 1, "x": new}])["updated"]) is changed


def test_composite_key() -> None:
    """A key may be made of several fields."""
    detector = ChangeDetector([{"a": 1, "b": 1}], key=("a", "b"))
    changes = detector.detect_changes([{"a": 1, "b": 2}])
    assert (len(changes["new"]), len(changes["deleted"])) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "x"}], "no usable key"),
        ([{"id": [1]}], "no usable key"),
        ([{"id": 1, "name": "x"}, {"id": 1, "name": "y"}], "differ in name"),
    ],
)
def test_rows_that_cannot_be_compared(rows: list[dict[str, Any]], message: str) -> None:
    """Rows without a key and contradictions are told, not guessed away."""
    with pytest.raises(UnexpectedShapeError, match=message):
        ChangeDetector(key="id").detect_changes(rows)
    with pytest.raises(ConfigError):
        ChangeDetector(key=())


@given(ROWS, ROWS)
async def test_stream_says_what_the_list_says(known: list[dict[str, Any]], coming: list[dict[str, Any]]) -> None:
    """Rows that come one by one, some of them twice, make the same changes as the whole list."""

    async def stream() -> AsyncIterator[dict[str, Any]]:
        for row in [*coming, *coming[:2]]:
            yield row

    detector = ChangeDetector(known, key="id")
    whole = detector.detect_changes(coming)
    streamed: dict[str, list[Any]] = {"new": [], "updated": [], "deleted": []}
    async for kind, row in detector.stream(stream()):
        streamed[kind].append(row)
    assert streamed == whole
    assert not any(ChangeDetector(coming, key="id").detect_changes(coming).values())
    assert len(known) + len(whole["new"]) - len(whole["deleted"]) == len(coming)
