"""Batches of rows encoded in one go."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.store import EntityTable, RowCodec
from headgate.store.codec import UnfitRowError
from headgate.store.encoding import BatchEncoder

COLUMNS = {"a": "text", "b": "integer", "f": "float", "n": "numeric", "d": "date", "t": "timestamp", "x": "boolean"}
FLAT = EntityTable("flat", ("b", "a"), COLUMNS)
NESTED = EntityTable("nested", ("a",), COLUMNS | {"j": "json"})
ROW: dict[str, Any] = {"a": "x", "b": 1, "f": 0.5, "n": "1", "d": "2024-01-31", "t": "2024-01-31", "x": True, "j": None}

_TEXT = st.text(st.sampled_from('ab{}[],:"\\é\t0u'), max_size=12) | st.text(max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abj") | _TEXT, inner, max_size=3),
    max_leaves=8,
)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": _TEXT,
            "b": st.integers(-(2**63) - 1, 2**63) | st.integers(0, 9),
            "n": st.sampled_from(["1.0", "x", 1, 1.5, Decimal("2.50"), None]),
            "d": st.sampled_from(["2024-01-31", "2024-02-31", date(2024, 1, 31), None]),
            "t": st.sampled_from(["2024-01-31T00:00:00Z", "now", datetime(2024, 1, 31), None]),  # noqa: DTZ001
            "j": _JSON,
        },
        optional={"f": st.floats() | st.integers() | st.none(), "x": st.booleans() | st.none(), "other": _TEXT},
    ),
    max_size=6,
)


@pytest.mark.parametrize("table", [FLAT, NESTED, EntityTable("single", ("a",), {"a": "text"})])
@pytest.mark.parametrize("ignore", [(), ("f",)])
@given(rows=_ROWS)
def test_a_batch_becomes_what_its_rows_become(table: EntityTable, ignore: tuple[str, ...], rows: list[Any]) -> None:
    """A batch is encoded as its rows are one by one, or not at all; one with an unfit row never is."""
    codec = RowCodec(table, ignore=ignore)
    batch = BatchEncoder(codec).encode(rows)
    try:
        expected = [codec.encode(row) for row in rows]
    except UnfitRowError:
        assert batch is None
    else:
        assert batch is None or batch == expected


def test_ordinary_rows_are_encoded_in_one_go() -> None:
    """Texts that look like the border between rows or keys do no harm, nor do nulls and fields that are missing."""
    rows = [
        ROW | {"b": 1, "a": '},{"a":"'},
        ROW | {"b": 2, "a": "é\t\n", "f": None},
        {"b": 3, "a": ""},
        ROW | {"n": Decimal("1.10"), "d": date(2024, 1, 31)},
    ]
    for table in (FLAT, NESTED):
        codec = RowCodec(table)
        assert BatchEncoder(codec).encode(rows) == [codec.encode(row) for row in rows]


def test_rows_of_exactly_the_declared_fields_are_serialised_as_they_are() -> None:
    """The order of the fields does not matter, and a foreign field in the place of a declared one is not taken."""
    table = EntityTable("things", ("b",), {"b": "integer", "a": "text", "c": "json"})
    for ignore in ((), ("a",)):
        codec = RowCodec(table, ignore=ignore)
        for rows in (
            [{"c": {"z": 1, "y": [2]}, "b": 1, "a": "one"}, {"b": 2, "a": None, "c": None}],
            [{"b": 1, "a": "one", "c": 1}, {"b": 2, "a": "two", "other": 1}],
            [{"b": 1, "a": "one", "c": 1, "other": 1}],
        ):
            assert BatchEncoder(codec).encode(rows) == [codec.encode(row) for row in rows]


@pytest.mark.parametrize(
    "odd",
    [
        {"a": "],["},
        {"a": None},
        {"a": "\0"},
        {"a": "\udc00"},
        {"b": True},
        {"b": 2**63},
        {"f": math.nan},
        {"f": math.inf},
        {"n": "NaN"},
        {"j": [{"a": 1}, {"a": 2}]},
        {"j": {1}},
    ],
)
def test_an_odd_row_makes_its_batch_go_row_by_row(odd: dict[str, Any]) -> None:
    """What may be unfit, or cannot be told apart in the text of a batch, is left to the codec."""
    assert BatchEncoder(RowCodec(NESTED)).encode([ROW, ROW | odd]) is None
