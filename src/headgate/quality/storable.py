"""Whether a valid row can also be kept: what no database takes is found here, not in the middle of a commit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from headgate.quality.columns import failures
from headgate.quality.findings import WHOLE_ROW, Finding
from headgate.quality.rule import Severity

_INT64 = range(-(2**63), 2**63)
_NESTING = 200
"""Levels of nesting above which JSON readers begin to refuse a document."""
_OPTIONS = orjson.OPT_STRICT_INTEGER | orjson.OPT_NON_STR_KEYS


class StorableCheck:
    """Refuses models that hold what neither a database nor JSON can keep.

    That is: lone surrogates and NUL characters in text, NaN and infinities, integers beyond 64 bits, and nesting
    deeper than 200 levels.
    """

    def failures(self, models: list[Any]) -> Mapping[int, Exception | None]:
        """Return the positions of the models that cannot be kept."""
        return failures(storable, None, models)

    def finding(self, model: BaseModel, error: Exception | None) -> Finding:
        """Return what cannot be kept, with the field that holds it."""
        for field, value in model.__dict__.items():
            problem = obstacle(value)
            if problem is not None:
                return Finding(field, "storable", Severity.ERROR, value, f"cannot be stored: it holds {problem}")
        problem = "what cannot be written down" if error is None else f"what raises {type(error).__name__}"
        return Finding(WHOLE_ROW, "storable", Severity.ERROR, model.__dict__, f"cannot be stored: it holds {problem}")


def storable(model: BaseModel) -> bool:
    """Whether a model holds only what can be kept."""
    try:
        text = orjson.dumps(model.__dict__, default=_parts, option=_OPTIONS)
    except TypeError:
        # an integer of more than 53 bits may be good all the same: only a look at each value tells
        return obstacle(model) is None
    # NaN is written as null, and so are the fields that are None: the same again
    return (b"null" not in text and b"\\u0000" not in text) or obstacle(model) is None


def obstacle(value: Any, depth: int = 0) -> str | None:
    """Return what it is in a value that cannot be kept, in words, or ``None``."""
    if isinstance(value, str):
        return _text_obstacle(value)
    if isinstance(value, float):
        return None if math.isfinite(value) else f"the number {value}"
    if isinstance(value, int):
        return None if value in _INT64 else "an integer of more than 64 bits"
    parts = _elements(value)
    if parts is None:
        return None
    if depth == _NESTING:
        return f"more than {_NESTING} levels of nesting"
    return next((found for part in parts if (found := obstacle(part, depth + 1)) is not None), None)


def _text_obstacle(text: str) -> str | None:
    if "\0" in text:
        return "a NUL character"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair, which is not a character"
    return None


def _elements(value: Any) -> Iterable[Any] | None:
    if isinstance(value, BaseModel):
        return value.__dict__.values()
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple | set | frozenset) else None


def _parts(value: Any) -> Any:
    """Give orjson something it knows in place of what it does not."""
    if isinstance(value, BaseModel):
        return value.__dict__
    return list(value) if isinstance(value, set | frozenset) else 0
