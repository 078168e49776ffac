"""How an entry is kept: sealed when it is stored, so that no two callers share mutable state; never pickled."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import xxhash

from headgate.errors import ConfigError
from headgate.resilience.cache.entry import NO_META, Entry, JSONValue, Meta


class Kind(IntEnum):
    """What the sealed bytes are."""

    BYTES = 0
    JSON = 1
    WIDE_JSON = 2
    """JSON with what orjson refuses: integers beyond 64 bits, lone surrogates."""


class CorruptEntryError(ValueError):
    """Stored bytes are not an entry of this cache."""


class Sealed(NamedTuple):
    """A value in the form in which it cannot be changed."""

    kind: Kind
    body: bytes


class Record(NamedTuple):
    """A sealed entry, as the levels keep it. Times are seconds of the wall clock."""

    sealed: Sealed
    meta: Meta
    stored_at: float
    fresh_until: float
    keep_until: float

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.sealed.body)

    def entry(self) -> Entry:
        """Return the entry with a copy of the value that belongs to the caller."""
        return Entry(unseal(self.sealed), self.meta, self.stored_at, self.fresh_until, self.keep_until)


def seal(value: JSONValue | bytes) -> Sealed:
    """Seal a value.

    Raises:
        ConfigError: It is neither bytes nor a JSON value that would come back as it went in.
    """
    if isinstance(value, bytes):
        return Sealed(Kind.BYTES, bytes(value))
    try:
        sealed = Sealed(Kind.JSON, orjson.dumps(value))
    except TypeError:
        sealed = Sealed(Kind.WIDE_JSON, _wide_json(value))
    if unseal(sealed) != value:
        raise _not_json(value)
    return sealed


def unseal(sealed: Sealed) -> Any:
    """Return the value; a new object each time if it is one that can be changed."""
    kind, body = sealed
    if kind is Kind.BYTES:
        return body
    return orjson.loads(body) if kind is Kind.JSON else json.loads(body)


def freeze(meta: Meta) -> Meta:
    """Return a read-only copy of a JSON object, whatever is nested in it."""
    if not meta:
        return NO_META
    return MappingProxyType(
        {name: value if type(value) in _SCALARS else _frozen(value) for name, value in meta.items()}
    )


_SCALARS = frozenset((str, int, float, bool, type(None)))


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return freeze(value)
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _wide_json(value: object) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(value) from error


def _not_json(value: object) -> ConfigError:
    return ConfigError(
        f"A value of type {type(value).__name__} cannot be cached: it would not come back from JSON as it went in.",
        hint="Cache bytes, or JSON values only: no tuples, dates, NaN, sets or objects, and text as keys.",
    )


# magic and version, kind, length of the metadata, stored_at, fresh_until, keep_until; a checksum stands before it
_HEAD = struct.Struct("<4sBIddd")
_CHECKSUM = struct.Struct("<Q")
_MAGIC = b"HGC1"


def encode(record: Record) -> bytes:
    """Return the bytes of a record, as the second levels keep them."""
    sealed, meta, stored_at, fresh_until, keep_until = record
    told = orjson.dumps(meta, default=dict) if meta else b""
    head = _HEAD.pack(_MAGIC, sealed.kind, len(told), stored_at, fresh_until, keep_until)
    payload = b"".join((head, told, sealed.body))
    return _CHECKSUM.pack(xxhash.xxh3_64_intdigest(payload)) + payload


def decode(blob: bytes) -> Record:
    """Return the record that was encoded.

    Raises:
        CorruptEntryError: The bytes are cut off, damaged, or something else's.
    """
    start = _CHECKSUM.size + _HEAD.size
    if len(blob) < start or blob[_CHECKSUM.size : _CHECKSUM.size + len(_MAGIC)] != _MAGIC:
        raise CorruptEntryError("not an entry of this cache")
    if _CHECKSUM.unpack_from(blob)[0] != xxhash.xxh3_64_intdigest(memoryview(blob)[_CHECKSUM.size :]):
        raise CorruptEntryError("the checksum does not match")
    _, kind, told, *times = _HEAD.unpack_from(blob, _CHECKSUM.size)
    try:
        meta = freeze(orjson.loads(blob[start : start + told])) if told else NO_META
        sealed = Sealed(Kind(kind), blob[start + told :])
    except ValueError as error:
        raise CorruptEntryError("the head is not readable") from error
    if not all(map(math.isfinite, times)):
        raise CorruptEntryError("the times are not finite")
    return Record(sealed, meta, *times)
