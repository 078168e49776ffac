"""Numbers as databases keep them."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_INTEGER = re.compile(r"[+-]?\d+(?:_\d+)*", re.ASCII)
_PREFIXED = re.compile(r"[+-]?0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)")


def _integer(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, bool):
        raise ValueError("a boolean is not an integer")  # noqa: TRY004 - validators raise ValueError
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | Decimal) and value == value and value % 1 == 0:  # noqa: PLR0124 - NaN is unequal to itself
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text)
        if _PREFIXED.fullmatch(text):
            return int(text, 0)
    raise ValueError("not an integer")


Int1 = Annotated[int, Field(ge=-(2**7), le=2**7 - 1), BeforeValidator(_integer)]
UInt1 = Annotated[int, Field(ge=0, le=2**8 - 1), BeforeValidator(_integer)]
Int2 = Annotated[int, Field(ge=-(2**15), le=2**15 - 1), BeforeValidator(_integer)]
UInt2 = Annotated[int, Field(ge=0, le=2**16 - 1), BeforeValidator(_integer)]
Int3 = Annotated[int, Field(ge=-(2**23), le=2**23 - 1), BeforeValidator(_integer)]
UInt3 = Annotated[int, Field(ge=0, le=2**24 - 1), BeforeValidator(_integer)]
Int4 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), BeforeValidator(_integer)]
UInt4 = Annotated[int, Field(ge=0, le=2**32 - 1), BeforeValidator(_integer)]
Int8 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1), BeforeValidator(_integer)]
UInt8 = Annotated[int, Field(ge=0, le=2**64 - 1), BeforeValidator(_integer)]
BigInteger = Annotated[int, BeforeValidator(_integer)]
"""An integer of any size, where the database keeps it as text or bytes."""

_YEARS = (1901, 2155)


def _year(value: object) -> int:
    year = _integer(value)
    if year != 0 and not _YEARS[0] <= year <= _YEARS[1]:
        raise ValueError("MySQL's YEAR holds 1901 to 2155, and 0")
    return year


Year = Annotated[int, BeforeValidator(_year)]


def _number(value: object) -> int | float | Decimal:
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")  # noqa: TRY004 - validators raise ValueError
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, str):
        return _parse(value)
    raise ValueError("not a number")


def _parse(text: str) -> Decimal:
    bare = text.strip()
    if _PREFIXED.fullmatch(bare):
        return Decimal(int(bare, 0))
    try:
        if "_" in bare and not _INTEGER.fullmatch(bare):
            raise ValueError("not a number")
        return Decimal(bare)
    except InvalidOperation as error:
        raise ValueError("not a number") from error


def _double(value: object) -> float:
    number = _number(value)
    try:
        made = float(number)
    except OverflowError as error:
        raise ValueError("out of the range of double precision") from error
    if isinstance(number, float):
        return made
    exact = Decimal(number)
    if exact.is_finite() and (math.isinf(made) or (made == 0 and exact != 0)):
        raise ValueError("out of the range of double precision")
    return made


def _real(value: object) -> float:
    made = _double(value)
    if math.isfinite(made):
        try:
            single: float = struct.unpack("f", struct.pack("f", made))[0]
        except OverflowError as error:
            raise ValueError("out of the range of real") from error
        if math.isinf(single) or (single == 0 and made != 0):
            raise ValueError("out of the range of real")
    return made


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("the database keeps finite numbers only")
    return value


Double = Annotated[float, BeforeValidator(_double)]
Real = Annotated[float, BeforeValidator(_real)]
NOT_NEGATIVE = Field(ge=0)
FiniteDouble = Annotated[float, BeforeValidator(lambda v: _finite(_double(v)))]
FiniteReal = Annotated[float, BeforeValidator(lambda v: _finite(_real(v)))]


@dataclass(frozen=True, slots=True)
class Numeric:
    """`numeric(precision, scale)`: the value is rounded to the scale, as the database rounds it, and must then fit.

    Args:
        precision: Digits in all; `None` for any number.
        scale: Digits after the point.
        unsigned: Whether it refuses negative numbers.
        special: Whether the database keeps NaN, and infinity where no precision is declared (PostgreSQL does).
    """

    precision: int | None = None
    scale: int | None = None
    unsigned: bool = False
    special: bool = True

    def __get_pydantic_core_schema__(self, source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema for `Decimal`, `float` or `int`."""
        kind = source if source in {float, int} else Decimal
        inner = core_schema.is_instance_schema(kind)
        return core_schema.no_info_before_validator_function(
            lambda value: kind(self.fit(value)),
            inner,
            serialization=core_schema.to_string_ser_schema(when_used="json") if kind is Decimal else None,
            metadata={"pydantic_js_functions": [lambda _s, _h: self._json_schema(kind)]},
        )

    def _json_schema(self, kind: type) -> dict[str, Any]:
        return {"type": "string", "format": "decimal"} if kind is Decimal else {"type": "number"}

    def fit(self, value: object) -> Decimal:
        """Return the value as the database stores it.

        Raises:
            ValueError: If it is no number, or does not fit.
        """
        number = _number(value)
        exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
        if not exact.is_finite():
            if not self.special or (exact.is_infinite() and self.precision is not None) or exact.is_snan():
                raise ValueError("the column does not keep this special number")
            return exact
        if self.unsigned and exact < 0:
            raise ValueError("the column keeps no negative numbers")
        if self.precision is None:
            return exact
        return self._rounded(exact, self.precision, self.scale or 0)

    def _rounded(self, exact: Decimal, precision: int, scale: int) -> Decimal:
        if exact and exact.adjusted() >= precision - scale:
            raise ValueError(f"more than {precision - scale} digits before the point")
        with localcontext() as context:
            context.prec = max(precision + abs(scale) + 2, len(exact.as_tuple().digits) + 2)
            rounded = exact.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
        if rounded and rounded.adjusted() >= precision - scale:
            raise ValueError(f"more than {precision - scale} digits before the point")
        return rounded
