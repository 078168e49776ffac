"""JSON as upstreams write it: decoded wherever it can be told what was meant, ambiguities marked.

Beside what the standard (RFC 8259) takes, that is: the numbers NaN, Infinity and -Infinity, integers of any length,
halves of surrogate pairs, control characters in texts, and nesting of any depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson

DEEPEST = 256
"""Levels of nesting that are followed where a document has more than a decoder takes; what lies deeper is cut out."""
CUT = f"(nested deeper than {DEEPEST} levels)"
"""The text that stands in the place of what was cut out."""

_STRICT_DEPTH = 1024
"""Levels of nesting that the strict decoder takes."""
_LONGEST_INTEGER = 4300
"""Digits above which Python refuses to read an integer."""

_structure = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{}\]]', re.DOTALL)


class AmbiguousObject(dict[str, Any]):
    """An object in which, or below which, a key came more than once with different values: the last one stands.

    Attributes:
        repeated: The values that came, in order, by the path of the key, such as ``name`` or ``sports[2].code``.
    """

    __slots__ = ("repeated",)

    repeated: dict[str, list[Any]]

    def __init__(self, values: dict[str, Any], repeated: dict[str, list[Any]]) -> None:
        super().__init__(values)
        self.repeated = repeated


def read_json(body: bytes) -> Any:
    """Decode JSON in UTF-8; objects with a key that contradicts itself are :class:`AmbiguousObject`.

    Whether a key came twice is told by counting: each key has a colon behind it, and as many colons come back when the
    decoded value is written again, unless a key was lost. Only then is the body read a second time, key by key.

    Raises:
        ValueError: It is not JSON, not even in the widest sense.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _read_anyhow(body, error)
    try:
        if body.count(b":") == orjson.dumps(value).count(b":") and not _hides_colons(body):
            return value
        return _decode(body.decode())
    except (TypeError, ValueError, RecursionError):  # nested deeper than one of them goes: only the mark is lost
        return value


def _hides_colons(body: bytes) -> bool:
    """Tell whether colons may be written as escapes; one byte is looked for first, which is much faster than six."""
    return b"\\" in body and b"\\u003" in body


def _read_anyhow(body: bytes, refusal: orjson.JSONDecodeError) -> Any:
    """Decode what the strict decoder refused, or repeat its refusal, which says where the fault is."""
    try:
        text = body.decode()
        if not _is_too_deep(text):
            with suppress(RecursionError):
                return _decode(text)
        return _decode(_without_depths(text))
    except (ValueError, RecursionError):
        raise refusal from None


def _decode(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer, strict=False)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    repeated: dict[str, list[Any]] = {}
    if len(values) < len(pairs):
        for key in values:
            found = [value for name, value in pairs if name == key]
            if any(_differ(found[0], other) for other in found[1:]):
                repeated[key] = found
    for key, value in values.items():
        repeated.update((f"{key}{path}", found) for path, found in _below(value))
    return AmbiguousObject(values, repeated) if repeated else values


def _differ(one: Any, other: Any) -> bool:
    return type(one) is not type(other) or one != other


def _below(value: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield what is ambiguous below a value: the rest of its path, and the values that came."""
    if isinstance(value, AmbiguousObject):
        for path, found in value.repeated.items():
            yield f".{path}", found
    elif isinstance(value, list):
        for position, part in enumerate(value):
            for path, found in _below(part):
                yield f"[{position}]{path}", found


def _is_too_deep(text: str) -> bool:
    """Tell whether a document has more levels than the strict decoder takes; how many another takes varies."""
    depth = 0
    if text.count("[") + text.count("{") > _STRICT_DEPTH:
        for mark in _structure.finditer(text):
            if mark[0] in "[{":
                depth += 1
                if depth > _STRICT_DEPTH:
                    return True
            elif mark[0] in "]}":
                depth -= 1
    return False


def _without_depths(text: str) -> str:
    """Return a document with what is nested too deep cut out."""
    kept: list[str] = []
    depth = start = 0
    for mark in _structure.finditer(text):
        if mark[0] in "[{":
            if depth == DEEPEST:
                kept += (text[start : mark.start()], json.dumps(CUT))
            depth += 1
        elif mark[0] in "]}":
            depth -= 1
            if depth == DEEPEST:
                start = mark.end()
    return "".join((*kept, text[start:])) if depth == 0 else text
