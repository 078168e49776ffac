"""What is learned of a payload does not depend on how its rows come."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headgate.quality.contract.shape import ShapeLearner

_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "b"]) | st.just({"x": 1})
_ALIKE = st.lists(st.fixed_dictionaries({"id": st.integers(), "a": _VALUES, "b": _VALUES}), max_size=8)
_ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), _VALUES), max_size=8)


@given(rows=_ALIKE | _ROWS | st.lists(st.just({}), max_size=2))
def test_a_batch_teaches_what_its_rows_teach(rows: list[dict[str, Any]]) -> None:
    """Rows that come together leave the same shape and the same examples as rows that come one by one."""
    together, single = ShapeLearner(), ShapeLearner()
    together.add(rows)
    for row in rows:
        single.add([row])
    shape = together.finish()
    assert shape == single.finish()
    assert together.variety == single.variety
    for path, field in shape.fields.items():
        for kind in field.types:
            assert together.example_of_type(path, kind) is single.example_of_type(path, kind)
