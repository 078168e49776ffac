"""Rows as key, hash and document."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.store import EntityTable, RowCodec
from headgate.store.codec import UnfitRowError, bucket_of, decode_key

TABLE = EntityTable(
    "t",
    ("a", "b"),
    {"a": "text", "b": "integer", "f": "float", "n": "numeric", "d": "date", "t": "timestamp", "j": "json"},
)
ROW: dict[str, Any] = {
    "a": "x",
    "b": 1,
    "f": 0.5,
    "n": "1.0",
    "d": "2024-01-31",
    "t": "2024-01-31T00:00:00Z",
    "j": {"b": 1, "a": 2},
}


def test_order_of_fields_does_not_matter() -> None:
    """The same content in another order has the same hash, inside JSON columns too."""
    codec = RowCodec(TABLE)
    turned = dict(reversed(ROW.items())) | {"j": {"a": 2, "b": 1}}
    assert codec.encode(ROW) == codec.encode(turned)


def test_only_declared_fields_count() -> None:
    """A field that is not declared is neither hashed nor stored, and a missing one is a null."""
    codec = RowCodec(TABLE)
    assert codec.encode(ROW | {"extra": 1}) == codec.encode(ROW)
    short = {name: value for name, value in ROW.items() if name != "f"}
    assert codec.encode(short) == codec.encode(ROW | {"f": None})


def test_ignored_fields_are_stored_and_not_compared() -> None:
    """An ignored field does not enter the hash."""
    codec = RowCodec(TABLE, ignore={"f"})
    one, two = codec.encode(ROW), codec.encode(ROW | {"f": 9.0})
    assert one.hash == two.hash
    assert one.document != two.document


def test_key_is_a_json_array() -> None:
    """The key holds its values in the declared order."""
    assert RowCodec(TABLE).encode(ROW).key == '["x",1]'
    assert decode_key('["x",1]') == ("x", 1)


def test_hash_of_a_stored_document_is_the_hash_of_its_row() -> None:
    """A document read back has the hash it was stored with."""
    codec = RowCodec(TABLE)
    row = {**ROW, "n": Decimal("1.10"), "f": 1e16}
    encoded = codec.encode(row)
    import orjson  # noqa: PLC0415 - only this test reads a document back

    assert codec.hash_document(orjson.loads(encoded.document)) == encoded.hash


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("a", None, "a value is required"),
        ("a", 1, "text expected, int found"),
        ("b", True, "integer expected, bool found"),
        ("b", "1", "integer expected, str found"),
        ("b", 2**63, "beyond 64 bits"),
        ("b", -(2**63) - 1, "beyond 64 bits"),
        ("f", math.nan, "not a finite number"),
        ("f", math.inf, "not a finite number"),
        ("n", "1,5", "not a number"),
        ("n", "NaN", "not a finite number"),
        ("d", "31.01.2024", "not a date"),
        ("d", "2023-02-29", "not a date"),
        ("t", "yesterday", "not a time"),
        ("j", {"x": {1, 2}}, "not JSON"),
        ("j", {"x": ["a\0b"]}, "NUL"),
        ("j", {"a\0b": 1}, "NUL"),
        ("a", "a\0b", "NUL"),
        ("a", "\udc00", "not JSON"),
    ],
)
def test_unfit_values_are_refused_with_a_reason(field: str, value: object, reason: str) -> None:
    """What a column cannot hold is refused, whether or not the codec has seen rows of that shape before."""
    codec = RowCodec(TABLE)
    for _ in range(2):
        codec.encode(ROW)
        with pytest.raises(UnfitRowError, match=reason) as refused:
            codec.encode(ROW | {field: value})
        assert all(said.startswith(field) or "JSON" in said for said in refused.value.reasons)


def test_backslash_that_looks_like_nul_is_fine() -> None:
    """Text that spells out an escape is no NUL character."""
    assert RowCodec(TABLE).encode(ROW | {"a": "\\u0000"}).key == '["\\\\u0000",1]'


@given(st.text())
def test_buckets_are_in_range(key: str) -> None:
    """Every key has a bucket that a smallint can hold."""
    text = key.encode("utf-8", "replace").decode()
    assert 0 <= bucket_of(text) < 4096
