"""JSON as upstreams write it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from headgate.jsontext import CUT, DEEPEST, AmbiguousObject, read_json


@pytest.mark.parametrize(
    ("body", "repeated"),
    [
        (b'{"a": 1, "a": 2}', {"a": [1, 2]}),
        (b'{"a" : 1,\n"b": {"c": 1, "c": 2, "c": 1}}', {"b.c": [1, 2, 1]}),
        (b'{"a": [{"b": 1}, {"b": 1, "b": true}]}', {"a[1].b": [1, True]}),
        (b'{"a": [], "a": {}, "b": 1, "b": null}', {"a": [[], {}], "b": [1, None]}),
        (b'{"a": "\\u003a", "a": "x:y"}', {"a": [":", "x:y"]}),
        (b'{"a": "\\u003A\\u003a", "b": 1, "\\u0061": 1}', {"a": ["::", 1]}),
        (b'{"a": NaN, "a": "x"}', {"a": [pytest.approx(math.nan, nan_ok=True), "x"]}),
    ],
)
def test_a_key_that_contradicts_itself_is_marked(body: bytes, repeated: dict[str, Any]) -> None:
    """With every value that came, under the path of the key; the last one stands."""
    found = read_json(body)
    assert isinstance(found, AmbiguousObject)
    assert found.repeated == repeated
    assert json.loads(json.dumps(found), parse_constant=str) == json.loads(body, parse_constant=str)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": "b:c", "d": ":::"}',
        b'{"a": "\\u003a"}',
        b'[{"a": 1}, {"a": 2}]',
        b'{"a": {"b": 1}, "c": {"b": 2}}',
    ],
)
def test_what_contradicts_nothing_is_a_plain_object(body: bytes) -> None:
    """A key that says the same twice, colons in texts, and equal keys of different objects."""
    found = read_json(body)
    assert found == json.loads(body)
    assert not any(isinstance(part, AmbiguousObject) for part in (found, *found))


@pytest.mark.parametrize("levels", [10, 253, 254, 255, 900, 1023, 1024])
def test_deep_documents_that_the_strict_decoder_takes(levels: int) -> None:
    """They come back whole, whatever the two decoders and the encoder think of their depth."""
    body = b"[" * levels + b"]" * levels
    found, depth = read_json(body), 0
    while found:
        [found] = found
        depth += 1
    assert depth == levels - 1


@pytest.mark.parametrize("levels", [1025, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_what_is_nested_too_deep_is_cut_out(levels: int, opening: bytes, closing: bytes) -> None:
    """And only that: what stands before and behind it is there."""
    deep = opening * levels + (b"1" if opening != b"[" else b"") + closing * levels
    before, found, after = read_json(b'["]", ' + deep + b', "[\\"["]')
    assert (before, after) == ("]", '["[')
    depth = 1
    while found != CUT:
        [found] = found.values() if isinstance(found, dict) else found
        depth += 1
    assert depth == DEEPEST


def test_what_the_standard_does_not_take() -> None:
    """Numbers that are none, halves of surrogate pairs, line ends in texts, and integers of any length."""
    body = b'[NaN, Infinity, -Infinity, 1e999, "\\ud800", "a\nb", ' + b"1" * 100 + b", " + b"9" * 5000 + b"]"
    nan, *others = read_json(body)
    assert math.isnan(nan)
    assert others == [math.inf, -math.inf, math.inf, "\ud800", "a\nb", int("1" * 100), "9" * 5000]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"[1, 2", "end of data"),
        (b"<html>", "unexpected character"),
        (b"[NaN", "unexpected character"),
        (b'{"a": 1} x', "content after"),
        (b"\xff", "UTF-8"),
        (b"[" * 100_000, "depth limit"),
        (b"]" * 100_000, "unexpected character"),
        (b'["' + b"[" * 2000, "end of data"),
    ],
)
def test_what_is_no_json_in_any_sense(body: bytes, reason: str) -> None:
    """The refusal is that of the strict decoder, which says where the fault is."""
    with pytest.raises(ValueError, match=reason):
        read_json(body)
