"""What the cache holds, and what a loader may answer: named tuples, cheap to make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

JSONValue: TypeAlias = "bool | int | float | str | Sequence[JSONValue] | Mapping[str, JSONValue] | None"
"""What JSON can say. Sequences are lists and mappings are dicts."""

Meta: TypeAlias = "Mapping[str, JSONValue]"

NO_META: Meta = MappingProxyType({})


class Origin(StrEnum):
    """Where an answer came from."""

    MEMORY = "memory"
    SECOND_LEVEL = "second_level"
    UPSTREAM = "upstream"
    REVALIDATED = "revalidated"
    STALE = "stale"
    COALESCED = "coalesced"


class Entry(NamedTuple):
    """A value with its age. All times are seconds of the wall clock.

    Args:
        value: A JSON value (the caller's own copy) or bytes.
        meta: What the loader said about the value, a JSON object.
        stored_at: When it was fetched, or renewed.
        fresh_until: Until when it is answered without asking.
        keep_until: Until when it is kept, to be served stale or renewed.
    """

    value: JSONValue | bytes
    meta: Meta
    stored_at: float
    fresh_until: float
    keep_until: float


class Fetched(NamedTuple):
    """A loader's answer: a new value.

    Args:
        value: A JSON value or bytes.
        meta: Facts to keep beside it, as a JSON object.
        ttl: Seconds it is fresh. Can only shorten the configured time; none: the configured time.
        store: False: hand it to everyone who waits and keep nothing.
        negative: It says that there is nothing (a 404): kept for ``negative_ttl`` at the most.
        renewable: It has validators, so it is worth keeping after it expired, to be offered to the loader.
    """

    value: JSONValue | bytes
    meta: Meta = NO_META
    ttl: float | None = None
    store: bool = True
    negative: bool = False
    renewable: bool = False


class NotModified(NamedTuple):
    """A loader's answer: the stale entry it was offered still holds (a 304).

    Args:
        meta: Facts that changed; the others stay.
        ttl: Seconds it is fresh from now on. Can only shorten the configured time; none: the configured time.
    """

    meta: Meta = NO_META
    ttl: float | None = None


Loader: TypeAlias = Callable[[Entry | None], Awaitable[Fetched | NotModified]]
"""Fetches a value. It is offered the entry that expired, if one is left, and may answer that it still holds."""
