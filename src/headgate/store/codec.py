"""Rows become a key, a content hash and a document: once per row, the same on every database."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from headgate.store.columns import Column, ColumnType, EntityTable

BUCKETS = 4096
"""Buckets that keys are spread over, by hash: the unit in which large comparisons are cut."""

_BIGINT = 1 << 63
_SIGNATURES = 4096  # distinct row shapes remembered as well-typed

_ACCEPTED: dict[ColumnType, tuple[type, ...]] = {
    ColumnType.TEXT: (str,),
    ColumnType.INTEGER: (int,),
    ColumnType.FLOAT: (float, int),
    ColumnType.NUMERIC: (str, int, float, Decimal),
    ColumnType.BOOLEAN: (bool,),
    ColumnType.DATE: (str, date),
    ColumnType.TIMESTAMP: (str, datetime),
    ColumnType.JSON: (object,),
}


class Encoded(NamedTuple):
    """One row, ready to be compared and stored.

    Args:
        key: The values of the key as a JSON array.
        hash: 16 bytes of XXH3-128 over the canonical JSON of the compared fields.
        document: The canonical JSON of all declared fields: sorted names, no blanks.
    """

    key: str
    hash: bytes
    document: str


class UnfitRowError(Exception):
    """A row cannot be stored; ``reasons`` says why, in sentences. Never leaves the store."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class RowCodec:
    """Encodes the rows of one entity.

    The hash is for change detection and not a signature: XXH3-128 is an order of magnitude faster than a cryptographic
    hash, and at ten million rows the chance of any collision is below 10^-24.

    Args:
        table: The entity.
        ignore: Declared fields that are stored but never compared.
    """

    def __init__(self, table: EntityTable, *, ignore: Collection[str] = ()) -> None:
        self.table = table
        self.columns = tuple(sorted(table.columns, key=lambda column: column.name))
        self.names = tuple(column.name for column in self.columns)
        self.values = _getter(self.names)
        """Takes the declared fields out of a row, in the order of their names."""
        self._key = _getter(table.key)
        self._key_columns = [table.column(name) for name in table.key]
        self._checks = [
            (position, column.name, VALUE_CHECKS[column.type])
            for position, column in enumerate(self.columns)
            if column.type in VALUE_CHECKS
        ]
        self.nested = any(column.type is ColumnType.JSON for column in self.columns)
        """Whether a field may hold values that have parts."""
        self.compared = tuple(name for name in self.names if name not in ignore)
        """The fields that the hash covers."""
        self._well_typed: set[tuple[type, ...]] = set()

    def encode(self, row: Mapping[str, Any]) -> Encoded:
        """Return the row as key, hash and document.

        Raises:
            UnfitRowError: It has no key, or a value that the column cannot hold.
        """
        try:
            values = self.values(row)
        except KeyError:
            values = tuple(row.get(name) for name in self.names)
        shape = tuple(map(type, values))
        if shape not in self._well_typed:
            self._check_types(values, shape)
        reasons = [
            f"{name}: {said}"
            for position, name, check in self._checks
            if (value := values[position]) is not None and (said := check(value))
        ]
        if reasons:
            raise UnfitRowError(reasons)
        fields = dict(zip(self.names, values, strict=True))
        return self._serialise(fields)

    def hash_document(self, fields: Mapping[str, Any]) -> bytes:
        """Return the content hash of a stored document; fields it lacks count as ``None``."""
        return xxh3_128_digest(_dumps({name: fields.get(name) for name in self.compared}))

    def fits(self, digest: bytes, fields: Mapping[str, Any]) -> bool:
        """Tell whether a hash is that of a stored document, which may be older than some of the columns."""
        if digest == self.hash_document(fields):
            return True
        ignored = set(self.names) - set(self.compared)
        return digest == xxh3_128_digest(_dumps({name: fields[name] for name in fields if name not in ignored}))

    def key_of(self, row: Mapping[str, Any]) -> str | None:
        """Return the key of a row that may be broken elsewhere; none if it cannot be told."""
        try:
            values = self._key(row)
        except KeyError:
            return None
        if any(_mistyped(column, value) for column, value in zip(self._key_columns, values, strict=True)):
            return None
        return encode_key(values)

    def _serialise(self, fields: dict[str, Any]) -> Encoded:
        try:
            document = _dumps(fields) if self.nested else orjson.dumps(fields, default=plain)
            whole = len(self.compared) == len(self.names)
            digest = xxh3_128_digest(document) if whole else self.hash_document(fields)
            key = encode_key(self._key(fields))
        except (TypeError, ValueError, RecursionError) as error:
            raise UnfitRowError([f"it is not JSON: {error}"]) from None
        if b"\\u0000" in document and (unfit := [name for name in self.names if _has_nul(fields[name])]):
            raise UnfitRowError([f"{name}: text with a NUL character cannot be stored" for name in unfit])
        return Encoded(key, digest, document.decode())

    def _check_types(self, values: tuple[Any, ...], shape: tuple[type, ...]) -> None:
        reasons = [
            f"{column.name}: {said}"
            for column, value in zip(self.columns, values, strict=True)
            if (said := _mistyped(column, value))
        ]
        if reasons:
            raise UnfitRowError(reasons)
        if len(self._well_typed) < _SIGNATURES:
            self._well_typed.add(shape)


