"""Points, lines, vectors, arrays and JSON."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
)
from pydantic_core import CoreSchema, core_schema

from headgate.drizzle.runtime.numbers import Double, FiniteReal

PointTuple = tuple[Double, Double]
_HALF = 65504.0
_SPARSE = re.compile(r"\{((?:\s*\d+\s*:\s*[^,{}:]+\s*(?:,|(?=\})))*)\}\s*/\s*(\d+)", re.ASCII)


class PointObject(BaseModel):
    """A point, as drizzle-orm's mode `xy` gives it."""

    model_config = ConfigDict(frozen=True)

    x: Double
    y: Double


def _line(value: tuple[float, float, float]) -> tuple[float, float, float]:
    if value[0] == value[1] == 0:
        raise ValueError("a line whose A and B are both zero is no line")
    return value


LineTuple = Annotated[tuple[Double, Double, Double], AfterValidator(_line)]


class _Line(BaseModel):
    """A line, as drizzle-orm's mode `abc` gives it."""

    model_config = ConfigDict(frozen=True)

    a: Double
    b: Double
    c: Double


def _line_object(value: _Line) -> _Line:
    _line((value.a, value.b, value.c))
    return value


LineObject = Annotated[_Line, AfterValidator(_line_object)]


@dataclass(frozen=True, slots=True)
class Vector:
    """`vector(n)` and `halfvec(n)`: exactly n finite numbers.

    Args:
        size: Dimensions.
        half: Whether each is a half-precision number.
    """

    size: int
    half: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema on top of the list's own."""
        return core_schema.no_info_after_validator_function(self.fit, handler(source))

    def fit(self, value: list[float]) -> list[float]:
        """Return the value.

        Raises:
            ValueError: If it has another size, or a number that does not fit.
        """
        if len(value) != self.size:
            raise ValueError(f"not {self.size} numbers")
        if self.half and any(abs(number) >= _HALF + 16 for number in value):
            raise ValueError("out of the range of half precision")
        return value


VectorItems = list[FiniteReal]


@dataclass(frozen=True, slots=True)
class SparseVector:
    """`sparsevec(n)` as text: `{1:0.5,3:2}/5`.

    Args:
        size: Dimensions.
    """

    size: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema on top of the text's own."""
        return core_schema.no_info_after_validator_function(self.fit, handler(source))

    def fit(self, value: str) -> str:
        """Return the value.

        Raises:
            ValueError: If it is no sparse vector of this size.
        """
        match = _SPARSE.fullmatch(value.strip())
        if match is None or int(match.group(2)) != self.size:
            raise ValueError(f"not a sparse vector of {self.size} dimensions")
        seen: set[int] = set()
        for pair in filter(None, (part.strip() for part in match.group(1).split(","))):
            index, number = pair.split(":")
            if not 1 <= int(index) <= self.size or int(index) in seen or not math.isfinite(float(number)):
                raise ValueError("an index out of range or given twice, or a number that is not finite")
            seen.add(int(index))
        return value


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    shapes = {_shape(item) for item in value}
    if len(shapes) > 1:
        raise ValueError("the parts of a nested array must all have the same length")
    return (len(value), *(next(iter(shapes)) if shapes else ()))


def _regular(value: list[Any]) -> list[Any]:
    _shape(value)
    return value


Regular = AfterValidator(_regular)
"""Marks a nested array: PostgreSQL wants its parts of equal length."""


def _json(value: Any) -> Any:
    return _plain(value, nul=True)


def _jsonb(value: Any) -> Any:
    return _plain(value, nul=False)


def _plain(value: Any, *, nul: bool) -> Any:
    """Refuse what JSON cannot say; for `jsonb` also the NUL character.

    Raises:
        ValueError: If a part of the value cannot be stored.
    """
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("JSON has no NaN and no infinity")
        if isinstance(item, str) and not _storable(item, nul=nul):
            raise ValueError("text with a NUL character or a lone surrogate cannot be stored")
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
        elif isinstance(item, BaseModel):
            stack.append(item.model_dump(mode="json"))
    return value


def _storable(text: str, *, nul: bool) -> bool:
    return (nul or "\0" not in text) and not any("\ud800" <= char <= "\udfff" for char in text)


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("None is SQL's NULL, which the column refuses")
    return value


Json = Annotated[JsonValue, AfterValidator(_not_null), AfterValidator(_json)]
Jsonb = Annotated[JsonValue, AfterValidator(_not_null), AfterValidator(_jsonb)]
JsonSafe = AfterValidator(_json)
"""Marks a typed value of a `json` column."""
JsonbSafe = AfterValidator(_jsonb)
"""Marks a typed value of a `jsonb` column."""
JsonAny = JsonValue
JsonNumber = StrictInt | StrictFloat
JsonBoolean = StrictBool


class JsonModel(BaseModel):
    """Base of the models of JSON columns: what the TypeScript type does not name is kept."""

    model_config = ConfigDict(extra="allow", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)
