"""Decoding agrees with the standard library, whatever the document."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.jsontext import AmbiguousObject, read_json

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text('ab:\\"'), inner), max_leaves=20)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_a_document_that_was_written_is_read(value: Any, ascii_only: bool, indent: int | None) -> None:
    """Whatever it is, and however it is written; no object of it is ambiguous."""
    found = read_json(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass"))
    assert found == value
    assert not isinstance(found, AmbiguousObject)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c:"]), scalars)), st.booleans())
def test_a_key_is_marked_if_and_only_if_it_contradicts_itself(pairs: list[tuple[str, Any]], ascii_only: bool) -> None:
    """An object of any keys and values; the last of several values stands."""
    members = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=ascii_only)}".replace(":", "\\u003a", value == ":")
        for key, value in pairs
    )
    found = read_json(f"{{{', '.join(members)}}}".encode())
    assert found == dict(pairs)
    came: dict[str, list[Any]] = {}
    for key, value in pairs:
        came.setdefault(key, []).append(value)
    contradict = {key: some for key, some in came.items() if len({(type(value), value) for value in some}) > 1}
    assert getattr(found, "repeated", {}) == contradict


@given(st.binary() | st.text('[]{}",:0N\\ \n').map(str.encode))
def test_no_document_raises_anything_but_a_value_error(body: bytes) -> None:
    """Whatever the bytes; and what the strict decoder takes, this one takes."""
    try:
        read_json(body)
    except ValueError:
        try:
            json.loads(body.decode())
        except ValueError:
            return
        raise
