"""Many rows encoded at a time: the same result as row by row, for a fraction of the work.

Types and ranges are checked column by column, and the rows of a batch are serialised in one go and cut apart.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from operator import countOf
from types import NoneType
from typing import Any

import orjson
from xxhash import xxh3_128_digest

from headgate.store.codec import VALUE_CHECKS, Encoded, RowCodec, plain
from headgate.store.columns import Column, ColumnType

BATCH = 250
"""Rows encoded at a time: enough to spread the cost of a column, few enough to stay in the processor's cache."""

_EXACT: dict[ColumnType, set[type]] = {
    ColumnType.TEXT: {str},
    ColumnType.INTEGER: {int},
    ColumnType.FLOAT: {float, int},
    ColumnType.NUMERIC: {str, int, float, Decimal},
    ColumnType.BOOLEAN: {bool},
    ColumnType.DATE: {str, date},
    ColumnType.TIMESTAMP: {str, datetime},
}


# what Encoded._make does, without a line of Python in between
_encoded: Callable[[Iterable[Any]], Encoded] = partial(tuple.__new__, Encoded)


class BatchEncoder:
    """Encodes batches of rows in which nothing is out of the ordinary.

    Args:
        codec: The codec that says what the rows become.
    """

    def __init__(self, codec: RowCodec) -> None:
        self._names = codec.names
        self._compared = codec.compared
        self._columns = codec.columns
        self._values = codec.values
        self._key_places = [codec.names.index(name) for name in codec.table.key]

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> list[Encoded] | None:
        """Return the rows encoded; none if one of them may be unfit or is unusual, and each needs a look of its own."""
        if not rows:
            return []
        try:
            values, fields = self._fields(rows)
            columns = list(zip(*values, strict=True))
            if not all(map(_fits, self._columns, columns)):
                return None
            documents = self._documents(self._names, fields)
            keys = _texts(list(zip(*(columns[place] for place in self._key_places), strict=True)))
            compared = documents if self._compared == self._names else self._compared_parts(values)
        except (TypeError, ValueError, ArithmeticError, RecursionError):
            return None
        if documents is None or compared is None or keys is None:
            return None
        return list(map(_encoded, zip(keys, map(xxh3_128_digest, compared), map(bytes.decode, documents), strict=True)))

    def _fields(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[Any, ...]], Sequence[Mapping[str, Any]]]:
        """Return the values of the declared fields, and dictionaries that hold these fields and no others."""
        try:
            values = list(map(self._values, rows))
        except KeyError:
            values = [tuple(map(row.get, self._names)) for row in rows]
        else:
            if countOf(map(type, rows), dict) == countOf(map(len, rows), len(self._names)) == len(rows):
                return values, rows
        return values, [dict(zip(self._names, row, strict=True)) for row in values]

    def _compared_parts(self, values: Sequence[tuple[Any, ...]]) -> list[bytes] | None:
        compared = set(self._compared)
        places = [place for place, name in enumerate(self._names) if name in compared]
        parts = [{self._names[place]: row[place] for place in places} for row in values]
        return self._documents(self._compared, parts)

    def _documents(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[bytes] | None:
        """Return the canonical JSON of each row; none if the text of all of them cannot be cut apart."""
        text = orjson.dumps(rows, default=plain, option=orjson.OPT_SORT_KEYS)
        # one byte is found much faster than six, and texts seldom need an escape
        if b"\\" in text and b"\\u0000" in text:
            return None
        # in a string every quote is escaped, so this stands between rows and perhaps inside of nested values
        head = b'{"%b":' % names[0].encode()
        parts = text[1 + len(head) : -2].split(b"}," + head)
        return [head + part + b"}" for part in parts] if len(parts) == len(rows) else None


def _texts(keys: Sequence[tuple[Any, ...]]) -> list[str] | None:
    """Return the keys as JSON arrays; none if a value of a key holds what stands between two of them."""
    parts = orjson.dumps(keys, default=plain).decode()[2:-2].split("],[")
    return [f"[{part}]" for part in parts] if len(parts) == len(keys) else None


def _fits(column: Column, values: Sequence[Any]) -> bool:
    """Tell whether a column surely holds all of these values."""
    if column.type is ColumnType.JSON:
        return column.nullable or all(value is not None for value in values)
    types = set(map(type, values))
    if NoneType in types:
        if not column.nullable:
            return False
        types.discard(NoneType)
        values = [value for value in values if value is not None]
    return types <= _EXACT[column.type] and _in_range(column.type, values)


def _in_range(kind: ColumnType, values: Sequence[Any]) -> bool:
    if kind is ColumnType.INTEGER:
        array("q", values)  # an overflow is an ArithmeticError
        return True
    if kind is ColumnType.FLOAT:
        return math.isfinite(sum(values))
    check = VALUE_CHECKS.get(kind)
    return check is None or not any(map(check, values))
