"""Whether a valid row can also be kept: what no database takes is found here, not in the middle of a commit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from headgate.quality.columns import Columns
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
        suspects = {} if self._has_extras else _suspects(model)
        # JSON writes NaN as null, so fields that can hold a float are looked at themselves
        self._numbers = [name for name, kind in suspects.items() if kind is not _Suspect.WRITTEN]
        self._written = [name for name, kind in suspects.items() if kind is not _Suspect.NUMBER]
        self.fields = tuple(suspects)
        """The fields whose columns are looked at."""

    def failures(self, models: list[Any], columns: Columns) -> Mapping[int, Exception | None]:
        """Return the positions of the models that cannot be kept."""
        if self._has_extras:
            return _unstorable([_fields(model) for model in models])
        doubtful = [name for name in self._numbers if not _all_finite(columns[name])]
        try:
            text = orjson.dumps([columns[name] for name in self._written], default=_parts, option=_OPTIONS)
        except TypeError:
            # an integer of more than 53 bits may be good all the same: only a look at each value tells
            doubtful += self._written
        else:
            # one byte is found much faster than six, and texts seldom need an escape
            doubtful += self._written if b"\\" in text and b"\\u0000" in text else []
        failed: dict[int, None] = {}
        for name in doubtful:
            failed |= _unstorable(columns[name])
        return failed

    def finding(self, model: BaseModel, error: Exception | None) -> Finding:  # noqa: ARG002 - nothing is ever raised
        """Return what cannot be kept, with the field that holds it."""
        for field, value in _fields(model).items():
            problem = obstacle(value)
            if problem is not None:
                return Finding(field, "storable", Severity.ERROR, value, f"cannot be stored: it holds {problem}")
        message = "cannot be stored: it holds what cannot be written down"
        return Finding(WHOLE_ROW, "storable", Severity.ERROR, _fields(model), message)


class _Suspect(Enum):
    """Why the values of a field are looked at: what JSON refuses to write, numbers that are none, or both."""

    WRITTEN = 1
    NUMBER = 2
    BOTH = 3


def _suspects(model: type[BaseModel]) -> dict[str, _Suspect]:
    """Return the fields that can hold what cannot be kept: a date, for one, never can.

    A type is believed only where nothing but Pydantic's own parsing makes the value.
    """
    believed = not _has_validators(model)
    found: dict[str, _Suspect] = {}
    for name, info in model.model_fields.items():
        plain = believed and not any(_makes_values(mark) for mark in info.metadata) and _has_harmless_default(info)
        if plain and _is_harmless(info.annotation):
            continue
        if plain and all(part in (float, _NONE) for part in _alternatives(info.annotation)):
            found[name] = _Suspect.NUMBER
        else:
            found[name] = _Suspect.BOTH if _may_hold_float(info.annotation) else _Suspect.WRITTEN
    return found


def _has_validators(model: type[BaseModel]) -> bool:
    made = model.__pydantic_decorators__
    own = (made.validators, made.field_validators, made.root_validators, made.model_validators)
    return any(own) or model.model_post_init is not BaseModel.model_post_init


def _makes_values(mark: object) -> bool:
    """Whether a mark in an annotation can put another value in the place of the parsed one, as validators do."""
    return hasattr(mark, "__get_pydantic_core_schema__")


def _has_harmless_default(info: FieldInfo) -> bool:
    return info.default_factory is None and (info.is_required() or obstacle(info.default) is None)


def _is_harmless(annotation: Any) -> bool:
    """Whether no value of a type is ever refused."""
    if get_origin(annotation) is Literal:
        return all(obstacle(value) is None for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return all(obstacle(member.value) is None for member in annotation)
    return all(part in _HARMLESS for part in _alternatives(annotation))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself; without marks that only restrict them."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for member in get_args(annotation) for part in _alternatives(member))
    if get_origin(annotation) is Annotated and not any(map(_makes_values, annotation.__metadata__)):
        return _alternatives(annotation.__origin__)
    return (annotation,)


def _fields(model: BaseModel) -> dict[str, Any]:
    return {**model.__dict__, **(model.model_extra or {})}


def _unstorable(values: Iterable[Any]) -> dict[int, None]:
    return {position: None for position, value in enumerate(values) if obstacle(value) is not None}


def _all_finite(column: Sequence[Any]) -> bool:
    """Whether these are all finite numbers or none at all; false also for what is anything else.

    A sum is finite only if every part is. Only if the finite ones are very large is it infinite all the same.
    """
    try:
        return math.isfinite(sum(filter(None, column)))
    except (TypeError, ArithmeticError):
        return False


def _may_hold_float(annotation: Any) -> bool:
    """Whether a value of a type can be or contain a float."""
    if get_origin(annotation) is Literal:
        return False
    if get_origin(annotation) is Annotated:
        return any(map(_makes_values, annotation.__metadata__)) or _may_hold_float(annotation.__origin__)
    parts = get_args(annotation)
    if parts:
        return any(_may_hold_float(part) for part in parts if part is not Ellipsis)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return any(isinstance(member.value, float) for member in annotation)
    return annotation not in _WITHOUT_FLOATS


_NONE = type(None)
_HARMLESS = (_NONE, bool, date, datetime, time, timedelta, UUID)
_WITHOUT_FLOATS = (*_HARMLESS, None, str, int, bytes)


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
    if isinstance(value, Enum):
        return (value.value,)
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple | set | frozenset) else None


def _parts(value: Any) -> Any:
    """Give orjson something it knows in place of what it does not."""
    if isinstance(value, BaseModel):
        return value.__dict__
    return list(value) if isinstance(value, set | frozenset) else 0
