"""How entries are sealed and encoded."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.resilience.cache.codec import CorruptEntryError, Record, decode, encode, seal, seal_meta

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def record(value: object = b"body", meta: dict[str, object] | None = None) -> Record:
    """Make a record of a value."""
    return Record(*seal(value), seal_meta(meta or {}), 1.0, 2.0, 3.0)


@given(JSON | st.binary(max_size=64), st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_what_is_encoded_comes_back(value: object, meta: dict[str, object]) -> None:
    """Every JSON value, integers beyond 64 bits and lone surrogates included, survives with its metadata."""
    first = record(value)
    again = decode(encode(first))
    assert again.value() == value
    assert type(again.value()) is type(value)
    assert (again.stored_at, again.fresh_until, again.keep_until) == (1.0, 2.0, 3.0)


def test_metadata_come_back() -> None:
    """Metadata survive with everything nested in them."""
    again = decode(encode(record(meta={"status": 200, "headers": [["a", "b"]], "more": {"x": None}})))
    assert again.meta["status"] == 200
    assert again.meta["headers"] == [["a", "b"]]
    assert again.meta["more"] == {"x": None}


def test_metadata_are_nobody_elses() -> None:
    """Whoever changes the metadata he gave or was given changes nobody else's, however deep they are nested."""
    source = {"headers": [["a", "b"]], "more": {"x": 1}}
    kept = record(meta=source)
    source["more"]["x"] = 2
    kept.entry().meta["more"]["x"] = 3
    assert kept.entry().meta["more"]["x"] == 1


def test_metadata_that_are_no_json_are_refused() -> None:
    """Metadata that could not be written down are refused when they are given."""
    with pytest.raises(ConfigError, match="cannot be cached"):
        seal_meta({"at": object()})


@pytest.mark.parametrize("value", [(1, 2), {1: "a"}, {1, 2}, math.nan, [math.inf], object(), [b"bytes"], 1 + 2j])
def test_what_would_not_come_back_is_refused(value: object) -> None:
    """A value that JSON would change is refused when it is stored, not discovered when it is read."""
    with pytest.raises(ConfigError, match="cannot be cached"):
        seal(value)


def test_mutable_values_are_never_shared() -> None:
    """Two readers of one entry cannot see each other's changes."""
    source = {"rows": [1]}
    kept = record(source)
    source["rows"].append(2)
    first, second = kept.entry().value, kept.entry().value
    first["rows"].append(3)
    assert second == {"rows": [1]}


@given(st.binary(max_size=80))
def test_foreign_bytes_are_corrupt(blob: bytes) -> None:
    """Bytes of something else are told from an entry, whatever they are."""
    with pytest.raises(CorruptEntryError):
        decode(blob)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_damaged_byte_is_noticed(place: int, change: int) -> None:
    """A single changed byte anywhere makes the entry corrupt."""
    blob = bytearray(encode(record(meta={"status": 200})))
    blob[place % len(blob)] ^= change
    with pytest.raises(CorruptEntryError):
        decode(bytes(blob))


@given(st.integers(0, 44))
def test_a_cut_off_entry_is_noticed(length: int) -> None:
    """An entry that was cut off is corrupt."""
    whole = encode(record())
    assert len(whole) == 45
    with pytest.raises(CorruptEntryError):
        decode(whole[:length])