def encode_key(values: tuple[Any, ...]) -> str:
    """Return the values of a key as a JSON array: how the store names a row."""
    return orjson.dumps(values, default=plain).decode()


def decode_key(key: str) -> tuple[Any, ...]:
    """Return the values of a key."""
    return tuple(orjson.loads(key))


def bucket_of(key: str) -> int:
    """Return the bucket of a key, 0 to ``BUCKETS - 1``."""
    return xxh3_64_intdigest(key.encode()) % BUCKETS


def _getter(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) == 1:
        only = names[0]
        return lambda row: (row[only],)
    return itemgetter(*names)


def _dumps(fields: object) -> bytes:
    return orjson.dumps(fields, default=plain, option=orjson.OPT_SORT_KEYS)


def plain(value: object) -> str:
    """Return a value that orjson does not know in its JSON form."""
    if isinstance(value, Decimal):
        return str(value)
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)


def _mistyped(column: Column, value: object) -> str | None:
    if value is None:
        return None if column.nullable else "a value is required"
    fits = isinstance(value, _ACCEPTED[column.type])
    if isinstance(value, bool):  # to Python, True is an integer
        fits = column.type in (ColumnType.BOOLEAN, ColumnType.JSON)
    if fits:
        return None
    return f"{column.type.value} expected, {type(value).__name__} found"


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def _check_integer(value: int) -> str | None:
    return None if -_BIGINT <= value < _BIGINT else "beyond 64 bits"


def _check_float(value: float) -> str | None:
    return None if math.isfinite(value) else "not a finite number"


def _check_numeric(value: str | float | Decimal) -> str | None:
    try:
        return None if Decimal(value).is_finite() else "not a finite number"
    except InvalidOperation:
        return "not a number"


def _check_date(value: str | date) -> str | None:
    try:
        if isinstance(value, str):
            date.fromisoformat(value)
    except ValueError:
        return "not a date in ISO 8601"
    return None


def _check_timestamp(value: str | datetime) -> str | None:
    try:
        if isinstance(value, str):
            datetime.fromisoformat(value)
    except ValueError:
        return "not a time in ISO 8601"
    return None


VALUE_CHECKS: dict[ColumnType, Callable[[Any], str | None]] = {
    ColumnType.INTEGER: _check_integer,
    ColumnType.FLOAT: _check_float,
    ColumnType.NUMERIC: _check_numeric,
    ColumnType.DATE: _check_date,
    ColumnType.TIMESTAMP: _check_timestamp,
}
"""What a value must hold beyond its type, by the type of the column: the check says what is wrong."""
