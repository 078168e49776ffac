"""Values as a column hands them to its driver: what `eq(column, value)` puts into a query."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from headgate.drizzle.static.builtins import plain
from headgate.drizzle.static.values import BigInt, JSDate, Unknown, Unresolved, Value, known, to_string


def driver_value(value: Value, column_type: str, mode: Value) -> Value:
    """Return what drizzle-orm's `mapToDriverValue` of a kind of column makes of a value.

    Raises:
        Unresolved: If it is not known, or the kind encodes in a way that is not modelled.
    """
    value = known(value)
    if value is None:
        return None
    if column_type in _OPAQUE:
        raise Unresolved(Unknown(f"how a {column_type} encodes a value is not modelled"))
    if column_type == "SQLiteTimestamp":
        return _milliseconds(value) if mode == "timestamp_ms" else _milliseconds(value) // 1000
    encode = _ENCODERS.get(column_type)
    return value if encode is None else encode(value)


def _json(value: Value) -> Value:
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _text(value: Value) -> Value:
    return str(int(value)) if isinstance(value, BigInt) else to_string(value)


def _iso(value: Value) -> str:
    if not isinstance(value, JSDate):
        raise Unresolved(Unknown("the column takes a Date"))
    return value.iso


def _milliseconds(value: Value) -> int:
    return round(datetime.fromisoformat(_iso(value)).timestamp() * 1000)


def _sqlite_flag(value: Value) -> Value:
    if not isinstance(value, bool):
        raise Unresolved(Unknown("the column takes a boolean"))
    return int(value)


_ENCODERS: Final[dict[str, Callable[[Value], Value]]] = {
    "PgTimestamp": _iso,
    "PgDate": _iso,
    "PgJson": _json,
    "PgJsonb": _json,
    "PgNumericNumber": _text,
    "PgNumericBigInt": _text,
    "MySqlTimestamp": lambda value: _iso(value)[:-1].replace("T", " "),
    "MySqlDateTime": lambda value: _iso(value)[:-1].replace("T", " "),
    "MySqlJson": _json,
    "MySqlDecimalNumber": _text,
    "MySqlDecimalBigInt": _text,
    "SQLiteBoolean": _sqlite_flag,
    "SQLiteTextJson": _json,
    "SQLiteNumericNumber": _text,
    "SQLiteNumericBigInt": _text,
}
_OPAQUE: Final = {
    "PgArray",
    "PgCustomColumn",
    "PgGeometry",
    "PgGeometryObject",
    "PgHalfVector",
    "PgLine",
    "PgLineABC",
    "PgPointObject",
    "PgPointTuple",
    "PgVector",
    "MySqlCustomColumn",
    "SQLiteBigInt",
    "SQLiteBlobBuffer",
    "SQLiteBlobJson",
    "SQLiteCustomColumn",
}
