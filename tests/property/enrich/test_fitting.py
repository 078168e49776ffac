"""Whatever a provider says, what is kept of it can be stored."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.enrich.providers.fitting import fitting
from headgate.store import EntityTable, RowCodec

TYPES: dict[type, str] = {str: "text", int: "integer", float: "float", bool: "boolean"}
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters()), st.text("\0\ud800a"), st.binary(),
    st.lists(st.integers()),
)  # fmt: skip


@given(ANYTHING, st.sampled_from(list(TYPES)))
def test_what_fits_can_be_stored(value: Any, kind: type) -> None:
    """The store takes it as it is, and it is the value that was said."""
    kept = fitting(value, kind)
    assert kept is None or kept == value
    RowCodec(EntityTable("t", ("id",), {"id": "integer", "x": TYPES[kind]})).encode({"id": 1, "x": kept})


@given(ANYTHING)
def test_what_is_declared_and_plain_is_kept(value: Any) -> None:
    """A value of the declared type is left out only if no database could hold it."""
    if type(value) in TYPES and fitting(value, None) is not None:
        assert fitting(value, type(value)) == value
