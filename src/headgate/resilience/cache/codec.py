"""How an entry is kept: sealed when it is stored, so that no two callers share mutable state; never pickled."""

from __future__ import annotations

import json
import math
import struct
from enum import IntEnum
from typing import Any

import orjson
import xxhash

from headgate.errors import ConfigError
from headgate.resilience.cache.entry import Entry, JSONValue, Meta


class Kind(IntEnum):
    """What the sealed bytes are."""

    BYTES = 0
    JSON = 1
    WIDE_JSON = 2
    """JSON with what orjson refuses: integers beyond 64 bits, lone surrogates."""


class CorruptEntryError(ValueError):
    """Stored bytes are not an entry of this cache."""


class Record:
    """An entry as the levels keep it: sealed, so that it never changes. Times are seconds of the wall clock.

    Args:
        kind: What the body is.
        body: The value, sealed.
        told: What the loader said about the value, sealed by :func:`seal_meta`.
        stored_at: When it was fetched, or renewed.
        fresh_until: Until when it is answered without asking.
        keep_until: Until when it is kept.
    """

    __slots__ = ("body", "fresh_until", "keep_until", "kind", "stored_at", "told")

    def __init__(  # noqa: PLR0917 - built for every answer, and names would cost
        self, kind: int, body: bytes, told: bytes, stored_at: float, fresh_until: float, keep_until: float
    ) -> None:
        self.kind = kind
        self.body = body
        self.told = told
        self.stored_at = stored_at
        self.fresh_until = fresh_until
        self.keep_until = keep_until

    @property
    def meta(self) -> Meta:
        """What the loader said about the value: a new object each time."""
        return orjson.loads(self.told) if self.told else {}

    def value(self) -> Any:
        """Return the value; a new object each time if it is one that can be changed."""
        return unseal(self.kind, self.body)

    def entry(self) -> Entry:
        """Return the entry, whose value and metadata belong to the caller."""
        return Entry(self.value(), self.meta, self.stored_at, self.fresh_until, self.keep_until)


_BYTES, _JSON = int(Kind.BYTES), int(Kind.JSON)


def seal(value: JSONValue | bytes) -> tuple[int, bytes]:
    """Return a value in a form in which it cannot be changed, and what kind of form that is.

    Raises:
        ConfigError: It is neither bytes nor a JSON value that would come back as it went in.
    """
    if isinstance(value, bytes):
        return _BYTES, bytes(value)
    try:
        kind, body = _JSON, orjson.dumps(value)
        again = orjson.loads(body)
    except TypeError:
        kind, body = int(Kind.WIDE_JSON), _wide_json(value)
        again = json.loads(body)
    if again != value:
        raise _not_json(value)
    return kind, body


def unseal(kind: int, body: bytes) -> Any:
    """Return the value that was sealed; a new object each time if it is one that can be changed."""
    if kind == _BYTES:
        return body
    return orjson.loads(body) if kind == _JSON else json.loads(body)


def seal_meta(meta: Meta) -> bytes:
    """Return metadata in a form in which it cannot be changed.

    Raises:
        ConfigError: It is no JSON object.
    """
    try:
        return orjson.dumps(meta) if meta else b""
    except TypeError as error:
        raise _not_json(meta) from error


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
    told = record.told
    head = _HEAD.pack(_MAGIC, record.kind, len(told), record.stored_at, record.fresh_until, record.keep_until)
    payload = b"".join((head, told, record.body))
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
        meta = blob[start : start + told]
        if meta:
            orjson.loads(meta)
        record = Record(int(Kind(kind)), blob[start + told :], meta, *times)
    except ValueError as error:
        raise CorruptEntryError("the head is not readable") from error
    if not all(map(math.isfinite, times)):
        raise CorruptEntryError("the times are not finite")
    return record
