"""Keys of the cache."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.resilience.cache import MultiLevelCache

key = MultiLevelCache.generate_key
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
ARGUMENTS = st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True).filter(lambda n: n != "prefix"), SCALARS)


class Colour(Enum):
    """An enumeration."""

    RED = 1


@given(ARGUMENTS)
def test_order_does_not_matter(arguments: dict[str, object]) -> None:
    """The same arguments in another order give the same key."""
    assert key("p", **arguments) == key("p", **dict(reversed(arguments.items())))


@given(ARGUMENTS, ARGUMENTS)
def test_different_arguments_give_different_keys(one: dict[str, object], other: dict[str, object]) -> None:
    """Arguments that differ in a value or in a type give different keys."""
    same = {n: repr(v) for n, v in one.items()} == {n: repr(v) for n, v in other.items()}
    assert (key("p", **one) == key("p", **other)) is same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, "1"),
        (1, 1.0),
        (None, "None"),
        ("a", b"a"),
        (["a,b"], ["a", "b"]),
        ([1, [2]], [[1], 2]),
        ({"a": 1}, [("a", 1)]),
        ({1: "x"}, {"1": "x"}),
        (dt.date(2026, 1, 1), "2026-01-01"),
        (Decimal(1), 1),
        (Colour.RED, 1),
    ],
)
def test_look_alikes_are_told_apart(one: object, other: object) -> None:
    """Values that look alike as text do not share a key."""
    assert key("p", a=one) != key("p", a=other)


def test_sets_have_no_order() -> None:
    """A set gives the same key whatever order it is iterated in."""
    assert key("p", a={"x", "y", "z"}) == key("p", a=frozenset(("z", "y", "x")))


def test_a_secret_cannot_be_read() -> None:
    """No argument stands in the key."""
    made = key("schools", token="hunter2", headers={"Authorization": "Bearer hunter2"})
    assert made.startswith("schools:")
    assert "hunter2" not in made


def test_stable_across_processes() -> None:
    """Another process with another hash seed makes the same key."""
    code = "from headgate.resilience.cache import MultiLevelCache as C; print(C.generate_key('p', a={'x','y'}, b='é'))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert made.stdout.strip() == key("p", b="é", a={"y", "x"})


def test_an_object_is_refused() -> None:
    """An object without a stable spelling is an error, not a key that changes with each run."""
    with pytest.raises(ConfigError, match="cache key"):
        key("p", a=object())
