"""Whether a valid row can also be kept: what no database takes is found here, not in the middle of a commit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel

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

    Args:
        model: The model whose instances are looked at.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._has_extras = model.model_config.get("extra") == "allow"
        # JSON writes NaN as null, so fields that can hold a float are looked at themselves
        self._floats = [name for name, info in model.model_fields.items() if _may_hold_float(info.annotation)]

    def failures(self, models: list[Any]) -> Mapping[int, Exception | None]:
        """Return the positions of the models that cannot be kept."""
        if self._has_extras:
            return _unstorable([_fields(model) for model in models])
        rows = [model.__dict__ for model in models]
        try:
            text = orjson.dumps(rows, default=_parts, option=_OPTIONS)
        except TypeError:
            # an integer of more than 53 bits may be good all the same: only a look at each value tells
            return _unstorable(rows)
        if b"\\u0000" in text:
            return _unstorable(rows)
        failed: dict[int, None] = {}
        for name in self._floats:
            column = [row.get(name) for row in rows]
            if not _all_finite(column):
                failed |= _unstorable(column)
        return failed

    def finding(self, model: BaseModel, error: Exception | None) -> Finding:  # noqa: ARG002 - nothing is ever raised
        """Return what cannot be kept, with the field that holds it."""
        for field, value in _fields(model).items():
            problem = obstacle(value)
            if problem is not None:
                return Finding(field, "storable", Severity.ERROR, value, f"cannot be stored: it holds {problem}")
        message = "cannot be stored: it holds what cannot be written down"
        return Finding(WHOLE_ROW, "storable", Severity.ERROR, _fields(model), message)


def _fields(model: BaseModel) -> dict[str, Any]:
    return {**model.__dict__, **(model.model_extra or {})}


def _unstorable(values: Iterable[Any]) -> dict[int, None]:
    return {position: None for position, value in enumerate(values) if obstacle(value) is not None}


def _all_finite(column: list[Any]) -> bool:
    """Whether these are all finite numbers; false also when some are no numbers at all."""
    try:
        return all(map(math.isfinite, column))
    except (TypeError, OverflowError):
        return False


def _may_hold_float(annotation: Any) -> bool:
    """Whether a value of a type can be or contain a float."""
    if get_origin(annotation) is Literal:
        return False
    parts = get_args(annotation)
    if parts:
        return any(_may_hold_float(part) for part in parts if part is not Ellipsis)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return any(isinstance(member.value, float) for member in annotation)
    return annotation not in _WITHOUT_FLOATS


_WITHOUT_FLOATS = (None, type(None), str, int, bool, bytes, date, datetime, time, timedelta, UUID)


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
        return _fields(value).values()
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple | set | frozenset) else None


def _parts(value: Any) -> Any:
    """Give orjson something it knows in place of what it does not."""
    if isinstance(value, BaseModel):
        return value.__dict__
    return list(value) if isinstance(value, set | frozenset) else 0
